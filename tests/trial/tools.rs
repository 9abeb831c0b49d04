//! Tools and abilities that a test needs, and how its trial ends on a machine that lacks one.

use std::env;

use libtest_mimic::{Completion, Failed};

/// Environment variable that makes a missing tool a failure if its value is 1.
const REQUIRE: &str = "TESTPROG_REQUIRE_TOOLS";

/// Name of a command, and the Debian packages that install it.
pub(crate) type Tool<'a> = (&'a str, &'a str);

/// Something that a test needs and this machine lacks, in words.
pub(crate) enum Missing {
    /// A command that packages install.
    Tool(String),
    /// An ability of the system that no package installs.
    Ability(String),
}

impl Missing {
    /// Returns the outcome of a trial whose test cannot run: ignored with the reason. If all tools
    /// are required, a trial that lacks a tool fails.
    pub(crate) fn outcome(self) -> Result<Completion, Failed> {
        match self {
            Self::Tool(reason) if env::var_os(REQUIRE).is_some_and(|value| value == "1") => {
                Err(Failed::from(format!("{reason} ({REQUIRE}=1 requires every tool)")))
            }
            Self::Tool(reason) | Self::Ability(reason) => Ok(Completion::ignored_with(reason)),
        }
    }
}

/// Returns the tools that no directory in `PATH` has.
pub(crate) fn need_tools(tools: &[Tool<'_>]) -> Option<Missing> {
    let paths = env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &str| env::split_paths(&paths).any(|folder| folder.join(name).is_file());
    let missing: Vec<_> = tools.iter().filter(|(name, _)| !is_there(name)).collect();
    let names: Vec<_> = missing.iter().map(|(name, _)| *name).collect();
    let packages: Vec<_> = missing.iter().map(|(_, packages)| *packages).collect();
    (!missing.is_empty()).then(|| missing_tool(&names.join("`, `"), &packages.join(" ")))
}

/// Returns the tool if no directory in `PATH` has it.
pub(crate) fn need_tool(name: &str, packages: &str) -> Option<Missing> {
    need_tools(&[(name, packages)])
}

/// Returns a tool that its caller did not find.
pub(crate) fn missing_tool(name: &str, packages: &str) -> Missing {
    Missing::Tool(format!("failed to find `{name}`: apt-get install {packages}"))
}

/// Returns what is missing to run a command in a terminal.
#[cfg(unix)]
pub(crate) fn need_terminal() -> Option<Missing> {
    // Only the `script` of util-linux takes a command and a log file at once.
    if cfg!(target_os = "linux") {
        need_tool("script", "bsdutils")
    } else {
        Some(Missing::Ability("only on Linux `script` takes these arguments".to_owned()))
    }
}
