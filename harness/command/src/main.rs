//! The command `cargo testprog`.

mod args;
mod build;
mod commands;
mod config;
mod document;
mod error;
mod files;
mod markup;
mod matrix;
mod port;
mod reports;
mod run;
mod signals;
mod stories;
mod table;
mod time;
mod values;

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use testprog_harness::text;

use self::args::{Cli, Command};
use self::error::Error;
use self::values::Color;

fn main() -> ExitCode {
    // For `cargo testprog ARGUMENTS`, Cargo starts `cargo-testprog testprog ARGUMENTS`.
    let mut words: Vec<_> = env::args_os().collect();
    if words.get(1).is_some_and(|word| word == "testprog") {
        words.remove(1);
    }
    let words = match config::with_defaults(words) {
        Ok(words) => words,
        Err(error) => return fail(&error),
    };
    let cli = Cli::try_parse_from(&words).unwrap_or_else(|error| {
        // clap prints wrong arguments unescaped, so this function passes escaped arguments to clap.
        let escaped = words.iter().map(|word| text::one_line(&word.to_string_lossy()));
        Cli::try_parse_from(escaped).err().unwrap_or(error).exit()
    });
    let choice = match cli.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
    let result = match cli.command.unwrap_or(Command::Run(Box::new(cli.run))) {
        Command::Run(args) => commands::run::run(&args),
        Command::List(args) => commands::list::list(&args),
        Command::Explain(args) => commands::explain::explain(&args),
        Command::About(args) => commands::about::about(&args),
        Command::Matrix(args) => commands::matrix::matrix(&args),
        Command::Merge(args) => commands::merge::merge(&args),
        Command::Compare(args) => commands::compare::compare(&args),
        Command::Port(args) => commands::port::port(&args),
        Command::Completions(args) => commands::completions::completions(&args),
        Command::Man(args) => commands::man::man(&args),
    };
    let interrupted = signals::status();
    match result {
        Ok(status) => ExitCode::from(interrupted.unwrap_or(status)),
        Err(error) => interrupted.map_or_else(
            || fail(&error),
            |status| {
                fail(&error);
                ExitCode::from(status)
            },
        ),
    }
}

/// Prints an error to standard error, and returns the error's exit status.
fn fail(error: &Error) -> ExitCode {
    // The error of the write is ignored, because the exit status still reports the failure if
    // standard error is closed.
    let _ = writeln!(io::stderr(), "{}", error.message);
    ExitCode::from(error.status)
}
