//! Commands without a bound: a child starts in a directory of its own, and here no shell is at hand
//! to leave it.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Duration;

use testprog_harness::spawn::End;

use super::ended::Ended;

/// Runs a command, with these variables beside the runner's own. It may take as long as it takes.
pub(super) fn run(
    words: &[OsString],
    variables: Vec<(OsString, OsString)>,
    _deadline: Duration,
) -> Result<Ended, String> {
    let [command, arguments @ ..] = words else { unreachable!("all have a command") };
    let mut command = Command::new(command);
    command.args(arguments).envs(variables).stdin(Stdio::null());
    let output = command.output().map_err(|error| error.to_string())?;
    let end = End::Exited(output.status.code().unwrap_or(-1));
    Ok(Ended { end, stdout: output.stdout, stderr: output.stderr })
}
