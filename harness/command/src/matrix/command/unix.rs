//! Commands in bounded time: they run as children do, but where the runner runs and with all of its
//! environment.

use std::env;
use std::ffi::OsString;
use std::time::Duration;

use testprog_harness::Program;
use testprog_harness::spawn::{self, Options, Output};

use super::ended::Ended;

/// What cargo tells of its artifacts, and the longest report, are shorter; the runner holds it.
const LONGEST_ANSWER: usize = 64 << 20;

/// Runs a command of at least two words, with these variables beside the runner's own.
pub(super) fn run(
    words: &[OsString],
    variables: Vec<(OsString, OsString)>,
    deadline: Duration,
) -> Result<Ended, String> {
    let [command, arguments @ .., last] = words else { unreachable!("all have an argument") };
    // A shell would say it less well.
    which::which(command).map_err(|error| error.to_string())?;
    let here = env::current_dir().map_err(|error| error.to_string())?;
    // A child starts in a directory of its own.
    let shell: [OsString; 3] = ["-c".into(), r#"cd "$0" && exec "$@""#.into(), here.into()];
    let mut program = Program::new("/bin/sh");
    program.args = shell.into_iter().chain([command.clone()]).collect();
    program.args.extend_from_slice(arguments);
    let mut options = Options::default();
    options.deadline = deadline;
    options.keep_bytes = LONGEST_ANSWER;
    options.env = env::vars_os().chain(variables).collect();
    let outcome = spawn::run(&program, &last.to_string_lossy(), &options);
    let outcome = outcome.map_err(|error| error.to_string())?;
    let whole = |output: &Output| [&*output.head, &*output.tail].concat();
    let (stdout, stderr) = (whole(&outcome.stdout), whole(&outcome.stderr));
    Ok(Ended { end: outcome.end, stdout, stderr })
}
