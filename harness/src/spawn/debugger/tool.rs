//! Finds the debuggers that are installed on this computer.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fmt};

use crate::text::excerpt;

/// Debugger that is installed on this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debugger {
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
    /// Deadline of one run of the debugger.
    pub(super) limit: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gdb,
    Lldb,
}

/// Default deadline of one run of a debugger. The deadline is long because a debugger may have to
/// read hundreds of megabytes of debug information.
const LONGEST: Duration = Duration::from_secs(30);

/// Known debuggers with the names of their executables, in the order of preference.
const NAMED: [(Kind, &str); 2] = [(Kind::Gdb, "gdb"), (Kind::Lldb, "lldb")];

impl Debugger {
    /// Returns the first supported debugger in `PATH`: gdb, or lldb if gdb is missing.
    ///
    /// # Errors
    ///
    /// Returns an error if neither gdb nor lldb is in `PATH`.
    pub fn find() -> Result<Self, NoDebugger> {
        let found = NAMED.iter().find_map(|(kind, name)| Some((*kind, in_path(name)?)));
        match found {
            Some((kind, path)) => Ok(Self { kind, path, limit: LONGEST }),
            None => Err(NoDebugger::not_in_path("gdb` or `lldb", "gdb")),
        }
    }

    /// Returns the debugger named `name`, which is `gdb` or `lldb`.
    ///
    /// # Errors
    ///
    /// Returns an error if the debugger is not in `PATH`, or if `name` is neither `gdb` nor `lldb`.
    pub fn named(name: &str) -> Result<Self, NoDebugger> {
        let Some((kind, name)) = NAMED.iter().find(|(_, known)| *known == name) else {
            let cause = "the known debuggers are gdb and lldb".to_owned();
            return Err(NoDebugger { name: excerpt(name), cause });
        };
        match in_path(name) {
            Some(path) => Ok(Self { kind: *kind, path, limit: LONGEST }),
            None => Err(NoDebugger::not_in_path(name, name)),
        }
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Error for a debugger that was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoDebugger {
    name: String,
    cause: String,
}

impl NoDebugger {
    /// Returns the error for a debugger that is not in `PATH`. `package` is the name of the Debian
    /// package that contains the debugger.
    fn not_in_path(name: &str, package: &str) -> Self {
        let cause = format!("not in PATH; on Debian and Ubuntu, `apt-get install {package}`");
        Self { name: name.to_owned(), cause }
    }
}

impl fmt::Display for NoDebugger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to find `{}`: {}", self.name, self.cause)
    }
}

impl std::error::Error for NoDebugger {}
