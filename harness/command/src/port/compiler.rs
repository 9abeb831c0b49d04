//! Calls the C compiler of a target, which may report an error, hang or crash.

use std::error::Error as _;
use std::ffi::OsString;
use std::fmt::{self, Display};
use std::path::Path;
use std::time::Duration;
use std::{env, fs, io};

use testprog_harness::spawn::{self, End, Options, Outcome};
use testprog_harness::{Program, text};

use super::log::{self, Log};
use super::messages;
use crate::error::Error;
use crate::signals;

/// A C compiler, and the arguments that every call of the compiler gets.
#[derive(Debug)]
pub(crate) struct Compiler {
    /// The value of `--cc` as the user typed it.
    name: String,
    words: Vec<OsString>,
    cflags: Vec<OsString>,
    ldflags: Vec<OsString>,
    deadline: Duration,
    /// Directory to build in, whose path is removed from the compiler's messages.
    directory: String,
}

/// Why a call of the compiler made no object file or no executable.
#[derive(Clone, Debug)]
pub(super) enum Failed {
    /// The compiler or the linker reported an error.
    Refused {
        /// First error that the compiler or the linker printed.
        error: String,
        /// Names of the undefined symbols that the linker printed.
        undefined: Vec<String>,
        /// Shell command that repeats the call.
        rerun: String,
    },
    /// The compiler did not start, crashed, hung, or exited with status 0 and made no file.
    Broken {
        cause: String,
        /// Shell command that repeats the call, or `None` if there is no command to call.
        rerun: Option<String>,
    },
}

impl Failed {
    /// Returns the failure in words, including the name of the C file.
    ///
    /// A compiler's message already contains the file's name, but a linker's message does not.
    pub(super) fn of(&self, source: &str) -> String {
        let text = self.to_string();
        if text.contains(source) { text } else { format!("csrc/{source}: {text}") }
    }

    /// Returns the shell command that repeats the failed call.
    pub(super) fn rerun(&self) -> Option<String> {
        match self {
            Self::Refused { rerun, .. } => Some(rerun.clone()),
            Self::Broken { rerun, .. } => rerun.clone(),
        }
    }
}

impl Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { undefined, .. } if !undefined.is_empty() => {
                write!(f, "undefined: {}", undefined.join(", "))
            }
            Self::Refused { error, .. } | Self::Broken { cause: error, .. } => f.write_str(error),
        }
    }
}

impl Compiler {
    pub(crate) fn new(
        command: &str,
        [cflags, ldflags]: [(&str, &str); 2],
        deadline: Duration,
        directory: &str,
    ) -> Result<Self, Error> {
        let words = words("--cc", command)?;
        if words.is_empty() {
            return Err(Error::usage("failed to read `--cc`: the value names no command"));
        }
        Ok(Self {
            name: command.to_owned(),
            words,
            cflags: self::words(cflags.0, cflags.1)?,
            ldflags: self::words(ldflags.0, ldflags.1)?,
            deadline,
            directory: format!("{directory}{}", std::path::MAIN_SEPARATOR),
        })
    }

    /// Returns the compiler's command as the user typed it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Compiles a C file to an object file.
    pub(super) fn compile(
        &self,
        log: &Log,
        source: &Path,
        flags: &[String],
        object: &Path,
    ) -> Result<(), Failed> {
        // The user's flags come after these fixed flags and override them. The flag `-O1` is set
        // because optimized code keeps values in registers, which a wrong stack switch can lose.
        // The flag `-Werror=implicit-function-declaration` is set because older compilers only warn
        // about a call of a function that no header declares.
        let fixed =
            ["-std=c11", "-O1", "-U_FORTIFY_SOURCE", "-Werror=implicit-function-declaration"];
        let before = fixed.map(OsString::from).into_iter().chain(self.cflags.iter().cloned());
        let before = before.chain(["-o".into(), object.into()]);
        let call = Call {
            before: before.collect(),
            input: source,
            after: flags.iter().map(OsString::from).collect(),
            last: "-c",
        };
        self.make(log, call, object)
    }

    /// Links object files to an executable.
    pub(super) fn link(
        &self,
        log: &Log,
        objects: &[impl AsRef<Path>],
        executable: &Path,
    ) -> Result<(), Failed> {
        let (first, rest) =
            objects.split_first().expect("the caller passes at least one object file");
        let rest = rest.iter().map(|object| object.as_ref().into());
        let after = rest.chain(self.ldflags.iter().cloned()).chain(["-o".into()]);
        let last =
            executable.to_str().expect("the paths of the directory and of its files are UTF-8");
        let (before, after) = (self.cflags.clone(), after.collect());
        self.make(log, Call { before, input: first.as_ref(), after, last }, executable)
    }

    /// Returns the target that the compiler reports (`-dumpmachine`), or `None` if the compiler
    /// reports no target.
    pub(super) fn machine(&self, log: &Log, any_source: &Path) -> Option<String> {
        let before = self.cflags.iter().cloned().chain(["-dumpmachine".into()]).collect();
        let call = Call { before, input: any_source, after: Vec::new(), last: "-c" };
        let (_, outcome) = self.call(log, call);
        let outcome = outcome.ok()?;
        let text = String::from_utf8(outcome.stdout.whole()?).ok()?;
        // A compiler that does not know the flag may print something else. The longest names of
        // targets have about 40 characters.
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let is_name = |text: &&str| (1..=100).contains(&text.len()) && text.chars().all(is_part);
        let name = Some(text.trim()).filter(is_name)?;
        (outcome.end == End::Exited(0)).then(|| name.to_owned())
    }

    /// Calls the compiler, and checks that the compiler made `file`.
    fn make(&self, log: &Log, call: Call<'_>, file: &Path) -> Result<(), Failed> {
        // Remove the file of an earlier run, so that the file is not mistaken for the file of this
        // run.
        let _ = fs::remove_file(file);
        let (rerun, outcome) = self.call(log, call);
        let outcome = outcome.map_err(|error| {
            let cause = if is_not_found(&error) {
                format!("failed to start `{}`: not found", self.name)
            } else {
                error.to_string()
            };
            Failed::Broken { cause, rerun: None }
        })?;
        let text = messages::of(&outcome, &self.directory);
        let broken = |what: &str| {
            let cause = format!("`{}` {what}", self.name);
            Err(Failed::Broken { cause, rerun: Some(rerun.clone()) })
        };
        match outcome.end {
            End::Exited(0) => match fs::metadata(file) {
                Ok(made) if made.is_file() && made.len() > 0 => Ok(()),
                Ok(made) if made.is_file() => broken("exited with status 0 and made an empty file"),
                _ => broken("exited with status 0 and made no file"),
            },
            End::Exited(status) => match &*messages::first_error(&text) {
                "" => broken(&format!("exited with status {status} and no message")),
                _ if messages::are_warnings(&text) => {
                    let dropped = outcome.stderr.dropped + outcome.stdout.dropped;
                    let printed = match dropped {
                        0 => "printed only warnings".to_owned(),
                        _ => {
                            format!("printed no error except in {dropped} bytes that were dropped")
                        }
                    };
                    broken(&format!("exited with status {status} and {printed}"))
                }
                error => {
                    let (error, undefined) = (error.to_owned(), messages::undefined(&text));
                    Err(Failed::Refused { error, undefined, rerun })
                }
            },
            End::Signaled { signal, .. } => broken(&format!("died of {signal}")),
            End::TimedOut => {
                broken(&format!("did not end within {}", text::seconds(self.deadline)))
            }
            other => broken(&format!("ended in an unknown way: {other:?}")),
        }
    }

    /// Calls the compiler like a child: contained, with a deadline, and with bounded output.
    /// Returns two values: a shell command with which a user can repeat the call, and the
    /// outcome of the call.
    ///
    /// The compiler is passed as the runner command of a program, and the input file as the
    /// program.
    fn call(&self, log: &Log, call: Call<'_>) -> (String, Result<Outcome, spawn::Error>) {
        let Call { before, input, after, last } = call;
        let mut program = Program::new(input);
        program.runner = self.words.iter().cloned().chain(before).collect();
        program.args = after;
        log.command(&program.command_line(last));
        let rerun = log::command_from_here(&program, last);
        let mut options = Options::default();
        // In the child's own directory, a relative `-Iinclude` would find nothing.
        options.working_directory = env::current_dir().ok();
        options.deadline = self.deadline;
        options.control = Some(signals::control());
        options.env = variables();
        options.keep_bytes = MOST_OUTPUT;
        options.keep_interrupted = true;
        let mut outcome = spawn::run(&program, last, &options);
        if outcome.as_ref().is_err_and(has_no_interpreter) {
            program.runner.splice(0..0, ["sh", "-c", r#"exec "$@""#, "sh"].map(OsString::from));
            outcome = spawn::run(&program, last, &options);
        }
        log.result(outcome.as_ref().map_err(|error| error as &dyn Display));
        (rerun, outcome)
    }
}

/// Arguments of one call of the compiler.
struct Call<'a> {
    before: Vec<OsString>,
    input: &'a Path,
    after: Vec<OsString>,
    last: &'a str,
}

/// Number of bytes to keep of the beginning and of the end of what one call of the compiler prints.
/// The logs contain the compiler's output, and a compiler with a long list of include files prints
/// about 100 KiB with `-v -H`.
const MOST_OUTPUT: usize = 4 << 20;

/// Returns whether the system did not find the compiler, or the interpreter of a compiler that is a
/// script.
fn is_not_found(error: &spawn::Error) -> bool {
    system_error(error).is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Returns whether the compiler is a script without a line `#!`. The system does not execute such a
/// script, but a shell does, and so does `make`, which calls execvp (POSIX, `exec`).
fn has_no_interpreter(error: &spawn::Error) -> bool {
    /// `ENOEXEC`, which has the same number on all Unix systems.
    const NO_FORMAT: i32 = 8;
    env::consts::FAMILY == "unix"
        && system_error(error).and_then(io::Error::raw_os_error) == Some(NO_FORMAT)
}

/// Returns the system's error that is the cause of `error`, if there is one.
fn system_error(error: &spawn::Error) -> Option<&io::Error> {
    error.source()?.downcast_ref()
}

/// Splits a command into words as a shell does.
pub(crate) fn words(flag: &str, text: &str) -> Result<Vec<OsString>, Error> {
    shell_words::split(text)
        .map(|words| words.into_iter().map(OsString::from).collect())
        .map_err(|error| Error::usage(format!("failed to read `{flag} {text}`: {error}")))
}

/// Returns the environment of the compiler: all of the runner's variables, with two exceptions.
///
/// `LC_ALL=C` makes the compiler's messages English. Without `TMPDIR`, `TMP` and `TEMP`, temporary
/// files go to the child's directory, which is removed.
fn variables() -> Vec<(OsString, OsString)> {
    let is_kept =
        |name: &OsString| !["TMPDIR", "TMP", "TEMP", "PWD"].iter().any(|known| name == known);
    let kept = env::vars_os().filter(|(name, _)| is_kept(name));
    kept.chain([("LC_ALL".into(), "C".into())]).collect()
}
