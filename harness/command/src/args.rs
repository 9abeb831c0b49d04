//! What can be asked on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use testprog_harness::protocol;
use testprog_harness::spawn::Limit;

use super::choice::Shard;
use super::outputs::FileOutput;
use super::port::PortArgs;

const STATUSES: &str = "Exit status:
  0  every verdict is as expected
  1  a case failed, was flaky without --accept-flaky, or got worse
  2  the command line, the program or the configuration is wrong, or an output cannot be written
  3  no case ran: the program lists none, or the filters or the shard leave none
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
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) run: RunArgs,
    /// When to use colors
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(super) color: Color,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the cases whose name contains a filter (all, without); the default
    #[command(after_help = STATUSES)]
    Run(Box<RunArgs>),
    /// List what the program registers, and what is gated here and why
    #[command(after_help = STATUSES)]
    List(ListArgs),
    /// Show the program's target, its libc, and what the platform table says it lacks
    #[command(after_help = STATUSES)]
    About(ChildArgs),
    /// Build and run every row of a file, and report all of them in one table
    #[command(after_help = STATUSES)]
    Matrix(MatrixArgs),
    /// Join the reports of shards and of machines into one
    #[command(after_help = STATUSES)]
    Merge(MergeArgs),
    /// Show what changed from one report to another; status 1 when something got worse
    #[command(after_help = STATUSES)]
    Compare(CompareArgs),
    /// Probe a C library with nothing but its C compiler, and run what of the program needs no Rust
    #[command(after_help = STATUSES)]
    Port(Box<PortArgs>),
}

#[derive(Args, Debug)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) choice: ChoiceArgs,
    #[command(flatten)]
    pub(super) child: ChildArgs,
    #[command(flatten)]
    pub(super) many: ManyArgs,
    #[command(flatten)]
    pub(super) evidence: EvidenceArgs,
    /// How long a case may run that has no deadline of its own
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub(super) deadline: Duration,
    /// What each child may use, as in `open-files=64` or `address-space=1GiB`; may be given several times. There are
    /// address-space, core, cpu-time (in seconds), file-size, open-files, processes
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = limit)]
    pub(super) limits: Vec<(Limit, u64)>,
    /// What the run is called where several stand side by side (default: its target)
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) name: Option<String>,
    #[command(flatten)]
    pub(super) printed: PrintedArgs,
    /// Fork the program for each run of a case instead of starting it anew, which takes much less time; only on Linux, and
    /// if the program can
    #[arg(long)]
    pub(super) zygote: bool,
    /// Run under this deliberate fault, by which the cases that name it show that they can fail
    #[arg(long, value_name = "NAME", env = protocol::MUTANT)]
    pub(super) mutant: Option<String>,
    /// The capabilities that may be missing, separated by commas; any other skip is a failure
    #[arg(long, value_name = "CAP,...")]
    pub(super) may_lack: Option<String>,
    /// Accept no end that is a known fault, no gate that is out of date, and only the skips of --may-lack
    #[arg(long)]
    pub(super) strict: bool,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: Format,
    /// Also write a report of this format to this file, as in `junit=report.xml`; may be given several times
    #[arg(short, long = "output", value_name = "FORMAT=FILE")]
    pub(super) outputs: Vec<FileOutput<Format>>,
}

/// Which of the cases.
#[derive(Args, Debug)]
pub(super) struct ChoiceArgs {
    /// Run the cases whose name contains one of these
    #[arg(value_name = "FILTER")]
    pub(super) filters: Vec<String>,
    /// Take each FILTER for a case's whole name
    #[arg(long, requires = "filters")]
    pub(super) exact: bool,
    /// Run only the K-th of N shards; to which one a case belongs depends on its name alone
    #[arg(long, value_name = "K/N")]
    pub(super) shard: Option<Shard>,
}

/// How often, in which order, and until when.
#[derive(Args, Debug)]
pub(super) struct ManyArgs {
    /// How many cases run at once [default: the number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Run the cases in a random order, which SEED repeats
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "clap's type for an option whose value is optional")]
    pub(super) shuffle: Option<Option<u32>>,
    /// Run every case N times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) repeat: Option<u64>,
    /// Repeat until a case fails: without --repeat or --stress, for as long as it takes
    #[arg(long)]
    pub(super) until_fail: bool,
    /// Repeat for this long; every case runs at least once
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) stress: Option<Duration>,
    /// Start no further case once one failed
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Run a case that fails up to N times more; if it then passes it is flaky, which is no pass
    // More is no second chance but a measurement, for which --repeat gives a rate; and all attempts are kept.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=10))]
    pub(super) retries: Option<u8>,
    /// Leave the exit status at 0 when a case was flaky; it is reported all the same
    #[arg(long, requires = "retries")]
    pub(super) accept_flaky: bool,
    /// Say which case has been running for longer than this
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub(super) slow: Duration,
}

/// What becomes of what the children print.
#[derive(Args, Debug)]
pub(super) struct PrintedArgs {
    /// Show what the children print as it comes, on standard error; one case at a time unless -j says otherwise
    #[arg(long)]
    pub(super) no_capture: bool,
    /// Have standard error go where standard output goes, in the order in which a child writes; the last line of both is then
    /// the answer
    #[arg(long)]
    pub(super) merge_output: bool,
}

/// What to find out and to keep about a failure.
#[derive(Args, Debug)]
pub(super) struct EvidenceArgs {
    /// Ask a debugger what a case was doing that ran into its deadline, or where it crashed
    #[arg(long, value_name = "NAME")]
    pub(super) debugger: Option<DebuggerName>,
    /// What to do with the core file of a case that crashed
    #[arg(long, value_name = "MODE", default_value = "off")]
    pub(super) core: Core,
    /// Keep what a case that failed has left in its directory
    #[arg(long)]
    pub(super) keep: bool,
}

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) child: ChildArgs,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: ListFormat,
}

#[derive(Args, Debug)]
pub(super) struct MatrixArgs {
    /// The file of rows if it ends in .toml [default: matrix.toml or .ci/matrix.toml], then the rows to run: those whose
    /// name contains one of these words
    #[arg(value_name = "FILE|ROW")]
    pub(super) words: Vec<String>,
    /// How many cases run at once [default: the number of processors]; the rows run one after another
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Run only the K-th of N shards of each row; to which one a case belongs depends on its name alone
    #[arg(long, value_name = "K/N")]
    pub(super) shard: Option<Shard>,
    /// Run a case that fails up to N times more; if it then passes it is flaky, which is no pass
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=10))]
    pub(super) retries: Option<u8>,
    /// As for `run`, and accept no row that cannot be run here, unless it has `allow-missing-tools`
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) print: TableArgs,
    /// Show what changed since this report; status 1 when something got worse
    #[arg(long, value_name = "REPORT")]
    pub(super) baseline: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct MergeArgs {
    /// Reports in JSON: of `run`, `matrix` or an earlier `merge`
    #[arg(value_name = "REPORT", required = true)]
    pub(super) reports: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) print: TableArgs,
    /// Show what changed since this report; status 1 when something got worse
    #[arg(long, value_name = "REPORT")]
    pub(super) baseline: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct CompareArgs {
    /// The report to compare with, in JSON: of `run`, `matrix` or `merge`
    #[arg(value_name = "OLD")]
    pub(super) old: PathBuf,
    /// The report that is compared
    #[arg(value_name = "NEW")]
    pub(super) new: PathBuf,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: ChangesFormat,
}

/// What is printed of many runs.
#[derive(Args, Debug)]
pub(super) struct TableArgs {
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(super) format: TableFormat,
    /// Also write a report of this format to this file, as in `json=matrix.json`; may be given several times
    #[arg(short, long = "output", value_name = "FORMAT=FILE")]
    pub(super) outputs: Vec<FileOutput<TableFormat>>,
}

/// Which child, and how it is executed.
#[derive(Args, Debug)]
pub(super) struct ChildArgs {
    /// The executable; without, it is built by cargo
    #[arg(long, value_name = "PATH", conflicts_with_all = ["bin", "test", "package", "features", "target", "release"])]
    pub(super) prog: Option<PathBuf>,
    /// Build this binary of the package
    #[arg(long, value_name = "NAME", default_value = "testprog", conflicts_with = "test")]
    pub(super) bin: String,
    /// Build this test target, whose `main` is `testprog_harness::self_exec`
    #[arg(long, value_name = "NAME")]
    pub(super) test: Option<String>,
    /// Of this package of the workspace
    #[arg(short, long, value_name = "NAME")]
    pub(super) package: Option<String>,
    /// Build with these features, separated by commas
    #[arg(long, value_name = "FEATURES")]
    pub(super) features: Option<String>,
    /// Build for this target
    #[arg(long, value_name = "TRIPLE")]
    pub(super) target: Option<String>,
    /// Build with optimizations
    #[arg(long)]
    pub(super) release: bool,
    /// The command that executes a foreign binary, such as "qemu-aarch64-static -L /usr/aarch64-linux-gnu"; paths in it
    /// should be absolute (default: the one in `CARGO_TARGET_<TRIPLE>_RUNNER`)
    #[arg(long, value_name = "COMMAND")]
    pub(super) runner: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a person
    Human,
    /// One JSON document
    Json,
    /// `JUnit`'s XML, which most CI systems show
    Junit,
    /// The Test Anything Protocol, version 14
    Tap,
    /// Annotations for GitHub Actions, and a summary in `GITHUB_STEP_SUMMARY` where that is set
    Github,
    /// A table in Markdown
    Markdown,
    /// One page that needs nothing but a browser
    Html,
}

/// How many runs are shown beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    /// For a person
    Human,
    /// One JSON document
    Json,
    /// A table that fits the summary of a CI step
    Markdown,
    /// One page that needs nothing but a browser
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ChangesFormat {
    /// For a person
    Human,
    /// One JSON document
    Json,
    /// A table in Markdown
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For a person
    Human,
    /// One JSON document
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DebuggerName {
    /// The first of gdb and lldb that is there, or none
    Auto,
    Gdb,
    Lldb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Core {
    /// There is none
    Off,
    /// Keep that of a case that failed
    Keep,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Color {
    /// Where the output is a terminal, and `NO_COLOR` is not set
    Auto,
    Always,
    Never,
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("0 leaves no time at all".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; expected something like 500ms, 5s or 2m")),
    }
}

fn limit(text: &str) -> Result<(Limit, u64), String> {
    let (name, amount) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let limit = Limit::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Limit::NAMED.iter().map(|(_, name)| *name).collect();
        format!("no such limit; there are {}", names.join(", "))
    })?;
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("", 0)];
    let (number, shift) = units
        .iter()
        .find_map(|(unit, shift)| Some((amount.strip_suffix(unit)?, *shift)))
        .expect("everything ends with nothing");
    let number: Option<u64> = number.parse().ok();
    let value = number.and_then(|number| number.checked_mul(1 << shift));
    Ok((limit, value.ok_or_else(|| format!("`{amount}` is no amount such as 64 or 16MiB"))?))
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
    fn a_limit_has_a_name_and_a_size() {
        assert_eq!(limit("open-files=64"), Ok((Limit::OpenFiles, 64)));
        assert_eq!(limit("address-space=2GiB"), Ok((Limit::AddressSpace, 2 << 30)));
        for bad in
            ["open-files", "files=1", "core=", "core=x", "core=1TB", "core=99999999999999GiB"]
        {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_duration_has_a_unit_and_a_length() {
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(duration("5").is_err() && duration("0s").is_err() && duration("soon").is_err());
    }
}
