//! The command line: what can be asked, and the exit statuses.

mod about;
mod build;
mod human;
mod json;
mod list;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fmt, io};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use harness::protocol;

/// Every verdict was as expected.
const SUCCESS: u8 = 0;
/// A case failed.
const FAILED: u8 = 1;
/// The command line, the program or the configuration is wrong.
const USAGE: u8 = 2;
/// No case ran.
const NOTHING_RAN: u8 = 3;
/// A case could not be judged.
const UNRESOLVED: u8 = 4;

const STATUSES: &str = "Exit status:
  0  every verdict is as expected
  1  a case failed
  2  the command line, the program or the configuration is wrong
  3  no case ran: the program lists none, or no name contains a filter
  4  a case could not be judged";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Runs scenarios that may crash, hang or exit, each in a process of its own, and judges how they ended.
#[derive(Debug, Parser)]
#[command(
    name = "cargo testprog",
    bin_name = "cargo testprog",
    version,
    args_conflicts_with_subcommands = true,
    after_help = STATUSES,
    styles = STYLES
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
    /// When to use colors
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the cases whose name contains a filter (all, without); the default
    #[command(after_help = STATUSES)]
    Run(RunArgs),
    /// List what the program registers, and what is gated here and why
    #[command(after_help = STATUSES)]
    List(ListArgs),
    /// Show the program's target, its libc, and what the platform table says it lacks
    #[command(after_help = STATUSES)]
    About(ChildArgs),
}

#[derive(Args, Debug)]
struct RunArgs {
    /// Run the cases whose name contains one of these
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    #[command(flatten)]
    child: ChildArgs,
    /// How many cases run at once [default: the number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// How long a case may run that has no deadline of its own
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = deadline)]
    deadline: Duration,
    /// Run under this deliberate fault, by which the cases that name it show that they can fail
    #[arg(long, value_name = "NAME", env = protocol::MUTANT)]
    mutant: Option<String>,
    /// The capabilities that may be missing, separated by commas; any other skip is a failure
    #[arg(long, value_name = "CAP,...")]
    may_lack: Option<String>,
    /// Accept no end that is a known fault, no gate that is out of date, and only the skips of --may-lack
    #[arg(long)]
    strict: bool,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Args, Debug)]
struct ListArgs {
    #[command(flatten)]
    child: ChildArgs,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// Which child, and how it is executed.
#[derive(Args, Debug)]
struct ChildArgs {
    /// The executable; without, it is built by cargo
    #[arg(long, value_name = "PATH", conflicts_with_all = ["bin", "test", "target", "release"])]
    prog: Option<PathBuf>,
    /// Build this binary of the package
    #[arg(long, value_name = "NAME", default_value = "testprog", conflicts_with = "test")]
    bin: String,
    /// Build this test target, whose `main` is `harness::self_exec`
    #[arg(long, value_name = "NAME")]
    test: Option<String>,
    /// Build for this target
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Build with optimizations
    #[arg(long)]
    release: bool,
    /// The command that executes a foreign binary, such as "qemu-aarch64-static -L /usr/aarch64-linux-gnu"; paths in it
    /// should be absolute (default: the one in `CARGO_TARGET_<TRIPLE>_RUNNER`)
    #[arg(long, value_name = "COMMAND")]
    runner: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    Human,
    /// One JSON document
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    /// Where the output is a terminal, and `NO_COLOR` is not set
    Auto,
    Always,
    Never,
}

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
}

pub(crate) fn main() -> ExitCode {
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
    let result = match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) => run::run(&args),
        Command::List(args) => list::list(&args),
        Command::About(args) => about::about(&args),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(Error { status, message }) => {
            eprintln!("{message}");
            ExitCode::from(status)
        }
    }
}

fn deadline(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => {
            Err("a deadline of 0 leaves no time at all".to_owned())
        }
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; expected something like 500ms, 5s or 2m")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_deadline_has_a_unit_and_a_length() {
        assert_eq!(deadline("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(deadline("5").is_err() && deadline("0s").is_err() && deadline("soon").is_err());
    }
}
