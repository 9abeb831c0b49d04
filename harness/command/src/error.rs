//! Exit statuses, and the error that ends a subcommand.

use std::{fmt, io};

/// Every verdict was as expected.
pub(crate) const SUCCESS: u8 = 0;
/// A case failed.
pub(crate) const FAILED: u8 = 1;
/// The command line, the program or the configuration is wrong, or an output cannot be written.
pub(crate) const USAGE: u8 = 2;
/// No case ran.
pub(crate) const NOTHING_RAN: u8 = 3;
/// A case could not be judged.
pub(crate) const UNRESOLVED: u8 = 4;

/// Why nothing, or not everything, could be done.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) status: u8,
    pub(crate) message: String,
}

impl Error {
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self { status: USAGE, message: message.to_string() }
    }

    pub(crate) fn nothing_ran(message: impl fmt::Display) -> Self {
        Self { status: NOTHING_RAN, message: message.to_string() }
    }

    pub(crate) fn write(error: &io::Error) -> Self {
        Self::usage(format!("failed to write `standard output`: {error}"))
    }

    /// Returns both, a line each, with the status of the first.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.message = format!("{}\n{}", self.message, other.message);
        self
    }

    /// Returns all of them as one, if there are any.
    pub(crate) fn all(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        errors.into_iter().reduce(|first, other| first.and(&other))
    }
}
