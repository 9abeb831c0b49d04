//! Builds the `Command` for a child on systems where the runner starts children with the standard
//! library.

use std::path::Path;
use std::process::{Command, Stdio};

use super::environment::variables;
use super::error::Error;
use super::options::Options;
use super::program::Program;

/// Returns the command that starts a child in `directory`, or in the working directory that the
/// options name.
pub(super) fn command(
    program: &Program,
    argument: &str,
    options: &Options,
    directory: &Path,
) -> Result<Command, Error> {
    let path = program.absolute_path()?;
    let mut words = program.words(path.as_os_str(), options.argument(argument), &options.args);
    let mut command = Command::new(words.next().expect("a command line has a path"));
    let own = options.working_directory()?;
    command.args(words).current_dir(own.as_deref().unwrap_or(directory)).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_clear().envs(variables(options, directory));
    Ok(command)
}
