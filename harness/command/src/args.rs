//! The command line: every subcommand, argument and flag, with its help text.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand};
use testprog_harness::protocol;
use testprog_harness::spawn::Limit;
use testprog_harness::suite::DEADLINE_SCALE;

use crate::error::STATUSES;
use crate::values::{
    ChangesFormat, Color, Core, DebuggerName, FileOutput, Format, ListFormat, Shard,
    StatusOfRunner, TableFormat, Variable, duration, limit, scale, variable, web_address,
};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Runs scenarios that may crash, hang or exit, each in its own process, and checks how each
/// scenario ended
///
/// Without a subcommand, `cargo testprog` takes the arguments of `run` and works like `cargo
/// testprog run`.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-testprog",
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
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = None)]
    pub(crate) color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the cases whose name contains a FILTER, or all cases (the default subcommand)
    #[command(after_help = STATUSES)]
    Run(Box<RunArgs>),
    /// List the program's cases by topic, and why some cases cannot run on this target
    #[command(after_help = STATUSES)]
    List(ListArgs),
    /// Explain what a scenario tests, and what it means if a system fails the scenario
    #[command(after_help = STATUSES)]
    Explain(ExplainArgs),
    /// Show the program's target, its C library, and the capabilities that the target lacks
    #[command(after_help = STATUSES)]
    About(ChildArgs),
    /// Build and run every row of a matrix file, and report all rows in one table
    #[command(after_help = STATUSES)]
    Matrix(MatrixArgs),
    /// Merge the JSON reports of shards and of computers into one table
    #[command(after_help = STATUSES)]
    Merge(MergeArgs),
    /// Show what changed between two JSON reports
    #[command(after_help = STATUSES)]
    Compare(CompareArgs),
    /// Probe a C library through its C compiler, then build and run the cases that need no Rust
    #[command(after_help = STATUSES)]
    Port(Box<PortArgs>),
    /// Print a script that completes the command line of `cargo-testprog` in a shell
    #[command(after_help = STATUSES)]
    Completions(CompletionsArgs),
    /// Write a manual page for the command and for each subcommand into a directory
    #[command(after_help = STATUSES)]
    Man(ManArgs),
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    #[command(flatten)]
    pub(crate) child: ChildArgs,
    /// Deadline of each case that declares no deadline of its own
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    #[arg(help_heading = "How a case runs")]
    pub(crate) deadline: Duration,
    /// A case leaks if the child's output is still open this long after the child's end
    ///
    /// On Linux, the leak timeout is longer if more threads are ready to run than the computer has
    /// processors.
    #[arg(long, value_name = "DURATION", default_value = "200ms", value_parser = duration)]
    #[arg(help_heading = "How a case is judged")]
    pub(crate) leak_timeout: Duration,
    /// Limit what each child may use, such as `open-files=64` or `address-space=1GiB`; repeatable
    ///
    /// NAME is one of address-space, core, cpu-time, file-size, open-files, processes and stack.
    /// VALUE is in bytes (or with KiB, MiB or GiB) for address-space, core, file-size and stack, in
    /// seconds for cpu-time, and a count for the others. A limit that the case itself declares
    /// takes precedence over `--limit`.
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = limit)]
    #[arg(help_heading = "How a case runs")]
    pub(crate) limits: Vec<(Limit, u64)>,
    /// Set an environment variable of each child, or pass on this command's value; repeatable
    ///
    /// `--env NAME=VALUE` sets the variable. `--env NAME` passes on the value of this command's
    /// environment, if the variable is set there. A case's own value of the variable takes
    /// precedence over `--env`.
    #[arg(long = "env", value_name = "NAME[=VALUE]", value_parser = variable)]
    #[arg(help_heading = "How a case runs")]
    pub(crate) env: Vec<Variable>,
    #[command(flatten)]
    pub(crate) printed: PrintedArgs,
    /// Fork each run from an idle process of the program, which is faster than a start (only on
    /// Linux)
    ///
    /// The program must support `--zygote`, as every program built with testprog-harness does.
    #[arg(long, help_heading = "How a case runs", conflicts_with = "manifest")]
    pub(crate) zygote: bool,
    /// Run the program with this deliberate fault, to check that the cases that name the fault fail
    #[arg(long, value_name = "NAME", env = protocol::MUTANT_ENV)]
    #[arg(help_heading = "How a case runs")]
    pub(crate) mutant: Option<String>,
    /// Capabilities that the target may lack; a case skipped for any other capability fails
    ///
    /// [default: every skip is accepted; with --strict, no skip is accepted]
    #[arg(long, value_name = "CAP,...", help_heading = "How a case is judged")]
    pub(crate) may_lack: Option<String>,
    /// Also fail on known faults, on stale gates, and on skips that --may-lack does not allow
    ///
    /// A known fault is an outcome that the case declares as a bug with a link. A gate is stale if
    /// its case passes although the platform table says that the target lacks a capability of the
    /// case.
    #[arg(long, help_heading = "How a case is judged")]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) xfail: XfailArgs,
    #[command(flatten)]
    pub(crate) many: ManyArgs,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
    /// Format of the report on standard output
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = "Reports")]
    pub(crate) format: Format,
    /// Print no line for an accepted case, and show no progress
    #[arg(short, long, help_heading = "Reports")]
    pub(crate) quiet: bool,
    /// Also write a report of this format to FILE, such as `junit=report.xml`; repeatable
    #[arg(short, long = "output", value_name = "FORMAT=FILE", help_heading = "Reports")]
    pub(crate) outputs: Vec<FileOutput<Format>>,
    /// Name of this run in tables of several runs [default: the program's target]
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    #[arg(help_heading = "Reports")]
    pub(crate) name: Option<String>,
}

/// Arguments that set which cases are expected to fail.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "How a case is judged")]
pub(crate) struct XfailArgs {
    /// Cases that are expected to fail on this target; a case that passes nevertheless fails the
    /// run (XPASS)
    ///
    /// Without END, every failure is expected. Several ENDs are separated by `/`: the name of a
    /// known fault of the case, `fail` for every failure, or `pass` if the case may also pass. A
    /// name that no case has is an error. The flag is repeatable.
    #[arg(long = "xfail", value_name = "NAME[=END],...")]
    pub(crate) lists: Vec<String>,
}

/// Arguments that select the cases to run.
#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("words").multiple(true)))]
#[command(next_help_heading = "Which cases")]
pub(crate) struct ChoiceArgs {
    /// Run only the cases whose name contains one of these words [default: all cases]
    ///
    /// A FILTER also matches inside a word, so `exit` also selects `atexit_callback`. With `--exact`,
    /// a FILTER is a whole name. A FILTER `TOPIC::` also selects the cases of a topic.
    #[arg(value_name = "FILTER", help_heading = None, group = "words")]
    pub(crate) filters: Vec<String>,
    /// Run only the cases whose whole name is one of the FILTERs
    #[arg(long, requires = "words")]
    pub(crate) exact: bool,
    /// Leave out the cases whose name contains WORD (with --exact: whose name is WORD); repeatable
    #[arg(long, value_name = "WORD", group = "words")]
    pub(crate) skip: Vec<String>,
    /// Run only the cases that failed when they last ran
    ///
    /// The names of the failed cases are in a file beside the executable that cargo builds.
    #[arg(long, conflicts_with = "prog")]
    pub(crate) last_failed: bool,
    /// Leave out the cases that declare themselves long
    #[arg(long)]
    pub(crate) short: bool,
    /// Run only the K-th of N shards, K from 1; a case's shard depends on its name alone
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,
}

/// Arguments that select the probes and the cases of a port.
#[derive(Args, Clone, Debug)]
#[command(group(clap::ArgGroup::new("words").multiple(true)))]
#[command(next_help_heading = "Which probes and cases")]
pub(crate) struct PortChoiceArgs {
    /// Run only the probes and the cases whose name contains one of these words [default: all]
    ///
    /// A FILTER also matches inside a word, so `exit` also selects `atexit`. With `--exact`, a FILTER
    /// is a whole name. A FILTER that ends in `::` also selects the probes of an area, such as
    /// `threads::`, and the cases of a topic.
    #[arg(value_name = "FILTER", help_heading = None, group = "words")]
    pub(crate) filters: Vec<String>,
    /// Run only the probes and the cases whose whole name is one of the FILTERs
    #[arg(long, requires = "words")]
    pub(crate) exact: bool,
    /// Leave out the probes and the cases whose name contains WORD (with --exact: whose name is
    /// WORD); repeatable
    #[arg(long, value_name = "WORD", group = "words")]
    pub(crate) skip: Vec<String>,
}

/// Arguments that set how often, in which order and until when cases run.
#[derive(Args, Debug)]
#[command(next_help_heading = "How often, and in which order")]
pub(crate) struct ManyArgs {
    /// Number of cases that run at the same time [default: the number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Run the cases in a random order; the same SEED gives the same order
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "clap's type for an option whose value is optional")]
    pub(crate) shuffle: Option<Option<u32>>,
    /// Run every case N times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) repeat: Option<u64>,
    /// Repeat all cases until a case fails; --repeat and --stress can end the run earlier
    #[arg(long)]
    pub(crate) until_fail: bool,
    /// Repeat all cases for this long; every case runs at least once
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) stress: Option<Duration>,
    /// Start no further case after a case has failed
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Run a failed case up to N times again (N at most 10); a case that then passes is flaky
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=10))]
    // N is at most 10, because a report contains every attempt of a case.
    pub(crate) retries: Option<u8>,
    /// Report flaky cases, but do not fail the run because of them
    #[arg(long, requires = "retries")]
    pub(crate) accept_flaky: bool,
    /// Name each case that has been running for longer than this, once, on standard error
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub(crate) slow: Duration,
}

/// Arguments that set what happens to the children's output.
#[derive(Args, Debug)]
#[command(next_help_heading = "How a case runs")]
pub(crate) struct PrintedArgs {
    /// Also copy the children's output to standard error line by line; without -j, run one case at
    /// a time
    #[arg(long)]
    pub(crate) no_capture: bool,
    /// Merge standard error into standard output, like `2>&1`; the last line of the merged output
    /// is the answer
    #[arg(long)]
    pub(crate) merge_output: bool,
}

/// Arguments that set which evidence about a failed case is collected.
#[derive(Args, Debug)]
#[command(next_help_heading = "Evidence of a failure")]
pub(crate) struct EvidenceArgs {
    /// Take a backtrace of each failed case that crashed or reached its deadline
    ///
    /// `port` also takes a backtrace of each probe that crashed or reached its deadline.
    #[arg(long, value_name = "NAME")]
    pub(crate) debugger: Option<DebuggerName>,
    /// Whether to keep the core file of a failed case
    ///
    /// `port` also keeps the core file of a failed probe.
    #[arg(long, value_name = "MODE", default_value = "off")]
    pub(crate) core: Core,
    /// Keep the working directory of each failed case
    ///
    /// `port` also keeps the working directory of each failed probe.
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// Shell that reads the script
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Directory for the manual pages; the directory must exist
    #[arg(value_name = "DIRECTORY")]
    pub(crate) directory: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) child: ChildArgs,
    /// Format of the list on standard output
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = None)]
    pub(crate) format: ListFormat,
}

#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The whole name of the scenario
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) child: ChildArgs,
}

#[derive(Args, Debug)]
pub(crate) struct MatrixArgs {
    /// The matrix file, then words that select rows of the file
    ///
    /// A first word that ends in `.toml` is the matrix file [default: matrix.toml or
    /// .ci/matrix.toml]. Each other word selects the rows whose name contains the word [default:
    /// all rows].
    #[arg(value_name = "FILE|ROW")]
    pub(crate) words: Vec<String>,
    /// Select only the rows whose name is one of the words
    #[arg(long)]
    pub(crate) exact: bool,
    /// Print the commands that install the tools which the rows need and this computer lacks, and
    /// run no row
    ///
    /// The exit status is 4 if the matrix file does not say how to install one of the tools.
    #[arg(long)]
    pub(crate) install: bool,
    /// Number of a row's cases that run at the same time [default: the number of processors]
    ///
    /// The rows themselves run one after another.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Multiply by N the deadlines of each row that has no `deadline-scale` of its own
    #[arg(long, value_name = "N", default_value = "1", env = DEADLINE_SCALE, value_parser = scale)]
    pub(crate) deadline_scale: f64,
    /// Run only the K-th of N shards of each row, K from 1; a case's shard depends on its name
    /// alone
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,
    /// Run a failed case up to N times again (N at most 10); a case that then passes is flaky
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=10))]
    pub(crate) retries: Option<u8>,
    /// Judge the cases of each row like `run --strict`
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) print: TableArgs,
    /// Also show what changed since this JSON report; exit status 1 if anything got worse
    #[arg(long, value_name = "REPORT")]
    pub(crate) baseline: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct MergeArgs {
    /// JSON reports of `run`, `matrix`, `port` or an earlier `merge`
    #[arg(value_name = "REPORT", required = true)]
    pub(crate) reports: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) print: TableArgs,
    /// Also show what changed since this JSON report; exit status 1 if anything got worse
    #[arg(long, value_name = "REPORT")]
    pub(crate) baseline: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct CompareArgs {
    /// The earlier JSON report, of `run`, `matrix`, `port` or `merge`
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The later JSON report
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// Format of the changes on standard output
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: ChangesFormat,
}

/// Arguments that set the formats of a table of several runs.
#[derive(Args, Debug)]
pub(crate) struct TableArgs {
    /// Format of the table on standard output
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: TableFormat,
    /// Also write a table of this format to FILE, such as `json=matrix.json`; repeatable
    #[arg(short, long = "output", value_name = "FORMAT=FILE")]
    pub(crate) outputs: Vec<FileOutput<TableFormat>>,
    /// Title of the Markdown and the HTML page, such as a project and a commit
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Web address of the CI run, for the Markdown and the HTML page
    #[arg(long, value_name = "URL", value_parser = web_address)]
    pub(crate) link: Option<String>,
}

/// Arguments that set the child program, and the command that executes this program.
#[derive(Args, Debug, Default)]
#[command(group(clap::ArgGroup::new("build").multiple(true)))]
#[command(next_help_heading = "Which program")]
#[expect(clippy::struct_excessive_bools, reason = "each flag is independent of the others")]
pub(crate) struct ChildArgs {
    /// Run this executable instead of building one with cargo
    #[arg(long, value_name = "PATH", conflicts_with_all = ["bin", "test", "example", "build"])]
    pub(crate) prog: Option<PathBuf>,
    /// Run the cases of this manifest: a TOML file with cases for programs that do not know
    /// testprog
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "prog", "bin", "test", "example", "package", "features", "all_features",
        "no_default_features", "release", "profile", "manifest_path", "locked", "offline", "frozen",
    ])]
    pub(crate) manifest: Option<PathBuf>,
    /// Build and run this binary target
    ///
    /// Without --prog, --bin, --test and --example, the command builds and runs every program with
    /// scenarios of the package or, in the root directory of a workspace, of all its packages: the
    /// targets that `package.metadata.testprog` names, or else the binary `testprog`, or else the
    /// test targets with `harness = false` whose `main` is `testprog_harness::main!`.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["test", "example"])]
    pub(crate) bin: Option<String>,
    /// Build and run this test target, whose `main` is `testprog_harness::main!`
    #[arg(long, value_name = "NAME", conflicts_with = "example")]
    pub(crate) test: Option<String>,
    /// Build and run this example
    #[arg(long, value_name = "NAME")]
    pub(crate) example: Option<String>,
    /// Build from this package of the workspace
    #[arg(short, long, value_name = "NAME", group = "build")]
    pub(crate) package: Option<String>,
    /// Build with these features, separated by commas
    #[arg(long, value_name = "FEATURES", group = "build")]
    pub(crate) features: Option<String>,
    /// Build with all features
    #[arg(long, group = "build")]
    pub(crate) all_features: bool,
    /// Build without the default features
    #[arg(long, group = "build")]
    pub(crate) no_default_features: bool,
    /// Build for this target [default: the host]
    #[arg(long, value_name = "TRIPLE", group = "build")]
    pub(crate) target: Option<String>,
    /// Build with cargo's release profile
    #[arg(long, group = "build", conflicts_with = "profile")]
    pub(crate) release: bool,
    /// Build with this profile of cargo
    #[arg(long, value_name = "NAME", group = "build")]
    pub(crate) profile: Option<String>,
    /// Build the workspace or package of this Cargo.toml
    #[arg(long, value_name = "PATH", group = "build")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Fail if Cargo.lock is missing or would change
    #[arg(long, group = "build")]
    pub(crate) locked: bool,
    /// Build without the network
    #[arg(long, group = "build")]
    pub(crate) offline: bool,
    /// Build with both --locked and --offline
    #[arg(long, group = "build")]
    pub(crate) frozen: bool,
    /// Deadline of the program's listing of its cases
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) list_timeout: Duration,
    /// Command that executes the program, such as "qemu-aarch64-static -L /usr/aarch64-linux-gnu"
    ///
    /// Paths in the command should be absolute, because the command runs in the child's own
    /// directory.
    ///
    /// (default: the value of `CARGO_TARGET_<TRIPLE>_RUNNER`)
    #[arg(long, value_name = "COMMAND")]
    pub(crate) runner: Option<String>,
    /// Multiply every deadline by N, also deadlines that cases declare; for example by 10 for an
    /// emulator
    #[arg(long, value_name = "N", default_value = "1", env = DEADLINE_SCALE, value_parser = scale)]
    #[arg(help_heading = "How a case runs")]
    pub(crate) deadline_scale: f64,
}

/// Arguments of `cargo testprog port`.
#[derive(Args, Debug)]
pub(crate) struct PortArgs {
    #[command(flatten)]
    pub(crate) choice: PortChoiceArgs,
    /// C compiler for the target, with arguments if needed, such as "zig cc -target
    /// riscv64-linux-musl"
    #[arg(long, value_name = "COMMAND", help_heading = "Which C library")]
    pub(crate) cc: String,
    /// Further compiler arguments, used for compiling and linking
    #[arg(long, value_name = "FLAGS", default_value = "", allow_hyphen_values = true)]
    #[arg(help_heading = "Which C library")]
    pub(crate) cflags: String,
    /// Further linker arguments, placed after the object files, such as "-lpthread"
    #[arg(long, value_name = "FLAGS", default_value = "", allow_hyphen_values = true)]
    #[arg(help_heading = "Which C library")]
    pub(crate) ldflags: String,
    /// Command that executes a binary of the target, such as "qemu-aarch64-static -L /my/sysroot"
    ///
    /// Paths in the command should be absolute, because the command runs in the child's own
    /// directory.
    #[arg(long, value_name = "COMMAND", default_value = "", help_heading = "Which C library")]
    pub(crate) runner: String,
    /// The runner command writes both output streams to one stream, as a serial console does
    /// [default: detected]
    #[arg(long, requires = "runner", help_heading = "Which C library")]
    pub(crate) runner_merges: bool,
    /// How the runner command passes on the exit status [default: detected]
    #[arg(long, value_name = "HOW", requires = "runner", help_heading = "Which C library")]
    pub(crate) runner_status: Option<StatusOfRunner>,
    /// The runner command passes no arguments, so each case is an executable of its own
    /// [default: detected]
    #[arg(long, requires = "runner", help_heading = "Which C library")]
    pub(crate) runner_no_arguments: bool,
    /// Rust target triple, whose entry in the platform table is compared with the probes
    ///
    /// [default: derived from the compiler's target and the C library]
    #[arg(long, value_name = "TRIPLE", help_heading = "Which C library")]
    pub(crate) target: Option<String>,
    /// File of answers that replace entries of the platform table, one per line, such as
    /// "ucontext: present"
    #[arg(long, value_name = "FILE", help_heading = "Which C library")]
    pub(crate) table: Option<PathBuf>,
    /// Directory to build in, whose files are kept [default: target/port/NAME]
    #[arg(long, value_name = "DIR", help_heading = "How to run")]
    pub(crate) dir: Option<PathBuf>,
    /// Deadline of each compiler call, each probe and each case
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    #[arg(help_heading = "How to run")]
    pub(crate) deadline: Duration,
    /// Multiply the deadline of each case by N, also a deadline that the case declares
    #[arg(long, value_name = "N", default_value = "1", env = DEADLINE_SCALE, value_parser = scale)]
    #[arg(help_heading = "How to run")]
    pub(crate) deadline_scale: f64,
    /// Maximum number of compiler calls, probes or cases to run at the same time
    /// [default: the number of processors]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    #[arg(help_heading = "How to run")]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) xfail: XfailArgs,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
    /// Format of the report on standard output
    #[arg(long, value_name = "FORMAT", default_value = "human", help_heading = "Reports")]
    pub(crate) format: Format,
    /// Also write a report of this format to FILE, such as `json=report.json`; repeatable
    #[arg(short, long = "output", value_name = "FORMAT=FILE", help_heading = "Reports")]
    pub(crate) outputs: Vec<FileOutput<Format>>,
    /// Do not show the recorded results of glibc and musl beside the failures
    #[arg(long, help_heading = "Reports")]
    pub(crate) no_reference: bool,
    /// Name of this port in reports, and of its build folder [default: derived from --cc]
    #[arg(long, value_name = "NAME", help_heading = "Reports")]
    pub(crate) name: Option<String>,
    /// Also show what changed since this JSON report; exit status 1 only if anything got worse
    #[arg(long, value_name = "REPORT", help_heading = "Reports")]
    pub(crate) baseline: Option<PathBuf>,
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
