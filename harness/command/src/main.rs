//! The command `cargo testprog`: its parts, its errors and its exit statuses.

mod about;
mod args;
mod build;
mod choice;
mod compare;
mod core_file;
mod document;
mod github;
mod human;
mod json;
mod junit;
mod list;
mod matrix;
mod merge;
mod outputs;
mod plan;
mod port;
mod progress;
mod results;
mod run;
mod schedule;
mod table;
mod tap;
mod workers;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::{env, fmt};

use clap::Parser as _;

use self::args::{Cli, Color, Command};

/// Every verdict was as expected.
const SUCCESS: u8 = 0;
/// A case failed.
const FAILED: u8 = 1;
/// The command line, the program or the configuration is wrong, or an output cannot be written.
const USAGE: u8 = 2;
/// No case ran.
const NOTHING_RAN: u8 = 3;
/// A case could not be judged.
const UNRESOLVED: u8 = 4;

/// Why nothing, or not everything, could be done.
#[derive(Debug)]
struct Error {
    status: u8,
    message: String,
}

impl Error {
    fn usage(message: impl fmt::Display) -> Self {
        Self { status: USAGE, message: message.to_string() }
    }

    fn nothing_ran(message: impl fmt::Display) -> Self {
        Self { status: NOTHING_RAN, message: message.to_string() }
    }

    fn write(error: &io::Error) -> Self {
        Self::usage(format!("failed to write `standard output`: {error}"))
    }

    /// Returns both, a line each, with the status of the first.
    fn and(mut self, other: &Self) -> Self {
        self.message = format!("{}\n{}", self.message, other.message);
        self
    }

    /// Returns all of them as one, if there are any.
    fn all(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        errors.into_iter().reduce(|first, other| first.and(&other))
    }
}

fn main() -> ExitCode {
    // Cargo calls `cargo-testprog testprog ARGUMENTS`.
    let mut words: Vec<_> = env::args_os().collect();
    if words.get(1).is_some_and(|word| word == "testprog") {
        words.remove(1);
    }
    let cli = Cli::parse_from(words);
    let choice = match cli.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
    let result = match cli.command.unwrap_or(Command::Run(Box::new(cli.run))) {
        Command::Run(args) => run::run(&args),
        Command::List(args) => list::list(&args),
        Command::About(args) => about::about(&args),
        Command::Matrix(args) => matrix::matrix(&args),
        Command::Merge(args) => merge::merge(&args),
        Command::Compare(args) => compare::compare(&args),
        Command::Port(args) => port::port(&args),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(Error { status, message }) => {
            // Where standard error is closed, the status still tells.
            let _ = writeln!(io::stderr(), "{message}");
            ExitCode::from(status)
        }
    }
}
