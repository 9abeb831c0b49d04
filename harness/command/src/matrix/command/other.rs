//! Runs commands without a deadline, on systems other than Unix.
//!
//! A child of the library starts in its own directory. On Unix a shell changes back to the runner's
//! directory; here there is no such shell, so the library is not used.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Duration;

use testprog_harness::spawn::End;

use super::ended::Ended;

/// Runs a command with the runner's environment and these variables. The deadline is ignored.
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
