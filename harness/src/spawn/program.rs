//! Builds a child's command line, and builds the error message for a child that did not start.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::{env, fmt};

use super::error::{Cause, Error};
use super::host;
use super::quirks::RunnerQuirks;
use crate::capability::Target;
use crate::text::quote;

/// Executable that follows the [protocol](crate::protocol), and the words of its command line.
///
/// ```
/// use testprog_harness::Program;
///
/// let program = Program::new("target/debug/testprog")
///     .runner(["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"]);
/// assert_eq!(
///     program.command_line("adds_up"),
///     "qemu-aarch64-static -L /usr/aarch64-linux-gnu target/debug/testprog adds_up"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Program {
    /// Path of the executable.
    pub path: PathBuf,
    /// Arguments between the executable and the scenario's name. Most programs need no arguments
    /// before the scenario's name.
    pub args: Vec<OsString>,
    /// Words of a command, such as an emulator, that executes the binary if the system cannot
    /// execute it. `runner` is empty if the system can execute the binary.
    ///
    /// A relative path in `runner` is relative to the child's working directory, so use absolute
    /// paths.
    pub runner: Vec<OsString>,
    /// Changes that the runner command makes to the child's output and exit status.
    pub quirks: RunnerQuirks,
}

impl Program {
    /// Returns the program at `path` without arguments and without a runner command such as an
    /// emulator.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let quirks = RunnerQuirks::default();
        Self { path: path.into(), args: Vec::new(), runner: Vec::new(), quirks }
    }

    /// Returns the program at `path`, built for the same target as this library, with the runner
    /// command that Cargo would use; see [`runner_from_env`](Self::runner_from_env).
    pub fn of_this_target(path: impl Into<PathBuf>) -> Self {
        Self { runner: Self::runner_from_env(Target::TRIPLE), ..Self::new(path) }
    }

    /// Returns the program with further arguments before the scenario's name.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Returns the program with these words as its runner command, in place of an earlier runner
    /// command.
    #[must_use]
    pub fn runner(self, words: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { runner: words.into_iter().map(Into::into).collect(), ..self }
    }

    /// Returns the words of the environment variable
    /// [`CARGO_TARGET_<TRIPLE>_RUNNER`](https://doc.rust-lang.org/cargo/reference/config.html#targettriplerunner),
    /// with which Cargo runs programs for the target `triple`, for example in an emulator. If the
    /// environment variable is not set, the result is empty.
    ///
    /// # Platform specific behavior
    ///
    /// Under Wine the result is always empty: the environment variable names the command that
    /// starts Wine on the host, and a program inside Wine needs no such command.
    pub fn runner_from_env(triple: &str) -> Vec<OsString> {
        if host::runs_programs_itself() {
            return Vec::new();
        }
        let triple = triple.to_uppercase().replace(['-', '.'], "_");
        let command = env::var(format!("CARGO_TARGET_{triple}_RUNNER")).unwrap_or_default();
        command.split_whitespace().map(OsString::from).collect()
    }

    /// Returns the command line that runs the scenario `name`, quoted for a shell.
    pub fn command_line(&self, name: &str) -> String {
        self.command_line_of(Some(name), &[])
    }

    /// Returns the command line with the argument `name`, if there is one, and the words `further`,
    /// quoted for a shell.
    pub(crate) fn command_line_of(&self, name: Option<&str>, further: &[String]) -> String {
        let further: Vec<_> = further.iter().map(OsString::from).collect();
        // A shell searches a word without a `/` in `PATH`.
        let is_bare = self.path.parent() == Some(Path::new(""));
        let path = if is_bare { Path::new(".").join(&self.path) } else { self.path.clone() };
        let words = self.words(path.as_os_str(), name.map(OsStr::new), &further);
        words.map(|word| quote(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
    }

    /// Returns the words of a child's command line, with `path` as the path of the executable, and
    /// with the words `further` after the child's `argument`, if the child gets one.
    pub(super) fn words<'a>(
        &'a self,
        path: &'a OsStr,
        argument: Option<&'a OsStr>,
        further: &'a [OsString],
    ) -> impl Iterator<Item = &'a OsStr> {
        let runner = self.runner.iter().map(OsString::as_os_str);
        let args = self.args.iter().map(OsString::as_os_str);
        let further = further.iter().map(OsString::as_os_str);
        runner.chain([path]).chain(args).chain(argument).chain(further)
    }

    /// Returns the absolute path of the executable. A relative path would not find the executable,
    /// because the child has another working directory.
    pub(super) fn absolute_path(&self) -> Result<PathBuf, Error> {
        std::path::absolute(&self.path).map_err(|error| Error::new("start", &self.path, error))
    }

    /// Returns the error for a child that did not start.
    pub(super) fn not_started(&self, error: &io::Error) -> Error {
        match self.runner.first() {
            Some(runner) => Error::new("start", runner, error),
            None => Error::new("start", &self.path, Hint { path: &self.path, error }),
        }
    }
}

/// System error of a child that did not start, with a hint about the executable file if the file
/// explains the error.
struct Hint<'a> {
    path: &'a Path,
    error: &'a io::Error,
}

impl Cause for Hint<'_> {
    fn is_lack(&self) -> bool {
        self.error.is_lack()
    }

    fn os_error(&self) -> Option<i32> {
        self.error.os_error()
    }
}

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        if self.error.kind() == io::ErrorKind::NotFound && self.path.exists() {
            return f.write_str("; the file exists, so its loader or its `#!` program is missing");
        }
        if !host::is_wrong_format(self.error) {
            return Ok(());
        }
        match (built_for(self.path), built_for(&env::current_exe().unwrap_or_default())) {
            (Some(machine), Some(own)) if machine != own => write!(
                f,
                "; the file is built for {machine} and the runner for {}: name a runner command such as an emulator",
                Target::TRIPLE
            ),
            _ => Ok(()),
        }
    }
}

/// Returns the architecture or the system that an executable is built for, according to its header.
fn built_for(path: &Path) -> Option<&'static str> {
    let mut header = [0; 20];
    File::open(path).and_then(|mut file| file.read_exact(&mut header)).ok()?;
    machine(&header)
}

/// Returns the ELF architecture in an executable's header, or `Windows` or `macOS`. For an ELF
/// architecture that this function does not know, the result is the text `another machine`.
fn machine(header: &[u8; 20]) -> Option<&'static str> {
    const BIG_ENDIAN: u8 = 2;
    if header.starts_with(b"MZ") {
        return Some("Windows");
    }
    if header.starts_with(&[0xcf, 0xfa, 0xed, 0xfe])
        || header.starts_with(&[0xca, 0xfe, 0xba, 0xbe])
    {
        return Some("macOS");
    }
    if !header.starts_with(b"\x7fELF") {
        return None;
    }
    let field = [header[18], header[19]];
    let number =
        if header[5] == BIG_ENDIAN { u16::from_be_bytes(field) } else { u16::from_le_bytes(field) };
    Some(match number {
        3 => "x86",
        8 => "mips",
        20 => "powerpc",
        21 => "powerpc64",
        22 => "s390x",
        40 => "arm",
        43 => "sparc64",
        62 => "x86_64",
        183 => "aarch64",
        243 => "riscv",
        258 => "loongarch",
        _ => "another machine",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_typed_again() {
        let mut program = Program::new("target/my prog");
        program.args = vec!["--child".into(), "it's".into()];
        assert_eq!(program.command_line("a"), r"'target/my prog' --child 'it'\''s' a");
        program.path = "prog".into();
        let here = quote(&Path::new(".").join("prog").to_string_lossy());
        assert_eq!(program.command_line("a"), format!(r"{here} --child 'it'\''s' a"));
    }

    #[test]
    fn only_a_wrong_format_names_a_machine() {
        let sparc64 = env::temp_dir().join(format!("sparc64-{}", std::process::id()));
        std::fs::write(&sparc64, b"\x7fELF\x02\x02\x01\0\0\0\0\0\0\0\0\0\0\x02\0\x2b").unwrap();
        let (wrong_format, other) = if cfg!(windows) { (193, 8) } else { (8, 11) };
        for (path, code, is_named) in [
            (&sparc64, wrong_format, true),
            (&sparc64, other, false),
            // The executable of this test has the file format of this system.
            (&env::current_exe().unwrap(), wrong_format, false),
        ] {
            let error = io::Error::from_raw_os_error(code);
            let message = Program::new(path).not_started(&error).to_string();
            assert_eq!(
                message.contains("; the file is built for sparc64 and"),
                is_named,
                "{message}"
            );
            assert_eq!(message.contains("; "), is_named, "{message}");
        }
        std::fs::remove_file(sparc64).unwrap();
    }

    #[test]
    fn an_executable_says_what_it_is_built_for() {
        let header = |order: u8, field: [u8; 2]| {
            let mut header = *b"\x7fELF\x02\x00\x01\0\0\0\0\0\0\0\0\0\x02\0\0\0";
            header[5] = order;
            header[18..].copy_from_slice(&field);
            header
        };
        assert_eq!(machine(&header(1, [183, 0])), Some("aarch64"));
        assert_eq!(machine(&header(2, [0, 22])), Some("s390x"));
        assert_eq!(machine(b"MZ\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), Some("Windows"));
        assert_eq!(machine(b"#!/bin/sh\nexit 0\n\n\n\n"), None);
    }
}
