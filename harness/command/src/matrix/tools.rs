//! Finds the tools that a matrix row needs and this computer lacks.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use super::debian;
use super::row::Row;

/// Tools that matrix rows need and this computer lacks.
#[derive(Debug)]
pub(crate) struct Missing {
    /// Beginning of the command that installs packages, such as `apt-get install`.
    install: String,
    packages: BTreeSet<String>,
    /// Commands that install the tools for which the matrix file names no package.
    commands: BTreeSet<String>,
    /// Tools for which the matrix file names neither a package nor a command.
    pub(crate) unknown: BTreeSet<String>,
}

impl Missing {
    /// Finds the tools that these matrix rows need and this computer lacks. `install` is the
    /// beginning of the command that installs packages.
    pub(crate) fn of<'a>(rows: impl IntoIterator<Item = &'a Row>, install: &str) -> Self {
        let mut missing = Self {
            install: install.to_owned(),
            packages: BTreeSet::new(),
            commands: BTreeSet::new(),
            unknown: BTreeSet::new(),
        };
        // A path names a file that need not be executable, such as a header.
        let is_absent = |tool: &str| {
            if tool.contains('/') { !Path::new(tool).exists() } else { which::which(tool).is_err() }
        };
        for row in rows {
            for (tool, source) in row.needs.iter().filter(|(tool, _)| is_absent(tool)) {
                let (set, entry) = match source.trim() {
                    "" => (&mut missing.unknown, tool.as_str()),
                    // A package name has no space, so a text with a space is a whole command.
                    command if command.contains(char::is_whitespace) => {
                        (&mut missing.commands, command)
                    }
                    package => (&mut missing.packages, package),
                };
                set.insert(entry.to_owned());
            }
            // A tool whose package is unknown is not added to `missing`, because the error of the
            // failed build or start names the tool.
            let unnamed = row.tools().filter(|tool| !row.needs.contains_key(*tool));
            let unnamed = unnamed.filter(|tool| debian::uses_apt(install) && is_absent(tool));
            missing.packages.extend(unnamed.filter_map(debian::package));
            missing.commands.extend(std_of(row));
        }
        missing
    }

    /// Returns the commands that install all missing tools except the unknown tools.
    pub(crate) fn commands(&self) -> Vec<String> {
        let packages: Vec<_> = self.packages.iter().map(String::as_str).collect();
        let install = &self.install;
        let packages = (!packages.is_empty()).then(|| format!("{install} {}", packages.join(" ")));
        packages.into_iter().chain(self.commands.iter().cloned()).collect()
    }

    /// Returns the unknown tools and the commands that install the other tools on one line, or
    /// `None` if nothing is missing.
    pub(super) fn in_words(&self) -> Option<String> {
        let mut words: Vec<_> =
            self.unknown.iter().map(|tool| format!("failed to find `{tool}`")).collect();
        let commands = self.commands();
        words.extend((!commands.is_empty()).then(|| commands.join(" && ")));
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// Returns the command that installs the standard library for the matrix row's target, if that
/// library is missing.
fn std_of(row: &Row) -> Option<String> {
    let is_built = row.prog.is_none() && row.cc.is_none() && row.report.is_none();
    if !is_built || row.manifest.is_some() {
        return None;
    }
    let toolchain = row.toolchain.as_deref();
    let option = toolchain.map(|name| format!(" --toolchain {name}")).unwrap_or_default();
    let asked = if row.build_std {
        print(row, &["--print", "sysroot"]).map(|sysroot| {
            let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library");
            (!source.exists()).then(|| format!("rustup component add rust-src{option}"))
        })
    } else {
        print(row, &["--print", "target-libdir", "--target", row.triple()]).map(|library| {
            let command = format!("rustup target add {}{option}", row.triple());
            (!Path::new(&library).exists()).then_some(command)
        })
    };
    match (asked, toolchain) {
        (Ok(command), _) => command,
        (Err(()), Some(name)) => Some(format!("rustup toolchain install {name}")),
        // If the target is unknown or rustc is missing, the build will fail, and cargo will report
        // why.
        (Err(()), None) => None,
    }
}

/// Runs the matrix row's rustc with the arguments `question`, and returns rustc's standard output.
fn print(row: &Row, question: &[&str]) -> Result<String, ()> {
    let rustc = row.variable("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = match &row.toolchain {
        None => Command::new(rustc),
        Some(name) => {
            let mut command = Command::new("rustup");
            command.args(["run", name, "rustc"]);
            command
        }
    };
    // RUSTFLAGS may name a folder with the target's standard library (`--sysroot`), so this flag is
    // passed to rustc.
    let flags = row.variable("RUSTFLAGS").unwrap_or_default();
    let flags = flags.to_string_lossy().into_owned();
    command.args(flags.split_whitespace().filter(|flag| flag.starts_with("--sysroot=")));
    let output = command.args(question).stdin(Stdio::null()).stderr(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
        }
        _ => Err(()),
    }
}
