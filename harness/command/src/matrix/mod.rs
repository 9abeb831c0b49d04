//! The rows of a file: what they are, what they need, and running them.

mod command;
pub(crate) mod file;
pub(crate) mod row;
pub(crate) mod rows;
mod tools;
