//! Finds missing tools and missing system features, and skips the trials that need a missing tool
//! or feature.

use std::env;

use libtest_mimic::{Completion, Failed};

/// Environment variable that turns a missing tool into a failure if its value is 1.
const REQUIRE: &str = "TESTPROG_REQUIRE_TOOLS";

/// Name of a program, and the Debian packages that contain it.
pub(crate) type Tool<'a> = (&'a str, &'a str);

/// Description of a tool or a system feature that a test needs and this computer lacks.
pub(crate) enum Missing {
    /// Missing program that a Debian package provides.
    Tool(String),
    /// Missing system feature that no package provides.
    Ability(String),
}

impl Missing {
    /// Returns the outcome of a trial whose test cannot run. The trial is ignored with the reason
    /// as message, or fails if a tool is missing and [`REQUIRE`] is 1.
    pub(crate) fn outcome(self) -> Result<Completion, Failed> {
        match self {
            Self::Tool(reason) if env::var_os(REQUIRE).is_some_and(|value| value == "1") => {
                Err(Failed::from(format!("{reason} ({REQUIRE}=1 requires every tool)")))
            }
            Self::Tool(reason) | Self::Ability(reason) => Ok(Completion::ignored_with(reason)),
        }
    }
}

/// Returns the programs in `tools` that no directory in `PATH` contains.
pub(crate) fn need_tools(tools: &[Tool<'_>]) -> Option<Missing> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &str| env::split_paths(&paths).any(|folder| folder.join(name).is_file());
    let missing: Vec<_> = tools.iter().filter(|(name, _)| !is_there(name)).collect();
    let names: Vec<_> = missing.iter().map(|(name, _)| *name).collect();
    let packages: Vec<_> = missing.iter().map(|(_, packages)| *packages).collect();
    (!missing.is_empty()).then(|| missing_tool(&names.join("`, `"), &packages.join(" ")))
}

/// Returns the missing tool `name`, or `None` if a directory in `PATH` contains the tool.
pub(crate) fn need_tool(name: &str, packages: &str) -> Option<Missing> {
    need_tools(&[(name, packages)])
}

/// Describes a tool that the caller did not find.
pub(crate) fn missing_tool(name: &str, packages: &str) -> Missing {
    Missing::Tool(format!("failed to find `{name}`: apt-get install {packages}"))
}

/// Returns the missing tool or system feature that a test needs to run a command in a terminal.
#[cfg(unix)]
pub(crate) fn need_terminal() -> Option<Missing> {
    // Only util-linux's version of `script` has the options that the tests use.
    if cfg!(target_os = "linux") {
        need_tool("script", "bsdutils")
    } else {
        Some(Missing::Ability("`script` runs a command in a terminal only on Linux".to_owned()))
    }
}
