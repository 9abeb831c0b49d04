//! Runs probes. A probe is a C program that is compiled, linked and run to check one capability.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use testprog_harness::spawn::{self, End, Options, Output};
use testprog_harness::{Capability, Program, Target, capability, text};

use super::compiler::{Compiler, Failed};
use super::{parallel, sources};
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
}

impl Prober<'_> {
    /// Runs all probes. Returns the results in the order of the probes' names.
    pub(super) fn all(&self, jobs: usize) -> Vec<Probe> {
        let stems: Vec<_> = sources::stems("probe").collect();
        parallel::map(jobs, &stems, |stem| self.probe(stem))
    }

    fn probe(&self, stem: &str) -> Probe {
        let name = stem.replace('_', "-");
        let (state, value, reason) = self.result(stem, &name);
        let known = Capability::ALL.iter().find(|capability| capability.name() == name);
        let table = known.zip(self.target).map(|(capability, target)| {
            let missing = capability::missing(*capability, target);
            let found = state.is_there().filter(|_| state != State::RunsWrong);
            Table { missing, agrees: found.map(|is_there| is_there == missing.is_none()) }
        });
        Probe { name, state, value, reason, table }
    }

    /// Builds and runs a probe. Returns the probe's state, the value that the probe printed, and the
    /// reason of the state.
    fn result(&self, stem: &str, name: &str) -> (State, Option<String>, String) {
        let control = signals::control();
        if control.is_interrupted() {
            let reason = "the run stopped before this probe started".to_owned();
            return (State::NotRun, None, reason);
        }
        let result = match self.build(stem) {
            Err((state, reason)) => (state, None, reason),
            Ok(executable) => self.run(&executable, name),
        };
        // The interrupt may have ended the compiler or the probe, so only a probe that found its
        // capability has a certain result.
        if control.is_interrupted() && result.0 != State::Present {
            let reason = "the run was interrupted before this probe ended".to_owned();
            return (State::NotRun, None, reason);
        }
        result
    }

    fn build(&self, stem: &str) -> Result<PathBuf, (State, String)> {
        let folder = self.directory.join("csrc/probe");
        let source = folder.join(stem).with_extension("c");
        let (object, executable) = (source.with_extension("o"), source.with_extension("exe"));
        let rejected = |state, failed: Failed| match failed {
            Failed::Refused { .. } => (state, failed.to_string()),
            Failed::Broken(cause) => (State::Unresolved, cause),
        };
        self.compiler.compile(&source, &[], &object).map_err(|failed| {
            let state =
                if self.has_headers(stem) { State::NotDeclared } else { State::MissingHeader };
            rejected(state, failed)
        })?;
        self.compiler
            .link(&[&object], &executable)
            .map_err(|failed| rejected(State::DoesNotLink, failed))?;
        Ok(executable)
    }

    /// Returns whether the compiler finds all headers that the probe includes.
    fn has_headers(&self, stem: &str) -> bool {
        let source = sources::read(&format!("probe/{stem}.c")).unwrap_or_default();
        let directives: Vec<_> = source.lines().filter(|line| line.starts_with('#')).collect();
        let text = format!("{}\ntypedef int nothing;\n", directives.join("\n"));
        let path = self.directory.join("csrc/probe").join(format!("{stem}.headers.c"));
        sources::write(&path, &text).is_ok()
            && self.compiler.compile(&path, &[], &path.with_extension("o")).is_ok()
    }

    fn run(&self, executable: &Path, name: &str) -> (State, Option<String>, String) {
        let unresolved = |cause: String| (State::Unresolved, None, cause);
        let runner = match self.runner {
            Some(runner) => runner.to_vec(),
            None => {
                return unresolved(
                    "the probe links, but no program of the target can be run".to_owned(),
                );
            }
        };
        let mut program = Program::new(executable);
        program.runner = runner;
        let mut options = Options::default();
        options.deadline = self.deadline;
        options.control = Some(signals::control());
        let outcome = match spawn::run(&program, name, &options) {
            Ok(outcome) => outcome,
            Err(error) => return unresolved(error.to_string()),
        };
        let wrong = |end: String| {
            let said = last_line(&outcome.stderr);
            let reason = match &*said {
                "" => end,
                said if said.starts_with(NOT_SO) => said.to_owned(),
                said => format!("{end}: {said}"),
            };
            (State::RunsWrong, None, reason)
        };
        match outcome.end {
            // If the probe printed a failed check, the probe's exit does not matter, because after
            // a failed check the probe calls `abort`, which may itself be broken.
            _ if outcome.stderr.contains(NOT_SO) => wrong(String::new()),
            End::Exited(0) => {
                let value = last_line(&outcome.stdout);
                (State::Present, Some(value).filter(|value| !value.is_empty()), String::new())
            }
            End::Exited(status) => wrong(format!("exited with status {status}")),
            End::Signaled { signal, .. } => wrong(format!("died of {signal}")),
            End::TimedOut => wrong(format!("did not end within {}", text::seconds(self.deadline))),
            other => wrong(format!("ended in an unknown way: {other:?}")),
        }
    }
}

/// Beginning of the line that `MUST` in `probe.h` prints if a check fails.
const NOT_SO: &str = "check failed: ";

/// Returns the last non-empty line that a probe printed to a stream.
fn last_line(output: &Output) -> String {
    /// Number of characters after which a printed line is cut. The lines that the probes in
    /// `csrc/probe` print are shorter than this limit.
    const LONGEST: usize = 160;
    let text = [&*output.head, &*output.tail].concat();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    text::one_line(&line.chars().take(LONGEST).collect::<String>())
}
