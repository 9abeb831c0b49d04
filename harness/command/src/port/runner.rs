//! Finds out how a runner command, such as an emulator or a script for a board, changes the output,
//! the arguments and the exit status of a program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use testprog_harness::spawn::{self, End, Options, Outcome, Output, RunnerQuirks, RunnerStatus};
use testprog_harness::{Case, Expectation, Program};

use super::compiler::Compiler;
use super::log::Logs;
use crate::args::PortArgs;
use crate::signals;
use crate::values::StatusOfRunner;

/// Runner command of a port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runner {
    /// Words of the command, or no words if the system executes the programs directly.
    words: Vec<OsString>,
    pub(crate) quirks: RunnerQuirks,
    /// Whether the program does not get its arguments.
    pub(crate) drops_arguments: bool,
}

/// Reason why a probe or a case has no result if the runner command loses the exit status.
pub(super) const NO_STATUS: &str =
    "the runner command loses the exit status, on which this result depends";
/// Name of the log of the programs that this module runs.
const LOG: &str = "runner";
/// Path of the C file below the directory of the port.
const SOURCE: &str = "csrc/standalone/runner.c";
/// Lines that the program prints.
const ON_STDOUT: &str = "on standard output";
const ON_STDERR: &str = "on standard error";
const WITH_ARGUMENT: &str = "with an argument";
/// Exit status of the program that does not crash.
const STATUS: i32 = 42;
/// Status that a shell reports for the program that crashes by SIGSEGV.
const CRASHED: i32 = 128 + 11;

impl Runner {
    /// Returns the runner command without any changes to output, arguments or status.
    pub(crate) fn new(words: Vec<OsString>) -> Self {
        Self { words, ..Self::default() }
    }

    /// Returns a program that the runner command executes.
    pub(super) fn program(&self, executable: impl Into<PathBuf>) -> Program {
        let mut program = Program::new(executable).runner(&self.words);
        program.quirks = self.quirks;
        program
    }

    /// Returns the runner command with the changes that `args` declares, and with the changes that
    /// two small programs show. If the programs cannot be built or run, only the declared changes
    /// are set.
    pub(super) fn notice(
        mut self,
        args: &PortArgs,
        compiler: &Compiler,
        directory: &Path,
        logs: &Logs,
    ) -> Self {
        if !self.words.is_empty() {
            let run = |crashes| run(&self, crashes, args.deadline, compiler, directory, logs);
            let exits = run(false);
            let ends = exits.as_ref().is_some_and(|exits| exits.end != End::TimedOut);
            let crashes = ends.then(|| run(true)).flatten();
            if let Some(exits) = &exits {
                (self.quirks, self.drops_arguments) = noticed(exits, crashes.as_ref());
            }
        }
        self.quirks.merges |= args.runner_merges;
        self.drops_arguments |= args.runner_no_arguments;
        if let Some(status) = args.runner_status {
            self.quirks.status = match status {
                StatusOfRunner::Exact => RunnerStatus::Exact,
                StatusOfRunner::Shell => RunnerStatus::Shell,
                StatusOfRunner::Line => RunnerStatus::Line,
                StatusOfRunner::None => RunnerStatus::Lost,
            };
        }
        self
    }

    /// Returns why the runner command cannot show whether the case ends as expected, or `None` if
    /// the runner command passes on what the case needs.
    pub(super) fn hides(&self, case: &Case) -> Option<&'static str> {
        // The answer `OK` follows all checks, as the last line of a probe does. Any other end shows
        // only in the status.
        let is_hidden = case.gate.is_none()
            && self.quirks.status == RunnerStatus::Lost
            && case.expect != Expectation::ok();
        is_hidden.then_some(NO_STATUS)
    }

    /// Returns the changes in words, or `None` if the runner command changes nothing.
    pub(crate) fn in_words(&self) -> Option<String> {
        let words = [
            (self.quirks.merges, "merges standard error into standard output"),
            (self.quirks.crlf, "ends lines with CRLF"),
            (self.drops_arguments, "passes no arguments"),
            (self.quirks.status == RunnerStatus::Shell, "exits with 128 + N for signal N"),
            (self.quirks.status == RunnerStatus::Line, "prints the exit status in the last line"),
            (self.quirks.status == RunnerStatus::Lost, "loses the exit status"),
        ];
        let words: Vec<_> =
            words.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

/// Builds and runs the program that crashes or the program that exits.
fn run(
    runner: &Runner,
    crashes: bool,
    deadline: Duration,
    compiler: &Compiler,
    directory: &Path,
    logs: &Logs,
) -> Option<Outcome> {
    let log = logs.of(LOG);
    let stem = if crashes { "runner-crashes" } else { "runner-exits" };
    let executable = directory.join(stem).with_extension("exe");
    let object = directory.join(stem).with_extension("o");
    let flag = format!("-DRUNNER_CRASHES={}", i32::from(crashes));
    compiler.compile(&log, &directory.join(SOURCE), &[flag], &object).ok()?;
    compiler.link(&log, &[&object], &executable).ok()?;
    let program = runner.program(executable);
    let mut options = Options::default();
    options.deadline = deadline;
    options.control = Some(signals::control());
    log.command(&program.command_line(stem));
    let result = spawn::run(&program, stem, &options);
    log.result(result.as_ref().map_err(|error| error as &dyn std::fmt::Display));
    result.ok()
}

/// Returns the changes that the outcomes of the two programs show, and whether the runner command
/// passes no arguments. `crashes` is `None` if the program that crashes could not run.
fn noticed(exits: &Outcome, crashes: Option<&Outcome>) -> (RunnerQuirks, bool) {
    let (stdout, stderr) = (text(&exits.stdout), text(&exits.stderr));
    let has = |stream: &str, wanted: &str| stream.lines().any(|line| line.trim_end() == wanted);
    let mut quirks = RunnerQuirks::default();
    let all = stdout.clone() + &stderr;
    if !has(&all, ON_STDOUT) {
        // The program did not run.
        return (quirks, false);
    }
    quirks.merges =
        [&stdout, &stderr].iter().any(|stream| has(stream, ON_STDOUT) && has(stream, ON_STDERR));
    quirks.crlf = all.contains(&format!("{ON_STDOUT}\r\n"));
    let has_line = |outcome: &Outcome, status: i32| {
        let line = format!("status: {status}");
        [&outcome.stdout, &outcome.stderr]
            .iter()
            .any(|output| text(output).trim_end().lines().next_back() == Some(&line))
    };
    // Only the end of a program that the kernel kills shows what the runner command does: a C
    // library may have an `abort` that exits.
    let end_of_crash = crashes.map(|outcome| outcome.end);
    quirks.status = match exits.end {
        _ if has_line(exits, STATUS) => RunnerStatus::Line,
        End::Exited(STATUS) if end_of_crash == Some(End::Exited(CRASHED)) => RunnerStatus::Shell,
        End::Exited(STATUS) => RunnerStatus::Exact,
        // A runner command that fails may not have run the program to its end, so only a runner
        // command that always exits with the same status loses the status.
        end if end_of_crash == Some(end) => RunnerStatus::Lost,
        _ => RunnerStatus::Exact,
    };
    (quirks, !has(&all, WITH_ARGUMENT))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.head, &*output.tail].concat()).into_owned()
}
