//! Defines the error for a child that could not be started or supervised.

use std::path::PathBuf;
use std::{fmt, io};

use super::host;

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
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Interrupted,
    LackOfResources,
    Other,
}

impl Error {
    pub(super) fn new(action: &'static str, thing: impl Into<PathBuf>, cause: impl Cause) -> Self {
        let kind = if cause.is_lack() { Kind::LackOfResources } else { Kind::Other };
        Self { action, thing: thing.into(), cause: cause.to_string(), kind }
    }

    /// Returns the error of a child that [`Control::interrupt`](super::Control::interrupt) ended or
    /// kept from starting.
    pub(super) fn interrupted(thing: impl Into<PathBuf>) -> Self {
        let cause = "the run was interrupted".to_owned();
        Self { action: "finish", thing: thing.into(), cause, kind: Kind::Interrupted }
    }

    /// Returns this error, marked as no lack of resources, so that the runner does not repeat the
    /// start.
    pub(super) fn without_lack(self) -> Self {
        Self { kind: Kind::Other, ..self }
    }

    /// Returns true if [`Control::interrupt`](super::Control::interrupt) ended the child or
    /// prevented its start.
    pub fn is_interrupted(&self) -> bool {
        self.kind == Kind::Interrupted
    }

    /// Returns true if the child could not be started because the system lacked processes,
    /// descriptors or memory.
    pub fn is_lack_of_resources(&self) -> bool {
        self.kind == Kind::LackOfResources
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thing = self.thing.to_string_lossy();
        write!(f, "failed to {} `{}`: {}", self.action, one_line(&thing), one_line(&self.cause))
    }
}

impl std::error::Error for Error {}

/// Cause of an [`Error`].
pub(super) trait Cause: fmt::Display {
    /// Returns true if the cause is a lack of processes, descriptors or memory.
    fn is_lack(&self) -> bool;
}

impl Cause for io::Error {
    fn is_lack(&self) -> bool {
        host::is_lack(self)
    }
}

/// Cause given as text: a message of this library, or the text of a system error that a zygote
/// reports.
impl Cause for str {
    fn is_lack(&self) -> bool {
        host::LACKS.iter().any(|code| io::Error::from_raw_os_error(*code).to_string() == self)
    }
}

impl Cause for String {
    fn is_lack(&self) -> bool {
        self.as_str().is_lack()
    }
}

impl<T: Cause + ?Sized> Cause for &T {
    fn is_lack(&self) -> bool {
        (**self).is_lack()
    }
}

/// Message of the error for a zygote on a system that does not support zygotes.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const NO_ZYGOTE: &str = "a program can be forked only on Linux and Android";
