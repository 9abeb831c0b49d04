//! The options of a run, and the plan that follows from the options and a suite.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use testprog_harness::spawn::{Control, End};
use testprog_harness::suite::{self, Settings, Trial};
use testprog_harness::verdict::{Failure, Verdict};
use testprog_harness::{Case, Suite, report, text};

use super::choice::{self, Choice};
use super::samples::{self, Samples};
use super::schedule::{Bounds, Schedule};
use crate::build;
use crate::error::Error;

/// Options of a run. The default options are the defaults of the command line, with which every
/// case runs once.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the options are independent of each other")]
pub(crate) struct RunOptions {
    /// Name of the run, shown in tables of several runs.
    pub(crate) name: Option<String>,
    pub(crate) choice: Choice,
    /// Whether the human report leaves out the lines of accepted cases, and no progress is shown.
    pub(crate) quiet: bool,
    pub(crate) settings: Settings,
    /// Capabilities that the target may lack, separated by commas.
    pub(crate) may_lack: Option<String>,
    pub(crate) strict: bool,
    pub(crate) jobs: usize,
    /// Number of rounds, each of which runs every case once. If `rounds` is `None`, only `stress`
    /// or a failure ends the run.
    pub(crate) rounds: Option<u64>,
    /// Duration of the run, after which the run starts only cases that have never run.
    pub(crate) stress: Option<Duration>,
    /// Seed of the first round's random order. If `seed` is `None`, the cases run in the order of
    /// the listing.
    pub(crate) seed: Option<u32>,
    /// Whether the run starts no further case after a case has failed.
    pub(crate) stops: bool,
    /// Whether a report shows the output of cases that pass.
    pub(crate) keeps_output: bool,
    /// Maximum number of times that a failed case runs again.
    pub(crate) retries: u8,
    pub(crate) accept_flaky: bool,
    /// How often a case runs to find out whether its runs differ. If `samples` is `None` or the plan
    /// has no observer, a case runs once.
    pub(crate) samples: Option<Samples>,
    /// Duration after which a running case is reported as slow.
    pub(crate) slow: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            name: None,
            choice: Choice::default(),
            quiet: false,
            settings: Settings::default(),
            may_lack: None,
            strict: false,
            jobs: thread::available_parallelism().map_or(1, Into::into),
            rounds: Some(1),
            stress: None,
            seed: None,
            stops: false,
            keeps_output: true,
            retries: 0,
            accept_flaky: false,
            samples: None,
            slow: Duration::from_secs(10),
        }
    }
}

/// Reason why a case could not be built.
#[derive(Clone, Debug)]
pub(crate) struct Unbuilt {
    pub(crate) reason: String,
    /// Shell command that repeats the step that failed, or `None` if no command repeats the step.
    pub(crate) rerun: Option<String>,
}

/// Observer of the runs of cases.
pub(crate) trait Observer: fmt::Debug + Sync {
    /// Is called before a case starts. `command` is the shell command that repeats the run.
    fn starts(&self, case: &Case, command: &str);
    /// Is called after a case has ended.
    fn ended(&self, case: &Case, trial: &Trial);
    /// Returns the path of the file that contains each run of a case.
    fn log(&self, case: &Case) -> String;
}

/// Plan of a run: the suite, the selected cases, and the options.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) suite: &'a Suite,
    /// The selected cases, in the order of the listing.
    pub(crate) cases: Vec<&'a Case>,
    pub(crate) options: RunOptions,
    /// Names of the cases that cannot run because they could not be built, each with the reason.
    pub(crate) unbuilt: BTreeMap<String, Unbuilt>,
    /// Observer that is called before and after each run of a case.
    pub(crate) observer: Option<Box<dyn Observer>>,
    /// Folder of the package from whose sources cargo built the program, or `None` for a program
    /// that cargo did not build.
    pub(crate) folder: Option<PathBuf>,
    facts: OnceLock<Vec<(String, String)>>,
}

impl<'a> Plan<'a> {
    /// Returns the plan for running the selected cases of a suite.
    ///
    /// # Errors
    ///
    /// Fails if no case is selected, or if the options name a mutant or a capability that the suite
    /// does not know.
    pub(crate) fn new(suite: &'a Suite, options: RunOptions) -> Result<Self, Error> {
        let cases = choice::choose(suite, &options.choice)?;
        Self::of(suite, cases, options)
    }

    /// Returns the plan for running `cases` of a suite, which may be no case.
    ///
    /// # Errors
    ///
    /// Fails if the options name a mutant or a capability that the suite does not know.
    pub(crate) fn of(
        suite: &'a Suite,
        cases: Vec<&'a Case>,
        mut options: RunOptions,
    ) -> Result<Self, Error> {
        options.settings.may_lack = match (&options.may_lack, options.strict) {
            (Some(names), _) => Some(suite.may_lack(names).map_err(Error::usage)?),
            (None, true) => Some(Vec::new()),
            (None, false) => None,
        };
        options.settings.strict = options.strict;
        if let Some(mutant) = &options.settings.mutant {
            check_mutant(mutant, suite)?;
        }
        Ok(Self {
            suite,
            cases,
            options,
            unbuilt: BTreeMap::new(),
            observer: None,
            folder: None,
            facts: OnceLock::new(),
        })
    }

    /// Runs one of the planned cases. A case in `unbuilt` is not run, but is
    /// [`Verdict::Unresolved`].
    pub(crate) fn run(&self, case: &Case) -> Trial {
        if let Some(Unbuilt { reason, .. }) = self.unbuilt.get(&case.name) {
            return Trial::new(Verdict::Unresolved(reason.clone()), None);
        }
        let first = self.run_once(case);
        match self.observer.as_deref().zip(self.options.samples) {
            Some((observer, samples)) => self.repeat(case, first, samples, observer),
            None => first,
        }
    }

    /// Repeats a case until there are enough runs. Returns a run whose result stands for all runs.
    fn repeat(
        &self,
        case: &Case,
        first: Trial,
        samples: Samples,
        observer: &dyn Observer,
    ) -> Trial {
        let is_accepted = |trial: &Trial| trial.verdict.is_accepted(self.options.strict);
        let failure = |trial: &Trial| (!is_accepted(trial)).then(|| report::trial_reason(trial));
        let has_hung =
            |trial: &Trial| trial.outcome.as_ref().is_some_and(|it| it.end == End::TimedOut);
        let is_pass = |trial: &Trial| matches!(trial.verdict, Verdict::Pass { .. });
        if first.outcome.is_none() || is_accepted(&first) && !is_pass(&first) {
            return first;
        }
        let enough = |runs: &[Trial]| match runs {
            // Each further run would take until the deadline, too.
            runs if runs.iter().any(has_hung) => samples.fewest,
            runs if runs.iter().all(is_accepted) => samples.fewest,
            _ => samples.most,
        };
        let mut runs = vec![first];
        while runs.len() < enough(&runs) {
            let next = self.run_once(case);
            if self.is_interrupted() {
                break;
            }
            if next.outcome.is_none() {
                return next;
            }
            runs.push(next);
        }
        let failures: Vec<_> = runs.iter().map(failure).collect();
        if let Some(index) = samples::typical(&failures) {
            return runs.swap_remove(index);
        }
        let failed = runs.iter().position(|trial| !is_accepted(trial)).unwrap_or_default();
        let mut failed = runs.swap_remove(failed);
        failed.verdict = Verdict::Fail(Failure::Unstable { log: observer.log(case) });
        failed
    }

    fn run_once(&self, case: &Case) -> Trial {
        if let Some(observer) = &self.observer {
            observer.starts(case, &self.rerun(case).unwrap_or_default());
        }
        let trial = self.suite.run(case, &self.options.settings);
        self.observer.iter().for_each(|observer| observer.ended(case, &trial));
        trial
    }

    /// Returns the shell command with which a user can repeat a case, or `None` if no command
    /// repeats the case. For a case that could not be built, the command repeats the build step.
    pub(crate) fn rerun(&self, case: &Case) -> Option<String> {
        if let Some(Unbuilt { rerun, .. }) = self.unbuilt.get(&case.name) {
            return rerun.clone();
        }
        let program = self.suite.program_of(case);
        Some(report::rerun(program, case, &self.options.settings))
    }

    /// Returns true if a signal has interrupted the run.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.options.settings.control.as_ref().is_some_and(Control::is_interrupted)
    }

    /// Returns the facts that the program reports about its target (`--about`), and asks the
    /// program only once. A program that does not answer has no facts.
    pub(crate) fn facts(&self) -> &[(String, String)] {
        let ask = || {
            if let Some(facts) = self.suite.facts() {
                return facts.to_vec();
            }
            let mut settings = Settings::default();
            settings.deadline_scale = self.options.settings.deadline_scale;
            match suite::about_with(&self.suite.program, &settings) {
                Ok((facts, left_behind)) => {
                    build::print_left_behind(&left_behind);
                    facts
                }
                Err(error) => {
                    build::print_left_behind(error.left_behind());
                    Vec::new()
                }
            }
        };
        self.facts.get_or_init(ask)
    }

    /// Returns how often cases run, not counting retries, or `None` if the number of rounds has no
    /// bound.
    pub(crate) fn runs(&self) -> Option<usize> {
        let rounds = usize::try_from(self.options.rounds?).unwrap_or(usize::MAX);
        Some(rounds.saturating_mul(self.cases.len()))
    }

    /// Returns whether a case may run more than once, not counting retries.
    pub(crate) fn repeats(&self) -> bool {
        self.options.rounds != Some(1)
    }

    /// Returns the schedule of this run if it starts at `now`.
    pub(crate) fn schedule(&self, now: Instant) -> Schedule {
        // If the end is too far away for an `Instant`, the run has no time limit.
        let until = self.options.stress.and_then(|stress| now.checked_add(stress));
        Schedule::new(
            self.cases.len(),
            self.options.seed,
            Bounds { rounds: self.options.rounds, until },
        )
    }
}

/// Returns an error for a mutant that no case names.
///
/// If no case names any mutant, every mutant is allowed, since the program may know mutants that
/// its listing does not name.
fn check_mutant(mutant: &str, suite: &Suite) -> Result<(), Error> {
    let names = suite.cases.iter().flat_map(|case| &case.mutants).map(|known| &*known.name);
    let known: BTreeSet<_> = names.collect();
    if known.is_empty() || known.contains(mutant) {
        return Ok(());
    }
    let known: Vec<_> = known.into_iter().collect();
    Err(Error::usage(format!(
        "failed to use mutant `{}`: no case names this mutant; the cases name {}",
        text::one_line(mutant),
        text::one_line(&known.join(", "))
    )))
}
