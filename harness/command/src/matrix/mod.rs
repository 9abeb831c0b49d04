//! The rows of a matrix file: how they are read, what tools they need, and how they run.

mod command;
pub(crate) mod file;
pub(crate) mod row;
pub(crate) mod rows;
mod tools;
