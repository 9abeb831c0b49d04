//! Runs commands without a deadline, on systems other than Unix.
//!
//! This module starts commands with `std` and not with the library, because the library starts each
//! child in a directory of its own. Only on Unix can a shell change the child's directory back to
//! the runner's directory.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Duration;

use testprog_harness::spawn::End;

use super::ended::Ended;

/// Runs a command with the runner's environment and the additional `variables`. `run` ignores the
/// deadline and the grace time.
pub(super) fn run(
    words: &[OsString],
    variables: Vec<(OsString, OsString)>,
    _deadline: Duration,
    _grace: Duration,
) -> Result<Ended, String> {
    let [command, arguments @ ..] = words else { unreachable!("the caller passes a command") };
    let mut command = Command::new(command);
    command.args(arguments).envs(variables).stdin(Stdio::null());
    let output = command.output().map_err(|error| error.to_string())?;
    let end = End::Exited(output.status.code().unwrap_or(-1));
    Ok(Ended { end, stdout: output.stdout, stderr: output.stderr })
}
