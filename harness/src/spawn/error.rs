//! Defines the error for a child that could not be started or supervised.

use std::path::PathBuf;
use std::sync::Arc;
use std::{error, fmt, io};

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
    /// Error of the operating system, if the cause is such an error.
    source: Option<Arc<io::Error>>,
    kind: Kind,
    /// Messages about processes that could not be killed and directories that could not be removed.
    left: Vec<String>,
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
        let source = cause.os_error().map(|code| Arc::new(io::Error::from_raw_os_error(code)));
        Self {
            action,
            thing: thing.into(),
            cause: cause.to_string(),
            source,
            kind,
            left: Vec::new(),
        }
    }

    /// Returns the error of a child that [`Control::interrupt`](super::Control::interrupt) ended or
    /// kept from starting. The errors `left` name the processes and directories that the child has
    /// left behind.
    pub(super) fn interrupted(
        thing: impl Into<PathBuf>,
        left: impl IntoIterator<Item = Self>,
    ) -> Self {
        let cause = "the run was interrupted".to_owned();
        let left = left.into_iter().map(|error| error.to_string()).collect();
        let (kind, source) = (Kind::Interrupted, None);
        Self { action: "finish", thing: thing.into(), cause, source, kind, left }
    }

    /// Returns this error without the mark for a lack of resources, so that the runner does not
    /// repeat the start.
    pub(super) fn without_lack(self) -> Self {
        Self { kind: Kind::Other, ..self }
    }

    /// Returns this error with a further message about a directory that could not be removed.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn with_left(mut self, not_removed: Option<Self>) -> Self {
        self.left.extend(not_removed.map(|error| error.to_string()));
        self
    }

    /// Returns true if [`Control::interrupt`](super::Control::interrupt) ended the child or
    /// prevented its start.
    pub fn is_interrupted(&self) -> bool {
        self.kind == Kind::Interrupted
    }

    /// Returns messages about processes and directories that a child has left behind. The child was
    /// interrupted, or the child or its zygote did not start. Each message is one line, and names a
    /// process that could not be killed or a directory that could not be removed.
    pub fn left_behind(&self) -> &[String] {
        &self.left
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
        write!(f, "failed to {} `{}`: {}", self.action, one_line(&thing), one_line(&self.cause))?;
        self.left.iter().try_for_each(|message| write!(f, "; {message}"))
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        let source = self.source.as_deref();
        source.map(|source| source as _)
    }
}

/// Cause of an [`Error`].
pub(super) trait Cause: fmt::Display {
    /// Returns true if the cause is a lack of processes, descriptors or memory.
    fn is_lack(&self) -> bool;

    /// Returns the code of the operating system's error, if the cause is such an error.
    fn os_error(&self) -> Option<i32> {
        None
    }
}

impl Cause for io::Error {
    fn is_lack(&self) -> bool {
        host::is_lack(self)
    }

    fn os_error(&self) -> Option<i32> {
        self.raw_os_error()
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

    fn os_error(&self) -> Option<i32> {
        (**self).os_error()
    }
}

/// Message of the error for a zygote on a system that does not support zygotes.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const NO_ZYGOTE: &str = "a program can be forked only on Linux and Android";

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn the_source_is_the_error_of_the_system() {
        let system = io::Error::from_raw_os_error(2);
        let error = Error::new("start", "x", &system);
        assert_eq!(error.source().unwrap().to_string(), system.to_string());
        assert_eq!(error.to_string(), format!("failed to start `x`: {system}"));
        assert!(Error::new("fork", "x", "no reason").source().is_none());
        assert!(Error::interrupted("x", None).source().is_none());
    }
}
