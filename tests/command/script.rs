//! Writes shell scripts that serve as children, most of them faulty in one way.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, is_empty, starts_with};

use crate::trial::Stop;
use crate::trial::scratch::{executable, scratch};
use crate::trial::tools::Missing;

/// Child that is a shell script in the directory of the test.
pub(crate) struct Script {
    pub(crate) path: PathBuf,
}

impl Script {
    /// Writes a child that lists one case, `a`, with expectation `ok`, and runs the shell code
    /// `body` for `a`.
    pub(crate) fn new(name: &str, body: &str) -> Self {
        Self::listing(name, "testprog 1\\na\\n", body)
    }

    /// Writes a child that prints its listing by `printf` with the format `listing`, and runs the
    /// shell code `body` for each case.
    pub(crate) fn listing(name: &str, listing: &str, body: &str) -> Self {
        let text = format!(
            "#!/bin/sh\nif [ \"$1\" = --list ]; then printf '{listing}'; exit 0; fi\nif [ \"$1\" = --about ]; then exit 2; fi\n{body}\n"
        );
        Self::executable(name, text.as_bytes())
    }

    /// Writes an executable file.
    pub(crate) fn executable(name: &str, content: &[u8]) -> Self {
        let path = scratch(name);
        executable(&path, content);
        Self { path }
    }

    /// Writes a file that is not executable.
    pub(crate) fn file(name: &str, content: &[u8]) -> Self {
        let path = scratch(name);
        fs::write(&path, content).unwrap();
        Self { path }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Assert {
        self.command(arguments).assert()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        command.arg("run").arg("--prog").arg(&self.path).args(arguments);
        command
    }
}

pub(crate) fn testprog(arguments: &[&str]) -> Assert {
    command().args(arguments).assert()
}

/// Opens `/dev/full`, the device on which every write fails with ENOSPC.
pub(crate) fn full_device() -> Result<fs::File, Stop> {
    let open = fs::OpenOptions::new().write(true).open("/dev/full");
    open.map_err(|_| Stop::Missing(Missing::Ability("this system has no /dev/full".to_owned())))
}

/// Returns an invocation of the command, without the inherited environment variables that would
/// change its report.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    command.env_remove("TESTPROG_MUTANT").env_remove("GITHUB_STEP_SUMMARY");
    // A run that does not end fails its test after 120 s. A run normally needs less than a tenth of
    // the timeout of 120 s.
    command.timeout(Duration::from_secs(120));
    command
}

/// Checks that the command printed one line with `cause` on standard error, and nothing on standard
/// output.
pub(crate) fn refused(assert: Assert, status: i32, cause: &str) {
    assert
        .code(status)
        .stdout(is_empty())
        .stderr(starts_with("failed to ").and(contains(cause)))
        .stderr(predicates::function::function(|text: &str| text.lines().count() == 1));
}
