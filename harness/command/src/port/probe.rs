//! Runs probes. A probe is a C program that is compiled, linked and run to check one capability.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use testprog_harness::spawn::{Artifacts, End, Output, RunnerStatus};
use testprog_harness::suite::Settings;
use testprog_harness::{
    Capability, Case, Expectation, Scenario, Suite, Target, capability, report, text,
};

use super::compiler::{Compiler, Failed};
use super::log::{self, Log, Logs, short};
use super::runner::{self, Runner};
use super::{parallel, sources, subject};
use crate::run::plan::Unbuilt;
use crate::run::probes::{Probe, State, Table};
use crate::run::samples;
use crate::signals;

/// Settings for building and running probes.
#[derive(Debug)]
pub(super) struct Prober<'a> {
    pub(super) compiler: &'a Compiler,
    pub(super) directory: &'a Path,
    /// Runner command that executes the target's programs, or the reason why no program of the
    /// target can run on this computer.
    pub(super) runner: Result<&'a Runner, &'a Unbuilt>,
    /// Settings with the deadline of a run, and with the evidence to collect of a failed run.
    pub(super) settings: &'a Settings,
    pub(super) logs: &'a Logs,
    pub(super) target: Option<&'a Target>,
    /// Content of the file of `--table`, whose entries replace entries of the platform table.
    pub(super) answers: &'a str,
}

impl Prober<'_> {
    /// Runs the probes whose names are in `wanted`. Returns the results in the order of the probes'
    /// names.
    pub(super) fn all(&self, jobs: usize, wanted: &BTreeSet<String>) -> Vec<Probe> {
        let mut probes = self.some(jobs, wanted);
        // The result of a helper decides whether the failure of another probe counts.
        let helpers = self.some(jobs, &subject::helpers_of(&probes));
        let count = probes.len();
        probes.extend(helpers);
        subject::excuse(&mut probes);
        probes.truncate(count);
        probes
    }

    /// Runs the probes whose names are in `wanted`.
    fn some(&self, jobs: usize, wanted: &BTreeSet<String>) -> Vec<Probe> {
        let mut names: Vec<_> = names().filter(|(_, name)| wanted.contains(name)).collect();
        names.sort_unstable_by(|(_, one), (_, other)| one.cmp(other));
        parallel::map(jobs, &names, |(area, name)| self.probe(area, name))
    }

    fn probe(&self, area: &str, name: &str) -> Probe {
        let name = name.to_owned();
        let stem = format!("{area}/{}", name.replace('-', "_"));
        let Found { state, value, reason, after, runs, held, rerun, evidence } =
            self.result(&stem, &name);
        let known = Capability::ALL.iter().find(|capability| capability.name() == name);
        let table = known.zip(self.target).map(|(capability, target)| {
            let missing = match capability::answer(self.answers, *capability) {
                Some(answer) => answer.err(),
                None => capability::missing(*capability, target),
            };
            let missing = missing.map(str::to_owned);
            let found = state.is_there();
            let agrees = found.map(|is_there| is_there == missing.is_none());
            Table { missing, agrees }
        });
        let area = area.to_owned();
        Probe { name, area, state, value, reason, after, runs, held, table, rerun, evidence }
    }

    /// Builds and runs a probe.
    fn result(&self, stem: &str, name: &str) -> Found {
        let control = signals::control();
        if control.is_interrupted() {
            let reason = "the run stopped before this probe started".to_owned();
            return Found::new(State::NotRun, reason);
        }
        let result = match self.build(stem, Variant::Plain) {
            Err((state, failed)) => {
                let mut found = Found::new(state, failed.to_string());
                found.rerun = failed.rerun();
                found
            }
            Ok(executable) => self.run(stem, &executable, name),
        };
        // The interrupt may have ended the compiler or the probe, so only a probe that found its
        // capability has a certain result.
        if control.is_interrupted() && result.state != State::Present {
            let reason = "the run was interrupted before this probe ended".to_owned();
            return Found::new(State::NotRun, reason);
        }
        result
    }

    fn build(&self, stem: &str, variant: Variant) -> Result<PathBuf, (State, Failed)> {
        let log = self.log(stem);
        let folder = self.directory.join("csrc/probe");
        let source = folder.join(stem).with_extension("c");
        let (flag, made) = match variant {
            Variant::Plain => ("-DPROBE_TRACE=0", source.clone()),
            Variant::Traced => ("-DPROBE_TRACE=1", source.with_extension("trace.c")),
        };
        let (object, executable) = (made.with_extension("o"), made.with_extension("exe"));
        let rejected = |state, failed: Failed| match failed {
            Failed::Refused { .. } => (state, failed),
            Failed::Broken { .. } => (State::Unresolved, failed),
        };
        let mut flags = vec![flag.to_owned()];
        if stem.starts_with("unwinding/") {
            // Not every compiler emits unwind tables for C code without this flag.
            flags.push("-fexceptions".to_owned());
        }
        self.compiler.compile(&log, &source, &flags, &object).map_err(|failed| {
            let state =
                if self.has_headers(stem) { State::NotDeclared } else { State::MissingHeader };
            rejected(state, failed)
        })?;
        // In glibc, the functions of <fenv.h> are in a separate library.
        let math = (stem == "system/rounding").then_some(Path::new("-lm"));
        let parts: Vec<_> = [&*object].into_iter().chain(math).collect();
        self.compiler
            .link(&log, &parts, &executable)
            .map_err(|failed| rejected(State::DoesNotLink, failed))?;
        if sources::read(&format!("probe/{stem}.so.c")).is_some() {
            self.build_shared(&log, &folder.join(stem))
                .map_err(|failed| rejected(State::DoesNotLink, failed))?;
        }
        Ok(executable)
    }

    /// Builds the shared object `STEM.so` from `STEM.so.c`, for a probe that opens the shared
    /// object.
    fn build_shared(&self, log: &Log, stem: &Path) -> Result<(), Failed> {
        let (source, object) = (stem.with_extension("so.c"), stem.with_extension("so.o"));
        self.compiler.compile(log, &source, &["-fPIC".to_owned()], &object)?;
        self.compiler.link(log, &[&*object, Path::new("-shared")], &stem.with_extension("so"))
    }

    /// Returns whether the compiler finds all headers that the probe includes.
    fn has_headers(&self, stem: &str) -> bool {
        let source = sources::read(&format!("probe/{stem}.c")).unwrap_or_default();
        // Keeps the lines of the preprocessor, except lines that include a C file.
        let is_kept = |line: &&str| line.starts_with('#') && !line.ends_with(".c\"");
        let directives: Vec<_> = source.lines().filter(is_kept).collect();
        let text = format!("{}\ntypedef int nothing;\n", directives.join("\n"));
        let path = self.directory.join("csrc/probe").join(format!("{stem}.headers.c"));
        sources::write(&path, &text).is_ok()
            && self.compiler.compile(&self.log(stem), &path, &[], &path.with_extension("o")).is_ok()
    }

    /// Runs a probe until there are [`enough`] runs.
    fn run(&self, stem: &str, executable: &Path, name: &str) -> Found {
        let runner = match self.runner {
            Ok(runner) => runner,
            Err(Unbuilt { reason, rerun }) => {
                let reason = format!("the probe links, but {reason}");
                let rerun = rerun.clone();
                return Found { rerun, ..Found::new(State::Unresolved, reason) };
            }
        };
        let rerun = runner.program(executable).command_line(name);
        let unresolved =
            |cause| Found { rerun: Some(rerun.clone()), ..Found::new(State::Unresolved, cause) };
        let mut runs = match self.run_once(runner, stem, executable, name) {
            Ok(run) => vec![run],
            Err(cause) => return unresolved(cause),
        };
        let mut second = None;
        if !runs[0].is_named() {
            // The traced program names the check that the probe reached. If the traced program
            // cannot be built or run, the second run is a run of the plain program.
            let traced = self.build(stem, Variant::Traced).ok();
            second = traced.and_then(|traced| self.run_once(runner, stem, &traced, name).ok());
            if let Some(traced) = &second {
                runs[0].place.clone_from(&traced.place);
            }
        }
        loop {
            match second.take().map_or_else(|| self.run_once(runner, stem, executable, name), Ok) {
                Ok(run) => runs.push(run),
                Err(cause) => return unresolved(cause),
            }
            if runs.len() >= enough(&runs) || signals::control().is_interrupted() {
                let failures: Vec<_> = runs.iter().map(Run::failure).collect();
                let typical = samples::typical(&failures);
                // The report names the artifacts of the first failed run only.
                if let Some(run) = runs.iter().find(|run| !run.held) {
                    self.keep(&run.artifacts);
                }
                let reason = if let Some(index) = typical {
                    runs[index].reason()
                } else {
                    // How often each result occurs changes from day to day, so the reason names
                    // only the log.
                    let log = log::path(&format!("probe-{name}"));
                    format!("unstable: the runs differ, as {log} shows")
                };
                let mut found = Found::of(runs);
                if found.state != State::Present {
                    found.reason = reason;
                }
                let rerun = (found.state != State::Present).then_some(rerun);
                return Found { rerun, ..found };
            }
        }
    }

    fn run_once(
        &self,
        runner: &Runner,
        stem: &str,
        executable: &Path,
        name: &str,
    ) -> Result<Run, String> {
        let mut case = Case::new(&Scenario::new(name.to_owned(), || {}), &Target::current());
        // The suite collects evidence only of a run that does not end as expected. The expectation
        // does not decide the result of the probe: `Run` does.
        case.expect = Expectation::exits(0, "").stdout(HELD);
        let suite = Suite::new(runner.program(executable), vec![case.clone()]);
        let log = self.log(stem);
        log.command(&suite.program.command_line(name));
        let trial = suite.run(&case, self.settings);
        let Some(outcome) = &trial.outcome else {
            let error = trial.error.as_ref().map(ToString::to_string).unwrap_or_default();
            log.result(Err(&error));
            return Err(error);
        };
        log.result(Ok(outcome));
        let end = match outcome.end {
            End::TimedOut => {
                format!("did not end within {}", text::seconds(self.settings.deadline))
            }
            _ => log::end(outcome),
        };
        let is_success = outcome.end == End::Exited(0);
        let stderr = if outcome.merged { &outcome.stdout } else { &outcome.stderr };
        if let Some(line) = line_of_other(&whole(&outcome.stdout), stem) {
            return Err(format!("the program of another probe ran, whose last line is `{line}`"));
        }
        let mut run = Run::new(is_success, end, &outcome.stdout, stderr);
        if outcome.end == End::TimedOut {
            run.suspicion = Suspicion::Hang;
        }
        let status = suite.program.quirks.status;
        if status == RunnerStatus::Lost && run.suspicion == Suspicion::ChecksExit {
            return Err(runner::NO_STATUS.to_owned());
        }
        if !run.held {
            let evidence = report::evidence(&trial, self.settings);
            run.evidence = Some(evidence).filter(|text| !text.is_empty());
            run.artifacts = outcome.artifacts.clone();
        }
        Ok(run)
    }

    /// Keeps the requested artifacts of a failed run.
    fn keep(&self, artifacts: &Artifacts) {
        if self.settings.keep_directory {
            artifacts.keep_directory();
        }
        if self.settings.core_files {
            artifacts.keep_core_file();
        }
    }

    /// Returns the log of a probe.
    fn log(&self, stem: &str) -> Log {
        let (_, name) = in_area(stem).expect("the stem of a probe begins with its area");
        self.logs.of(&format!("probe-{}", name.replace('_', "-")))
    }
}

/// Returns the area and the name of each probe.
pub(super) fn names() -> impl Iterator<Item = (&'static str, String)> {
    let stems = sources::stems("probe").filter_map(in_area);
    stems.map(|(area, file)| (area, file.replace('_', "-")))
}

/// Splits the stem of a probe's file, such as `threads/errno`, into the probe's area and the
/// probe's name. Returns `None` for a shared object, such as `linking/shared_object.so`.
fn in_area(stem: &str) -> Option<(&str, &str)> {
    stem.split_once('/').filter(|(_, name)| !name.contains('.'))
}

/// Number of runs of a probe or of a case that succeeds. A probe or a case that hangs also runs only
/// twice, because each run takes until the deadline.
pub(super) const FEWEST: usize = 2;
/// Number of runs of a probe or of a case that fails, and of a probe that checks how its process
/// exits. In dietlibc 0.34, the probe `exit-with-thread` fails in most of its runs, but not in all.
/// More runs would delay the report on a C library with which many probes fail.
pub(super) const MORE: usize = 20;

/// Returns how many runs of a probe are enough, after the runs so far.
fn enough(runs: &[Run]) -> usize {
    /// Number of runs of a probe that crashes after its last line. In dietlibc 0.34, the probe
    /// `thread-cancel` crashes after its last line in 93 % of its runs, and fails in the other runs.
    /// Of 1,000 reports with 100 runs, only one misses the failure.
    const MOST: usize = 100;
    match runs.iter().map(|run| run.suspicion).max() {
        None | Some(Suspicion::None | Suspicion::Hang) => FEWEST,
        Some(Suspicion::ChecksExit | Suspicion::Failure) => MORE,
        Some(Suspicion::Crash) => MOST,
    }
}

/// Executable of a probe.
#[derive(Clone, Copy, Debug)]
enum Variant {
    Plain,
    /// Executable that prints each check to standard error before and after the check.
    Traced,
}

/// Result of building and running a probe.
#[derive(Debug)]
struct Found {
    state: State,
    /// Value that the probe printed before its last line.
    value: Option<String>,
    reason: String,
    /// How the process ended after the probe's last line, if not with status 0.
    after: Option<String>,
    runs: u32,
    held: u32,
    /// Shell command that repeats the step that failed.
    rerun: Option<String>,
    evidence: Option<String>,
}

impl Found {
    /// Returns the result of a probe that did not run to its end.
    fn new(state: State, reason: String) -> Self {
        Self {
            state,
            value: None,
            reason,
            after: None,
            runs: 0,
            held: 0,
            rerun: None,
            evidence: None,
        }
    }

    /// Returns the result of a probe that ran at least twice.
    fn of(runs: Vec<Run>) -> Self {
        let count = |count: usize| u32::try_from(count).expect("a probe runs at most 100 times");
        let held = runs.iter().filter(|run| run.held).count();
        let mut found = Self::new(State::Present, String::new());
        (found.runs, found.held) = (count(runs.len()), count(held));
        if held == runs.len() {
            found.after = runs.iter().find_map(Run::after);
            found.value = runs.into_iter().next().and_then(|run| run.value);
            return found;
        }
        found.state = State::RunsWrong;
        found.evidence = runs.iter().find_map(|run| run.evidence.clone());
        found
    }
}

/// Reason to run a probe more often, in ascending order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Suspicion {
    None,
    /// The probe checks how its process exits.
    ChecksExit,
    /// The checks did not hold.
    Failure,
    /// The probe crashed after its last line.
    Crash,
    /// The probe reached its deadline, so each further run may take as long.
    Hang,
}

/// Outcome of one run of a probe.
#[derive(Debug)]
struct Run {
    /// Whether all of the probe's checks held.
    held: bool,
    /// Whether the process exited with status 0.
    is_success: bool,
    suspicion: Suspicion,
    /// How the process ended, such as `died of SIGSEGV`.
    end: String,
    /// The failed check if the probe printed a failed check, or the last line on standard error.
    said: String,
    /// The check that a traced probe reached, such as ``in the check `seen` ``.
    place: Option<String>,
    /// Value that the probe printed before its last line.
    value: Option<String>,
    /// Lines of the report about the evidence that was collected of a failed run.
    evidence: Option<String>,
    artifacts: Artifacts,
}

impl Run {
    fn new(is_success: bool, end: String, stdout: &Output, stderr: &Output) -> Self {
        let (out, err) = (whole(stdout), whole(stderr));
        let mut lines = out.lines().rev().map(str::trim).filter(|line| !line.is_empty());
        // An emulator may print lines after the probe's last line.
        let last = lines.find_map(|line| Some(last_line(line)?.0));
        let value = last.and_then(|_| lines.next()).map(short);
        let failed = err.lines().find(|line| line.starts_with(NOT_SO));
        let held = failed.is_none() && (last == Some(HELD) || last.is_some() && is_success);
        let said = err.lines().rfind(|line| !line.trim().is_empty() && place(line).is_none());
        let said = failed.or(said).map(short).unwrap_or_default();
        let place = err.lines().rev().find_map(place);
        let (evidence, artifacts) = (None, Artifacts::default());
        let suspicion = match last {
            _ if !held => Suspicion::Failure,
            _ if !is_success => Suspicion::Crash,
            Some(HELD_IF_SUCCESS) => Suspicion::ChecksExit,
            _ => Suspicion::None,
        };
        Self { held, is_success, suspicion, end, said, place, value, evidence, artifacts }
    }

    /// Returns whether the run names the check that failed, or no check failed.
    fn is_named(&self) -> bool {
        self.held || self.said.starts_with(NOT_SO)
    }

    /// Returns what failed: the check, or how the process ended. Returns `None` if all checks held.
    fn failure(&self) -> Option<String> {
        let failed = if self.is_named() { &self.said } else { &self.end };
        (!self.held).then(|| failed.clone())
    }

    /// Returns how the process ended after the probe's checks had held, or `None` if the process
    /// exited with status 0.
    fn after(&self) -> Option<String> {
        (!self.is_success).then(|| self.end.clone())
    }

    /// Returns why the run failed.
    fn reason(&self) -> String {
        if self.is_named() {
            return self.said.clone();
        }
        let mut reason = self.end.clone();
        if let Some(place) = &self.place {
            reason = format!("{reason} {place}");
        }
        if self.is_success {
            reason += ", before the probe's last line";
        }
        match &*self.said {
            "" => reason,
            said => format!("{reason}: {said}"),
        }
    }
}

/// Beginning of the line that `HELD` in `probe.h` prints.
const HELD: &str = "held";
/// Beginning of the line that `HELD_IF_STATUS_0` in `probe.h` prints.
const HELD_IF_SUCCESS: &str = "held if status 0";
/// Beginning of the line that `MUST` in `probe.h` prints if a check fails.
const NOT_SO: &str = "check failed: ";

/// Returns the beginning of a probe's last line and the path of the probe's file, or `None` for any
/// other line. A last line is `held (csrc/probe/AREA/NAME.c:LINE)`.
fn last_line(line: &str) -> Option<(&'static str, &str)> {
    let (words, place) = line.trim().strip_suffix(')')?.split_once(" (")?;
    let kind = [HELD, HELD_IF_SUCCESS].into_iter().find(|known| *known == words)?;
    let (file, number) = place.rsplit_once(':')?;
    number.parse::<u32>().ok().map(|_| (kind, file))
}

/// Returns the last line of another probe than `stem`, if there is one in the output `stdout`.
///
/// A compiler can return an old file, and a runner command that fails to copy a program to a board
/// can run the program of the call before.
fn line_of_other(stdout: &str, stem: &str) -> Option<String> {
    let (_, name) = in_area(stem)?;
    // Compilers can shorten the path in `__FILE__`.
    let is_other = |file: &str| {
        file.rsplit(['/', '\\']).next().and_then(|file| file.strip_suffix(".c")) != Some(name)
    };
    let other = stdout.lines().find(|line| last_line(line).is_some_and(|(_, file)| is_other(file)));
    other.map(short)
}

/// Returns the check that a line of a traced probe names, or `None` for any other line.
fn place(line: &str) -> Option<String> {
    let begun = line.strip_prefix("check begins: ").map(|check| ("in", check));
    let passed = || line.strip_prefix("check passed: ").map(|check| ("after", check));
    begun.or_else(passed).map(|(word, line)| {
        let line = short(line);
        let (check, source) = line.rsplit_once(" (").unwrap_or((&line, ""));
        let source = if source.is_empty() { String::new() } else { format!(" ({source}") };
        format!("{word} the check `{check}`{source}")
    })
}

/// Returns the text that a probe printed to a stream.
fn whole(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.head, &*output.tail].concat()).into_owned()
}
