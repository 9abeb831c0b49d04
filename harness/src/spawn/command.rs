//! How the standard library is asked for a child, where it starts them.

use std::path::Path;
use std::process::{Command, Stdio};

use super::environment::variables;
use super::error::Error;
use super::options::Options;
use super::program::Program;

/// Returns the command for a child that works in `directory`.
pub(super) fn command(
    program: &Program,
    argument: &str,
    options: &Options,
    directory: &Path,
) -> Result<Command, Error> {
    let path = program.absolute_path()?;
    let mut words = program.words(path.as_os_str(), argument.as_ref());
    let mut command = Command::new(words.next().expect("the path is one of them"));
    command.args(words).current_dir(directory).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_clear().envs(variables(options, directory));
    Ok(command)
}
