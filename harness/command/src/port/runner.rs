//! Finds out how a runner command, such as an emulator or a script for a board, changes the output,
//! the arguments and the exit status of a program.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::slice;
use std::time::Duration;

use testprog_harness::spawn::{self, End, Options, Outcome, Output, RunnerQuirks, RunnerStatus};
use testprog_harness::{Case, Expectation, Program, protocol};

use super::compiler::Compiler;
use super::log::{self, Logs, short};
use crate::args::PortArgs;
use crate::run::plan::Unbuilt;
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
    /// Whether the program's standard error does not arrive.
    loses_stderr: bool,
    /// Exit status with which a program that crashes ends, if the status hides the signal.
    status_of_crash: Option<i32>,
}

/// Reason why a probe or a case has no result if the runner command loses the exit status.
pub(super) const NO_STATUS: &str =
    "the runner command loses the exit status, on which this result depends";
/// Reason why a case has no result if the runner command loses standard error.
const NO_STDERR: &str = "the runner command loses standard error, on which this result depends";
/// Reason why a case has no result if a crash ends with an exit status.
const NO_SIGNAL: &str =
    "with the runner command, a crash ends with an exit status, which does not show the signal";
/// Names of the two programs.
const EXITS: &str = "runner-exits";
const CRASHES: &str = "runner-crashes";
/// Name of the log of the programs that this module runs.
const LOG: &str = "runner";
/// Path of the C file below the directory of the port.
const SOURCE: &str = "csrc/standalone/runner.c";
/// Lines that the program prints.
const ON_STDOUT: &str = "on standard output";
const ON_STDERR: &str = "on standard error";
const WITH_ARGUMENT: &str = "with an argument";
const AT_THE_END: &str = "at the end";
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
    ///
    /// Also returns why no result of a program can be trusted, if the runner command changes the
    /// output or the end of a program in a way that [`spawn::run`] cannot undo.
    pub(super) fn notice(mut self, args: &PortArgs, small: &Small<'_>) -> (Self, Option<Unbuilt>) {
        if self.words.is_empty() {
            return (self, None);
        }
        let exits = small.build(false).and_then(|program| small.run(&self, &program).ok());
        let ends = exits.as_ref().is_some_and(|exits| exits.end != End::TimedOut);
        if let (Some(exits), true) = (&exits, ends) {
            let crashes = small.build(true).and_then(|program| small.run(&self, &program).ok());
            (self.quirks, self.drops_arguments) = noticed(exits, crashes.as_ref());
            if self.quirks.status == RunnerStatus::Exact {
                self.status_of_crash = crashes.as_ref().and_then(hidden_crash);
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
        if !ends {
            return (self, None);
        }
        let Some(program) = small.build(false) else { return (self, None) };
        let repeated = small.run(&self, &program);
        if let Ok(outcome) = &repeated {
            let arrives = [&outcome.stdout, &outcome.stderr].map(|it| text(it).contains(ON_STDERR));
            self.loses_stderr = !arrives.contains(&true);
        }
        let fault = self.fault(&repeated, exits.as_ref()).map(|cause| Unbuilt {
            reason: format!("the runner command is not usable: {cause}"),
            rerun: Some(self.program(&program).command_line(EXITS)),
        });
        (self, fault)
    }

    /// Returns the difference between what the program that exits printed and what the program must
    /// print, or between the ends, after the known changes are undone. `first` is the outcome of the
    /// program's first run.
    ///
    /// If nothing that the program printed has arrived, returns `None`, because the program may not
    /// have run. Asking a program about its target then fails with the cause.
    fn fault(
        &self,
        outcome: &Result<Outcome, spawn::Error>,
        first: Option<&Outcome>,
    ) -> Option<String> {
        let has_run = |outcome: &Outcome| {
            let printed = text(&outcome.stdout) + &text(&outcome.stderr);
            [ON_STDOUT, ON_STDERR, AT_THE_END].iter().any(|line| printed.contains(line))
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => return first.is_some_and(has_run).then(|| error.to_string()),
        };
        if !has_run(outcome) && !first.is_some_and(has_run) {
            return None;
        }
        let printed = text(&outcome.stdout);
        let mut wanted = vec![ON_STDOUT, WITH_ARGUMENT, AT_THE_END];
        if self.drops_arguments {
            wanted.remove(1);
        }
        let mut lines: Vec<_> = printed.lines().collect();
        if self.quirks.merges {
            // Messages of the runner command can be in the one stream, too.
            lines.retain(|line| wanted.contains(&line.trim_end()));
        }
        for index in 0..lines.len().max(wanted.len()) {
            let (line, wanted) = (lines.get(index), wanted.get(index));
            if line != wanted {
                let quote = |line: Option<&&str>, none: &str| {
                    line.map_or_else(|| none.to_owned(), |line| format!("`{}`", short(line)))
                };
                let (line, wanted) =
                    (quote(line, "missing"), quote(wanted, "the end of the output"));
                let number = index + 1;
                return Some(format!(
                    "line {number} of the output of a program is {line} instead of {wanted}"
                ));
            }
        }
        let is_lost = self.quirks.status == RunnerStatus::Lost;
        let status = if is_lost { 0 } else { STATUS };
        (outcome.end != End::Exited(status))
            .then(|| format!("a program that exits with status {STATUS} {}", log::end(outcome)))
    }

    /// Returns why the runner command cannot show whether the case ends as expected, or `None` if
    /// the runner command passes on what the case needs.
    pub(super) fn hides(&self, case: &Case) -> Option<&'static str> {
        // The answer `OK` follows all checks, as the last line of a probe does. Any other end shows
        // only in the status.
        if case.gate.is_some() || case.expect == Expectation::ok() {
            return None;
        }
        if self.quirks.status == RunnerStatus::Lost {
            return Some(NO_STATUS);
        }
        if self.loses_stderr {
            return Some(NO_STDERR);
        }
        let listed = protocol::listing(slice::from_ref(case));
        let dies = listed.split('\t').any(|field| field.starts_with("dies "));
        (self.status_of_crash.is_some() && dies).then_some(NO_SIGNAL)
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
            (self.loses_stderr, "loses standard error"),
        ];
        let words =
            words.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words.to_owned());
        let of_crash = |status| format!("exits with status {status} after a crash");
        let words: Vec<_> = words.chain(self.status_of_crash.map(of_crash)).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

/// Settings for building and running the two small programs.
#[derive(Debug)]
pub(super) struct Small<'a> {
    pub(super) compiler: &'a Compiler,
    pub(super) directory: &'a Path,
    pub(super) deadline: Duration,
    pub(super) logs: &'a Logs,
}

impl Small<'_> {
    /// Builds the program that crashes or the program that exits. Returns the path of the
    /// executable.
    fn build(&self, crashes: bool) -> Option<PathBuf> {
        let log = self.logs.of(LOG);
        let stem = if crashes { CRASHES } else { EXITS };
        let executable = self.directory.join(stem).with_extension("exe");
        let object = self.directory.join(stem).with_extension("o");
        let flag = format!("-DRUNNER_CRASHES={}", i32::from(crashes));
        self.compiler.compile(&log, &self.directory.join(SOURCE), &[flag], &object).ok()?;
        self.compiler.link(&log, &[&object], &executable).ok()?;
        Some(executable)
    }

    /// Runs one of the programs.
    fn run(&self, runner: &Runner, executable: &Path) -> Result<Outcome, spawn::Error> {
        let log = self.logs.of(LOG);
        let stem = executable.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let program = runner.program(executable);
        let mut options = Options::default();
        options.deadline = self.deadline;
        options.control = Some(signals::control());
        log.command(&program.command_line(stem));
        let result = spawn::run(&program, stem, &options);
        log.result(result.as_ref().map_err(|error| error as &dyn std::fmt::Display));
        result
    }
}

/// Returns the exit status of the program that crashes, if the status hides the signal.
fn hidden_crash(crashes: &Outcome) -> Option<i32> {
    // A larger or a negative status can be a code of Windows, such as 0xC0000005.
    const LAST: i32 = 255;
    let survived = text(&crashes.stdout).contains(AT_THE_END);
    match crashes.end {
        End::Exited(status @ 0..=LAST) if !survived => Some(status),
        _ => None,
    }
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
    // On a board without memory protection, the program survives.
    let crashes = crashes.filter(|outcome| !text(&outcome.stdout).contains(AT_THE_END));
    let end_of_crash = crashes.map(|outcome| outcome.end);
    quirks.status = match exits.end {
        _ if has_line(exits, STATUS) => RunnerStatus::Line,
        // A runner command that fails may not have run the program to its end, so only a runner
        // command that always exits with the same status loses the status.
        end if end_of_crash == Some(end) => RunnerStatus::Lost,
        End::Exited(STATUS) if end_of_crash == Some(End::Exited(CRASHED)) => RunnerStatus::Shell,
        _ => RunnerStatus::Exact,
    };
    (quirks, !has(&all, WITH_ARGUMENT))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.head, &*output.tail].concat()).into_owned()
}
