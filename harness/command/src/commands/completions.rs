//! `cargo testprog completions`: prints a script that completes command lines in a shell.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::{Cli, CompletionsArgs};
use crate::error::{Error, SUCCESS};

/// Name of the executable. A shell completes the name of an executable, not the two words `cargo
/// testprog`.
const NAME: &str = "cargo-testprog";

pub(crate) fn completions(args: &CompletionsArgs) -> Result<u8, Error> {
    let script = match args.shell {
        // clap_complete 4.6 writes a wrong script for bash if the name has a hyphen: the labels of
        // the subcommands differ from the values that the script compares with the labels. The name
        // after the options of `complete` is the only name that bash compares with a command line.
        Shell::Bash => {
            let name = NAME.replace('-', "_");
            let end = |name: &str| format!("-o default {name}\n");
            script(Shell::Bash, &name).replace(&end(&name), &end(NAME))
        }
        shell => script(shell, NAME),
    };
    io::stdout().write_all(script.as_bytes()).map_err(|error| Error::write(&error))?;
    Ok(SUCCESS)
}

/// Returns the script that completes command lines of an executable with this name.
fn script(shell: Shell, name: &str) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command().bin_name(name), name, &mut script);
    String::from_utf8(script).expect("clap_complete writes UTF-8")
}
