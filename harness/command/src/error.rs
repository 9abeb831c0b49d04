//! The exit statuses of every subcommand, and the error that ends a subcommand early.

use std::{fmt, io};

use testprog_harness::text;

/// Exit status of a run in which every case was accepted.
pub(crate) const SUCCESS: u8 = 0;
/// Exit status if a case failed, or if something got worse since the baseline.
pub(crate) const FAILED: u8 = 1;
/// Exit status for a wrong command line, program or file, and for a report that was not written.
pub(crate) const USAGE: u8 = 2;
/// Exit status if no case ran.
pub(crate) const NOTHING_RAN: u8 = 3;
/// Exit status if no case failed, but a case was not judged.
pub(crate) const UNRESOLVED: u8 = 4;

/// The exit statuses as every `--help` lists them. Each line of `STATUSES` fits into 80 columns.
pub(crate) const STATUSES: &str = "Exit status:
  0  every case was accepted
  1  a case failed, leaked, passed despite a recorded bug or --xfail (XPASS), or
     was flaky (without --accept-flaky); or something got worse since the
     baseline
  2  the command line, the program or an input file is wrong, or a report could
     not be written
  3  no case ran: the program lists none, the filters or the shard leave none,
     or (matrix, merge) no row ran
  4  no case failed, but one could not be judged; or (port) a probe gave no
     result; or (matrix, merge) a row failed to build or to report; or (merge) a
     row lacks a shard; or (matrix) a row did not run
  128 + N  signal N interrupted the run: 129 SIGHUP, 130 SIGINT, 143 SIGTERM";

/// The error that ends a subcommand: its exit status, and what the command prints about it.
#[derive(Clone, Debug)]
pub(crate) struct Error {
    pub(crate) status: u8,
    pub(crate) message: String,
}

impl Error {
    /// Returns an error with a message on one line. The message may contain foreign text, such as a
    /// path, so the message is escaped.
    fn new(status: u8, message: &dyn fmt::Display) -> Self {
        Self { status, message: text::one_line(&message.to_string()) }
    }

    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(USAGE, &message)
    }

    pub(crate) fn nothing_ran(message: impl fmt::Display) -> Self {
        Self::new(NOTHING_RAN, &message)
    }

    pub(crate) fn write(error: &io::Error) -> Self {
        Self::usage(format!("failed to write `standard output`: {error}"))
    }

    /// Returns an error with the messages of both errors, one per line, and the exit status of
    /// `self`.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.message = format!("{}\n{}", self.message, other.message);
        self
    }

    /// Joins several errors into one, or returns `None` if `errors` is empty.
    pub(crate) fn all(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        errors.into_iter().reduce(|first, other| first.and(&other))
    }
}
