//! Starts an executable, and finds lines in its output.

use std::path::Path;
use std::process::Command;

use crate::build::clean;

/// Output and exit status of a process that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs an executable with the arguments `words`, and with `variables` in its environment.
pub(crate) fn run(path: &Path, words: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(path);
    clean(&mut command).args(words).envs(variables.iter().copied());
    ran(&mut command)
}

/// Runs a command until it ends.
pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    Ran { status: output.status.code(), stdout, stderr }
}

impl Ran {
    /// Checks that the exit status is `status`.
    pub(crate) fn ends_with(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Returns the name and libtest's result of each test, separated by a colon, in the order of
    /// the names.
    pub(crate) fn tests(&self) -> Vec<String> {
        let line = |line: &str| {
            let (name, rest) = line.strip_prefix("test ")?.split_once(" ... ")?;
            Some(format!("{}: {rest}", name.trim()))
        };
        let mut lines: Vec<_> = self.stdout.lines().filter_map(line).collect();
        lines.sort();
        lines
    }

    /// Returns the text that libtest prints for a test that failed.
    pub(crate) fn failure(&self, test: &str) -> &str {
        let begins = [format!("---- {test} ----\n"), format!("---- {test} stdout ----\n")];
        let found = begins.iter().find_map(|begin| self.stdout.split_once(begin.as_str()));
        let (_, rest) = found.unwrap_or_else(|| panic!("{test}: {}", self.stdout));
        rest.split("\n---- ").next().unwrap().split("\nfailures:\n").next().unwrap()
    }
}

/// Checks that a text contains each of the texts in `parts`.
#[track_caller]
pub(crate) fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}
