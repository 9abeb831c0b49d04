//! What can be asked on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};
use testprog_harness::protocol;
use testprog_harness::spawn::Limit;

use crate::values::{
    ChangesFormat, Color, Core, DebuggerName, FileOutput, Format, ListFormat, Shard, TableFormat,
    duration, limit,
};

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
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// When to use colors
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
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
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    #[command(flatten)]
    pub(crate) child: ChildArgs,
    #[command(flatten)]
    pub(crate) many: ManyArgs,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
    /// How long a case may run that has no deadline of its own
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub(crate) deadline: Duration,
    /// What each child may use, as in `open-files=64` or `address-space=1GiB`; may be given several times. There are
    /// address-space, core, cpu-time (in seconds), file-size, open-files, processes
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = limit)]
    pub(crate) limits: Vec<(Limit, u64)>,
    /// What the run is called where several stand side by side (default: its target)
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) printed: PrintedArgs,
    /// Fork the program for each run of a case instead of starting it anew, which takes much less time; only on Linux, and
    /// if the program can
    #[arg(long)]
    pub(crate) zygote: bool,
    /// Run under this deliberate fault, by which the cases that name it show that they can fail
    #[arg(long, value_name = "NAME", env = protocol::MUTANT_ENV)]
    pub(crate) mutant: Option<String>,
    /// The capabilities that may be missing, separated by commas; any other skip is a failure
    #[arg(long, value_name = "CAP,...")]
    pub(crate) may_lack: Option<String>,
    /// Accept no end that is a known fault, no gate that is out of date, and only the skips of --may-lack
    #[arg(long)]
    pub(crate) strict: bool,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: Format,
    /// Also write a report of this format to this file, as in `junit=report.xml`; may be given several times
    #[arg(short, long = "output", value_name = "FORMAT=FILE")]
    pub(crate) outputs: Vec<FileOutput<Format>>,
}

/// Which of the cases.
#[derive(Args, Debug)]
pub(crate) struct ChoiceArgs {
    /// Run the cases whose name contains one of these
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// Take each FILTER for a case's whole name
    #[arg(long, requires = "filters")]
    pub(crate) exact: bool,
    /// Run only the K-th of N shards; to which one a case belongs depends on its name alone
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,
}

/// How often, in which order, and until when.
#[derive(Args, Debug)]
pub(crate) struct ManyArgs {
    /// How many cases run at once [default: the number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Run the cases in a random order, which SEED repeats
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "clap's type for an option whose value is optional")]
    pub(crate) shuffle: Option<Option<u32>>,
    /// Run every case N times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) repeat: Option<u64>,
    /// Repeat until a case fails: without --repeat or --stress, for as long as it takes
    #[arg(long)]
    pub(crate) until_fail: bool,
    /// Repeat for this long; every case runs at least once
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) stress: Option<Duration>,
    /// Start no further case once one failed
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Run a case that fails up to N times more; if it then passes it is flaky, which is no pass
    // More is no second chance but a measurement, for which --repeat gives a rate; and all attempts are kept.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=10))]
    pub(crate) retries: Option<u8>,
    /// Leave the exit status at 0 when a case was flaky; it is reported all the same
    #[arg(long, requires = "retries")]
    pub(crate) accept_flaky: bool,
    /// Say which case has been running for longer than this
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub(crate) slow: Duration,
}

/// What becomes of what the children print.
#[derive(Args, Debug)]
pub(crate) struct PrintedArgs {
    /// Show what the children print as it comes, on standard error; one case at a time unless -j says otherwise
    #[arg(long)]
    pub(crate) no_capture: bool,
    /// Have standard error go where standard output goes, in the order in which a child writes; the last line of both is then
    /// the answer
    #[arg(long)]
    pub(crate) merge_output: bool,
}

/// What to find out and to keep about a failure.
#[derive(Args, Debug)]
pub(crate) struct EvidenceArgs {
    /// Ask a debugger what a case was doing that ran into its deadline, or where it crashed
    #[arg(long, value_name = "NAME")]
    pub(crate) debugger: Option<DebuggerName>,
    /// What to do with the core file of a case that crashed
    #[arg(long, value_name = "MODE", default_value = "off")]
    pub(crate) core: Core,
    /// Keep what a case that failed has left in its directory
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) child: ChildArgs,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: ListFormat,
}

#[derive(Args, Debug)]
pub(crate) struct MatrixArgs {
    /// The file of rows if it ends in .toml [default: matrix.toml or .ci/matrix.toml], then the rows to run: those whose
    /// name contains one of these words
    #[arg(value_name = "FILE|ROW")]
    pub(crate) words: Vec<String>,
    /// How many cases run at once [default: the number of processors]; the rows run one after another
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Run only the K-th of N shards of each row; to which one a case belongs depends on its name alone
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,
    /// Run a case that fails up to N times more; if it then passes it is flaky, which is no pass
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=10))]
    pub(crate) retries: Option<u8>,
    /// As for `run`, and accept no row that cannot be run here, unless it has `allow-missing-tools`
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) print: TableArgs,
    /// Show what changed since this report; status 1 when something got worse
    #[arg(long, value_name = "REPORT")]
    pub(crate) baseline: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct MergeArgs {
    /// Reports in JSON: of `run`, `matrix` or an earlier `merge`
    #[arg(value_name = "REPORT", required = true)]
    pub(crate) reports: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) print: TableArgs,
    /// Show what changed since this report; status 1 when something got worse
    #[arg(long, value_name = "REPORT")]
    pub(crate) baseline: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct CompareArgs {
    /// The report to compare with, in JSON: of `run`, `matrix` or `merge`
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The report that is compared
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: ChangesFormat,
}

/// What is printed of many runs.
#[derive(Args, Debug)]
pub(crate) struct TableArgs {
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: TableFormat,
    /// Also write a report of this format to this file, as in `json=matrix.json`; may be given several times
    #[arg(short, long = "output", value_name = "FORMAT=FILE")]
    pub(crate) outputs: Vec<FileOutput<TableFormat>>,
}

/// Which child, and how it is executed.
#[derive(Args, Debug)]
pub(crate) struct ChildArgs {
    /// The executable; without, it is built by cargo
    #[arg(long, value_name = "PATH", conflicts_with_all = ["bin", "test", "package", "features", "target", "release"])]
    pub(crate) prog: Option<PathBuf>,
    /// Build this binary of the package
    #[arg(long, value_name = "NAME", default_value = "testprog", conflicts_with = "test")]
    pub(crate) bin: String,
    /// Build this test target, whose `main` is `testprog_harness::self_exec`
    #[arg(long, value_name = "NAME")]
    pub(crate) test: Option<String>,
    /// Of this package of the workspace
    #[arg(short, long, value_name = "NAME")]
    pub(crate) package: Option<String>,
    /// Build with these features, separated by commas
    #[arg(long, value_name = "FEATURES")]
    pub(crate) features: Option<String>,
    /// Build for this target
    #[arg(long, value_name = "TRIPLE")]
    pub(crate) target: Option<String>,
    /// Build with optimizations
    #[arg(long)]
    pub(crate) release: bool,
    /// The command that executes a foreign binary, such as "qemu-aarch64-static -L /usr/aarch64-linux-gnu"; paths in it
    /// should be absolute (default: the one in `CARGO_TARGET_<TRIPLE>_RUNNER`)
    #[arg(long, value_name = "COMMAND")]
    pub(crate) runner: Option<String>,
}

/// What `cargo testprog port` is asked.
#[derive(Args, Debug)]
pub(crate) struct PortArgs {
    /// The C compiler for the target, with its own arguments if it needs some, as in "zig cc -target riscv64-linux-musl"
    #[arg(long, value_name = "COMMAND")]
    pub(crate) cc: String,
    /// Further arguments for compiling and for linking
    #[arg(long, value_name = "FLAGS", default_value = "", allow_hyphen_values = true)]
    pub(crate) cflags: String,
    /// Further arguments for linking, after the objects, as in "-lpthread"
    #[arg(long, value_name = "FLAGS", default_value = "", allow_hyphen_values = true)]
    pub(crate) ldflags: String,
    /// The command that executes a binary of the target, such as "qemu-aarch64-static -L /usr/aarch64-linux-gnu"; paths in
    /// it should be absolute
    #[arg(long, value_name = "COMMAND", default_value = "")]
    pub(crate) runner: String,
    /// The target, by which the platform table is asked [default: what the compiler and the C library say]
    #[arg(long, value_name = "TRIPLE")]
    pub(crate) target: Option<String>,
    /// What to call this port in reports, and where to build it [default: the compiler's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// An earlier JSON report of this port: tell what is new, fixed and worse, with status 1 only if something is worse
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Where to build; everything stays there [default: target/port/NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// How long the compiler, a probe, or a case may run
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub(crate) deadline: Duration,
    /// How many of them run at once [default: the number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: Format,
    /// Also write a report of this format to this file, as in `json=report.json`; may be given several times
    #[arg(short, long = "output", value_name = "FORMAT=FILE")]
    pub(crate) outputs: Vec<FileOutput<Format>>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
