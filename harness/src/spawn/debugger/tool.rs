//! Finds the debuggers that are installed on this computer.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

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
    /// Returns a one-line message if neither gdb nor lldb is in `PATH`.
    pub fn find() -> Result<Self, String> {
        let found = NAMED.iter().find_map(|(kind, name)| Some((*kind, in_path(name)?)));
        match found {
            Some((kind, path)) => Ok(Self { kind, path, limit: LONGEST }),
            None => Err(format!("failed to find `gdb` or `lldb`: {}", not_there("gdb"))),
        }
    }

    /// Returns the debugger named `name`, which is `gdb` or `lldb`.
    ///
    /// # Errors
    ///
    /// Returns a one-line message if the debugger is not in `PATH`, or if `name` is neither `gdb`
    /// nor `lldb`.
    pub fn named(name: &str) -> Result<Self, String> {
        let Some((kind, name)) = NAMED.iter().find(|(_, known)| *known == name) else {
            let name = excerpt(name);
            return Err(format!("failed to find `{name}`: the known debuggers are gdb and lldb"));
        };
        match in_path(name) {
            Some(path) => Ok(Self { kind: *kind, path, limit: LONGEST }),
            None => Err(format!("failed to find `{name}`: {}", not_there(name))),
        }
    }
}

fn in_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn not_there(name: &str) -> String {
    format!("not in PATH; on Debian and Ubuntu, `apt-get install {name}`")
}
