//! Defines the error for a child that could not be started or supervised.

use std::fmt;
use std::path::PathBuf;

/// Error for a child that could not be started or supervised.
///
/// The error prints as ``failed to ACTION `THING`: CAUSE``.
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
        write!(f, "failed to {} `{}`: {}", self.action, self.thing.display(), self.cause)
    }
}

impl std::error::Error for Error {}

/// Error message for a zygote on a system without zygotes.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const NO_ZYGOTE: &str = "a program can be forked only on Linux and Android";
