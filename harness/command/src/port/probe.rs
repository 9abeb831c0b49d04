//! Runs probes. A probe is a C program that is compiled, linked and run to check one capability.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use testprog_harness::spawn::{self, End, Options, Output};
use testprog_harness::{Capability, Program, Target, capability, text};

use super::compiler::{Compiler, Failed};
use super::{parallel, sources, subject};
use crate::run::probes::{Probe, State, Table};
use crate::signals;

/// Settings for building and running probes.
#[derive(Debug)]
pub(super) struct Prober<'a> {
    pub(super) compiler: &'a Compiler,
    pub(super) directory: &'a Path,
    /// Words of a command, such as an emulator, that runs the target's programs, or `None` if no
    /// program of the target can run on this computer.
    pub(super) runner: Option<&'a [OsString]>,
    pub(super) deadline: Duration,
    pub(super) target: Option<&'a Target>,
    /// Content of the file of `--table`, whose entries replace entries of the platform table.
    pub(super) answers: &'a str,
}

impl Prober<'_> {
    /// Runs all probes. Returns the results in the order of the probes' names.
    pub(super) fn all(&self, jobs: usize) -> Vec<Probe> {
        let mut stems: Vec<_> = sources::stems("probe").filter_map(in_area).collect();
        stems.sort_unstable_by_key(|(_, name)| *name);
        let mut probes = parallel::map(jobs, &stems, |(area, name)| self.probe(area, name));
        subject::excuse(&mut probes);
        probes
    }

    fn probe(&self, area: &str, file: &str) -> Probe {
        let name = file.replace('_', "-");
        let stem = format!("{area}/{file}");
        let Found { state, value, reason, after, runs, held } = self.result(&stem, &name);
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
        Probe { name, area, state, value, reason, after, runs, held, table }
    }

    /// Builds and runs a probe.
    fn result(&self, stem: &str, name: &str) -> Found {
        let control = signals::control();
        if control.is_interrupted() {
            let reason = "the run stopped before this probe started".to_owned();
            return Found::new(State::NotRun, reason);
        }
        let result = match self.build(stem, Variant::Plain) {
            Err((state, reason)) => Found::new(state, reason),
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

    fn build(&self, stem: &str, variant: Variant) -> Result<PathBuf, (State, String)> {
        let folder = self.directory.join("csrc/probe");
        let source = folder.join(stem).with_extension("c");
        let (flag, made) = match variant {
            Variant::Plain => ("-DPROBE_TRACE=0", source.clone()),
            Variant::Traced => ("-DPROBE_TRACE=1", source.with_extension("trace.c")),
        };
        let (object, executable) = (made.with_extension("o"), made.with_extension("exe"));
        let rejected = |state, failed: Failed| match failed {
            Failed::Refused { .. } => (state, failed.to_string()),
            Failed::Broken(cause) => (State::Unresolved, cause),
        };
        let mut flags = vec![flag.to_owned()];
        if stem.starts_with("unwinding/") {
            // Not every compiler emits unwind tables for C code without this flag.
            flags.push("-fexceptions".to_owned());
        }
        self.compiler.compile(&source, &flags, &object).map_err(|failed| {
            let state =
                if self.has_headers(stem) { State::NotDeclared } else { State::MissingHeader };
            rejected(state, failed)
        })?;
        // In glibc, the functions of <fenv.h> are in a separate library.
        let math = (stem == "system/rounding").then_some(Path::new("-lm"));
        let parts: Vec<_> = [&*object].into_iter().chain(math).collect();
        self.compiler
            .link(&parts, &executable)
            .map_err(|failed| rejected(State::DoesNotLink, failed))?;
        if sources::read(&format!("probe/{stem}.so.c")).is_some() {
            self.build_shared(&folder.join(stem))
                .map_err(|failed| rejected(State::DoesNotLink, failed))?;
        }
        Ok(executable)
    }

    /// Builds the shared object `STEM.so` from `STEM.so.c`, for a probe that opens the shared
    /// object.
    fn build_shared(&self, stem: &Path) -> Result<(), Failed> {
        let (source, object) = (stem.with_extension("so.c"), stem.with_extension("so.o"));
        self.compiler.compile(&source, &["-fPIC".to_owned()], &object)?;
        self.compiler.link(&[&*object, Path::new("-shared")], &stem.with_extension("so"))
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
            && self.compiler.compile(&path, &[], &path.with_extension("o")).is_ok()
    }

    /// Runs a probe twice, or [`MOST_RUNS`] times if the first two runs differ.
    fn run(&self, stem: &str, executable: &Path, name: &str) -> Found {
        let mut runs = match self.run_once(executable, name) {
            Ok(run) => vec![run],
            Err(cause) => return Found::new(State::Unresolved, cause),
        };
        let mut second = None;
        if !runs[0].is_named() {
            // The traced program names the check that the probe reached. If the traced program
            // cannot be built or run, the second run is a run of the plain program.
            let traced = self.build(stem, Variant::Traced).ok();
            second = traced.and_then(|traced| self.run_once(&traced, name).ok());
            if let Some(traced) = &second {
                runs[0].place.clone_from(&traced.place);
            }
        }
        loop {
            match second.take().map_or_else(|| self.run_once(executable, name), Ok) {
                Ok(run) => runs.push(run),
                Err(cause) => return Found::new(State::Unresolved, cause),
            }
            let is_stable = runs.iter().all(|run| run.is_like(&runs[0]));
            if is_stable || runs.len() >= MOST_RUNS || signals::control().is_interrupted() {
                return Found::of(runs, is_stable);
            }
        }
    }

    fn run_once(&self, executable: &Path, name: &str) -> Result<Run, String> {
        let Some(runner) = self.runner else {
            return Err("the probe links, but no program of the target can be run".to_owned());
        };
        let mut program = Program::new(executable);
        program.runner = runner.to_vec();
        let mut options = Options::default();
        options.deadline = self.deadline;
        options.control = Some(signals::control());
        let outcome = spawn::run(&program, name, &options).map_err(|error| error.to_string())?;
        let path = executable.as_os_str().to_owned();
        let printed = whole(&outcome.stdout) + &whole(&outcome.stderr);
        let words = runner.iter().cloned().chain([path, name.into()]).collect::<Vec<_>>();
        self.compiler.log(words.iter(), &printed);
        let end = match outcome.end {
            End::Exited(status) => format!("exited with status {status}"),
            End::Signaled { signal, .. } => format!("died of {signal}"),
            End::TimedOut => format!("did not end within {}", text::seconds(self.deadline)),
            ref other => format!("ended in an unknown way: {other:?}"),
        };
        Ok(Run::new(outcome.end == End::Exited(0), end, &outcome.stdout, &outcome.stderr))
    }
}

/// Splits the stem of a probe's file, such as `threads/errno`, into the probe's area and the
/// probe's name. Returns `None` for a shared object, such as `linking/shared_object.so`.
fn in_area(stem: &str) -> Option<(&str, &str)> {
    stem.split_once('/').filter(|(_, name)| !name.contains('.'))
}

/// Maximum number of runs of a probe whose first two runs differ.
const MOST_RUNS: usize = 5;

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
}

impl Found {
    /// Returns the result of a probe that did not run to its end.
    fn new(state: State, reason: String) -> Self {
        Self { state, value: None, reason, after: None, runs: 0, held: 0 }
    }

    /// Returns the result of a probe that ran at least twice.
    fn of(runs: Vec<Run>, is_stable: bool) -> Self {
        let count = |count: usize| u32::try_from(count).expect("a probe runs at most 5 times");
        let held = runs.iter().filter(|run| run.held).count();
        let mut found = Self::new(State::Present, String::new());
        (found.runs, found.held) = (count(runs.len()), count(held));
        if held == runs.len() {
            found.after = runs.iter().find_map(Run::after);
            found.value = runs.into_iter().next().and_then(|run| run.value);
            return found;
        }
        found.state = State::RunsWrong;
        let mut reasons: Vec<_> = runs.iter().filter(|run| !run.held).map(Run::reason).collect();
        if is_stable {
            found.reason = reasons.swap_remove(0);
        } else {
            reasons.sort();
            reasons.dedup();
            let (runs, reasons) = (runs.len(), reasons.join("; "));
            found.reason = format!("unstable: held in {held} of {runs} runs; {reasons}");
        }
        found
    }
}

/// Outcome of one run of a probe.
#[derive(Debug)]
struct Run {
    /// Whether all of the probe's checks held.
    held: bool,
    /// Whether the process exited with status 0.
    is_success: bool,
    /// How the process ended, such as `died of SIGSEGV`.
    end: String,
    /// The failed check if the probe printed a failed check, or the last line on standard error.
    said: String,
    /// The check that a traced probe reached, such as ``in the check `seen` ``.
    place: Option<String>,
    /// Value that the probe printed before its last line.
    value: Option<String>,
}

impl Run {
    fn new(is_success: bool, end: String, stdout: &Output, stderr: &Output) -> Self {
        let (out, err) = (whole(stdout), whole(stderr));
        let mut lines = out.lines().rev().map(str::trim).filter(|line| !line.is_empty());
        // An emulator may print lines after the probe's last line.
        let last = lines.find(|line| [HELD, HELD_IF_SUCCESS].contains(line));
        let value = last.and_then(|_| lines.next()).map(short);
        let failed = err.lines().find(|line| line.starts_with(NOT_SO));
        let held = failed.is_none() && (last == Some(HELD) || last.is_some() && is_success);
        let said = err.lines().rfind(|line| !line.trim().is_empty() && place(line).is_none());
        let said = failed.or(said).map(short).unwrap_or_default();
        let place = err.lines().rev().find_map(place);
        Self { held, is_success, end, said, place, value }
    }

    /// Returns whether the run names the check that failed, or no check failed.
    fn is_named(&self) -> bool {
        self.held || self.said.starts_with(NOT_SO)
    }

    /// Returns whether two runs of a probe have the same result.
    fn is_like(&self, other: &Self) -> bool {
        let failed = |run: &Self| {
            let failed = if run.is_named() { &run.said } else { &run.end };
            (!run.held).then(|| failed.clone())
        };
        failed(self) == failed(other)
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

/// Line that `HELD` in `probe.h` prints.
const HELD: &str = "held";
/// Line that `HELD_IF_STATUS_0` in `probe.h` prints.
const HELD_IF_SUCCESS: &str = "held if status 0";
/// Beginning of the line that `MUST` in `probe.h` prints if a check fails.
const NOT_SO: &str = "check failed: ";

/// Returns the check that a line of a traced probe names, or `None` for any other line.
fn place(line: &str) -> Option<String> {
    let begun = line.strip_prefix("check begins: ").map(|check| ("in", check));
    let passed = || line.strip_prefix("check passed: ").map(|check| ("after", check));
    begun.or_else(passed).map(|(word, check)| format!("{word} the check `{}`", short(check)))
}

/// Returns the text that a probe printed to a stream.
fn whole(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.head, &*output.tail].concat()).into_owned()
}

/// Returns a printed line without control characters, cut to a maximum length.
fn short(line: &str) -> String {
    /// Number of characters after which a printed line is cut. The lines that the probes in
    /// `csrc/probe` print are shorter than this limit.
    const LONGEST: usize = 160;
    text::one_line(&line.chars().take(LONGEST).collect::<String>())
}
