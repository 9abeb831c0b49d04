//! What a run is asked to do, and what it will do.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::{Duration, Instant};

use testprog_harness::suite::{Settings, Trial};
use testprog_harness::verdict::Verdict;
use testprog_harness::{Case, Suite, text};

use super::choice::{self, Choice};
use super::schedule::{Bounds, Schedule};
use crate::error::Error;

/// What a run is asked to do. The default is that of the command line: every case once.
#[derive(Clone, Debug)]
pub(crate) struct RunOptions {
    /// What the run is called beside others.
    pub(crate) name: Option<String>,
    pub(crate) choice: Choice,
    pub(crate) settings: Settings,
    /// The capabilities that may be missing, separated by commas.
    pub(crate) may_lack: Option<String>,
    pub(crate) strict: bool,
    pub(crate) jobs: usize,
    /// How many rounds there are, where that is known.
    pub(crate) rounds: Option<u64>,
    /// How long to go on.
    pub(crate) stress: Option<Duration>,
    /// The seed of the first round's order, where it is random.
    pub(crate) seed: Option<u32>,
    /// Whether a case that fails is the last to be started.
    pub(crate) stops: bool,
    /// How often a case that fails is run again at once.
    pub(crate) retries: u8,
    pub(crate) accept_flaky: bool,
    /// After how long a case is said to be slow.
    pub(crate) slow: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            name: None,
            choice: Choice::default(),
            settings: Settings::default(),
            may_lack: None,
            strict: false,
            jobs: thread::available_parallelism().map_or(1, Into::into),
            rounds: Some(1),
            stress: None,
            seed: None,
            stops: false,
            retries: 0,
            accept_flaky: false,
            slow: Duration::from_secs(10),
        }
    }
}

/// All that is known of a run before it starts.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) suite: &'a Suite,
    /// The chosen cases, in the order of the listing.
    pub(crate) cases: Vec<&'a Case>,
    pub(crate) options: RunOptions,
    /// The cases that cannot be run, and why.
    pub(crate) unbuilt: BTreeMap<String, String>,
}

impl<'a> Plan<'a> {
    /// Returns the plan to run those cases of a suite that are asked for.
    ///
    /// # Errors
    ///
    /// No case is chosen, or the suite does not know the mutant or a capability that may be missing.
    pub(crate) fn new(suite: &'a Suite, mut options: RunOptions) -> Result<Self, Error> {
        let cases = choice::choose(suite, &options.choice)?;
        options.settings.may_lack = match (&options.may_lack, options.strict) {
            (Some(names), _) => Some(suite.may_lack(names).map_err(Error::usage)?),
            (None, true) => Some(Vec::new()),
            (None, false) => None,
        };
        options.settings.strict = options.strict;
        if let Some(mutant) = &options.settings.mutant {
            check_mutant(mutant, suite)?;
        }
        Ok(Self { suite, cases, options, unbuilt: BTreeMap::new() })
    }

    /// Runs one of the cases, if it can be run.
    pub(crate) fn run(&self, case: &Case) -> Trial {
        match self.unbuilt.get(&case.name) {
            Some(reason) => Trial::new(Verdict::Unresolved(reason.clone()), None),
            None => self.suite.run(case, &self.options.settings),
        }
    }

    /// Returns whether a case may run more than once, retries aside.
    pub(crate) fn repeats(&self) -> bool {
        self.options.rounds != Some(1)
    }

    /// Returns the turns of this run, if it starts now.
    pub(crate) fn schedule(&self, now: Instant) -> Schedule {
        // Time that is too long to be added has no end.
        let until = self.options.stress.and_then(|stress| now.checked_add(stress));
        Schedule::new(
            self.cases.len(),
            self.options.seed,
            Bounds { rounds: self.options.rounds, until },
        )
    }
}

/// Refuses a mutant that no case names. A program whose cases name none may know some all the same.
fn check_mutant(mutant: &str, suite: &Suite) -> Result<(), Error> {
    let names = suite.cases.iter().flat_map(|case| &case.mutants).map(|known| &*known.name);
    let known: BTreeSet<_> = names.collect();
    if known.is_empty() || known.contains(mutant) {
        return Ok(());
    }
    let known: Vec<_> = known.into_iter().collect();
    Err(Error::usage(format!(
        "failed to use mutant `{}`: no case names it; there are {}",
        text::one_line(mutant),
        text::one_line(&known.join(", "))
    )))
}
