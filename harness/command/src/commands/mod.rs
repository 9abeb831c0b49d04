//! The subcommands of `cargo testprog`, one file each.

pub(crate) mod about;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod matrix;
pub(crate) mod merge;
pub(crate) mod port;
pub(crate) mod run;
