//! `cargo testprog completions`: prints a script that completes command lines in a shell.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::{Cli, CompletionsArgs};
use crate::error::{Error, SUCCESS};

/// Name of the executable. The scripts of `clap_complete` complete the name of an executable, not the
/// two words `cargo testprog`.
const NAME: &str = "cargo-testprog";

/// Part of the script for bash that completes `cargo testprog`.
const IN_CARGO_BASH: &str = include_str!("in_cargo.bash");

/// Part of the script for fish that completes `cargo testprog`.
const IN_CARGO_FISH: &str = include_str!("in_cargo.fish");

pub(crate) fn completions(args: &CompletionsArgs) -> Result<u8, Error> {
    let script = match args.shell {
        // clap_complete 4.6 writes a wrong script for bash if the name has a hyphen: the labels of
        // the subcommands differ from the values that the script compares with the labels. The name
        // after the options of `complete` is the only name that bash compares with a command line.
        Shell::Bash => {
            let name = NAME.replace('-', "_");
            let end = |name: &str| format!("-o default {name}\n");
            script(Shell::Bash, &name).replace(&end(&name), &end(NAME)) + "\n" + IN_CARGO_BASH
        }
        Shell::Fish => script(Shell::Fish, NAME) + "\n" + IN_CARGO_FISH,
        // In zsh, Cargo's own function `_cargo` calls the function `_cargo-testprog` of the script.
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
