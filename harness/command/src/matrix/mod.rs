//! The rows of a matrix file: how this command reads the rows, finds their tools, and runs them.

mod cause;
mod command;
mod debian;
pub(crate) mod file;
pub(crate) mod row;
pub(crate) mod rows;
pub(crate) mod tools;
