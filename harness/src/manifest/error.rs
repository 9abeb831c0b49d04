//! Defines the error of a manifest, with the file, the line and the key.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{error, fmt, io};

use crate::text::{excerpt, one_line};

/// Error of a manifest: a file that cannot be read, or a mistake in the file.
#[derive(Debug)]
pub struct Error {
    path: PathBuf,
    line: Option<usize>,
    key: Option<String>,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Read(io::Error),
    Wrong(String),
}

impl Error {
    pub(super) fn unreadable(path: &Path, error: io::Error) -> Self {
        Self { path: path.to_owned(), line: None, key: None, cause: Cause::Read(error) }
    }

    /// Returns the error for a mistake in the file at `path`. The parameter `text` is the content of
    /// the file.
    pub(super) fn wrong(path: &Path, text: &str, Wrong { span, key, cause }: Wrong) -> Self {
        let line = line(text, &span);
        Self { path: path.to_owned(), line: Some(line), key, cause: Cause::Wrong(cause) }
    }

    /// Returns the number of the line with the mistake, counted from 1, or `None` if the file could
    /// not be read.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// Returns the key with the mistake, such as `stdout.equals`, or `None` if the mistake is not
    /// about a key.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to read `{}", one_line(&self.path.to_string_lossy()))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        f.write_str("`: ")?;
        if let Some(key) = &self.key {
            write!(f, "`{}`: ", one_line(key))?;
        }
        match &self.cause {
            Cause::Read(error) => error.fmt(f),
            Cause::Wrong(cause) => f.write_str(&one_line(cause)),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.cause {
            Cause::Read(error) => Some(error),
            Cause::Wrong(_) => None,
        }
    }
}

/// Returns the number of the line in which a span begins, counted from 1.
pub(super) fn line(text: &str, span: &Range<usize>) -> usize {
    text[..span.start.min(text.len())].matches('\n').count() + 1
}

/// Mistake in a manifest, with the position of the mistake in the text of the file.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) span: Range<usize>,
    pub(super) key: Option<String>,
    pub(super) cause: String,
}

impl Wrong {
    /// Returns a mistake that is not about a key.
    pub(super) fn new(span: Range<usize>, cause: impl Into<String>) -> Self {
        Self { span, key: None, cause: cause.into() }
    }

    /// Returns a mistake about the key `key`.
    pub(super) fn at(span: Range<usize>, key: &str, cause: impl Into<String>) -> Self {
        Self { span, key: Some(excerpt(key)), cause: cause.into() }
    }
}
