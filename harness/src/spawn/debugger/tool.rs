//! The debuggers of this machine.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use crate::text::excerpt;

/// A debugger of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debugger {
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
    /// How long it may take to look at one thing.
    pub(super) limit: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gdb,
    Lldb,
}

/// How long a debugger may take. It may have to read hundreds of megabytes of debug information.
const LONGEST: Duration = Duration::from_secs(30);

/// How a debugger is told apart from others by its name, in the order in which they are looked for.
const NAMED: [(Kind, &str); 2] = [(Kind::Gdb, "gdb"), (Kind::Lldb, "lldb")];

impl Debugger {
    /// Returns the first debugger that is there.
    ///
    /// # Errors
    ///
    /// One line for a person: there is none.
    pub fn find() -> Result<Self, String> {
        let found = NAMED.iter().find_map(|(kind, name)| Some((*kind, in_path(name)?)));
        match found {
            Some((kind, path)) => Ok(Self { kind, path, limit: LONGEST }),
            None => Err(format!("failed to find `gdb` or `lldb`: {}", not_there("gdb"))),
        }
    }

    /// Returns the debugger of this name, `gdb` or `lldb`.
    ///
    /// # Errors
    ///
    /// One line for a person: it is not there.
    pub fn named(name: &str) -> Result<Self, String> {
        let known = NAMED.iter().find(|(_, known)| *known == name);
        let found = known.and_then(|(kind, name)| Some((*kind, in_path(name)?)));
        match found {
            Some((kind, path)) => Ok(Self { kind, path, limit: LONGEST }),
            None => Err(format!("failed to find `{}`: {}", excerpt(name), not_there(name))),
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
