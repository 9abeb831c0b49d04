//! Runs commands like children, with a deadline, but in the runner's directory and environment.

use std::env;
use std::ffi::OsString;
use std::time::Duration;

use testprog_harness::Program;
use testprog_harness::spawn::{self, Options, Output};

use super::ended::Ended;
use crate::signals;

/// Bytes to keep at the beginning and at the end of a command's output. Cargo's JSON messages and
/// long reports are shorter than this limit.
const LONGEST_ANSWER: usize = 64 << 20;

/// Runs a command of at least two words with the runner's environment and the additional
/// `variables`. `grace` is the time between SIGTERM and SIGKILL.
pub(super) fn run(
    words: &[OsString],
    variables: Vec<(OsString, OsString)>,
    deadline: Duration,
    grace: Duration,
) -> Result<Ended, String> {
    let [command, arguments @ .., last] = words else {
        unreachable!("the caller passes a command with an argument")
    };
    // Check first that the command exists, since a shell's message would be less clear.
    which::which(command).map_err(|error| error.to_string())?;
    let here = env::current_dir().map_err(|error| error.to_string())?;
    // A child starts in its own directory, so a shell changes back to the runner's directory.
    let shell: [OsString; 3] = ["-c".into(), r#"cd "$0" && exec "$@""#.into(), here.into()];
    let mut program = Program::new("/bin/sh");
    program.args = shell.into_iter().chain([command.clone()]).collect();
    program.args.extend_from_slice(arguments);
    let mut options = Options::default();
    options.deadline = deadline;
    (options.control, options.keep_interrupted) = (Some(signals::control()), true);
    options.grace = grace;
    options.keep_bytes = LONGEST_ANSWER;
    options.env = env::vars_os().chain(variables).collect();
    let outcome = spawn::run(&program, &last.to_string_lossy(), &options);
    let outcome = outcome.map_err(|error| error.to_string())?;
    let whole = |output: &Output| [&*output.head, &*output.tail].concat();
    let (stdout, stderr) = (whole(&outcome.stdout), whole(&outcome.stderr));
    Ok(Ended { end: outcome.end, stdout, stderr })
}
