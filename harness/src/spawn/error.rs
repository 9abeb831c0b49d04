//! Defines the error for a child that could not be started or supervised.

use std::fmt;
use std::path::PathBuf;

use crate::text::one_line;

/// Error for a child that could not be started or supervised.
///
/// The error's message is one line of the form ``failed to ACTION `THING`: cause``, without control
/// characters.
#[derive(Clone, Debug)]
pub struct Error {
    action: &'static str,
    thing: PathBuf,
    cause: String,
}

impl Error {
    pub(super) fn new(
        action: &'static str,
        thing: impl Into<PathBuf>,
        cause: impl fmt::Display,
    ) -> Self {
        Self { action, thing: thing.into(), cause: cause.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thing = self.thing.to_string_lossy();
        write!(f, "failed to {} `{}`: {}", self.action, one_line(&thing), one_line(&self.cause))
    }
}

impl std::error::Error for Error {}

/// Error message for a zygote on a system without zygotes.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const NO_ZYGOTE: &str = "a program can be forked only on Linux and Android";
