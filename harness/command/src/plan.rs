//! What a run is asked to do, read from the command line.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use testprog_harness::spawn::{Debugger, HAS_CORE_FILES};
use testprog_harness::suite::{Settings, Trial};
use testprog_harness::verdict::Verdict;
use testprog_harness::{Case, Suite, text};

use super::Error;
use super::args::{Core, DebuggerName, ManyArgs, RunArgs};
use super::choice::{self, Shard};
use super::schedule::{Bounds, Schedule};

/// All that is known of a run before it starts.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) suite: &'a Suite,
    /// What the run is called beside others.
    pub(super) name: Option<String>,
    /// The chosen cases, in the order of the listing.
    pub(super) cases: Vec<&'a Case>,
    pub(super) settings: Settings,
    pub(super) strict: bool,
    pub(super) jobs: usize,
    /// How many rounds there are, where that is known.
    pub(super) rounds: Option<u64>,
    /// How long to go on.
    pub(super) stress: Option<Duration>,
    /// The seed of the first round's order, where it is random.
    pub(super) seed: Option<u32>,
    /// Whether a case that fails is the last to be started.
    pub(super) stops: bool,
    /// How often a case that fails is run again at once.
    pub(super) retries: u8,
    pub(super) accept_flaky: bool,
    /// After how long a case is said to be slow.
    pub(super) slow: Duration,
    pub(super) shard: Option<Shard>,
    /// By what cases were left out, if any were.
    pub(super) left_out_by: &'static str,
    /// The cases that cannot be run, and why.
    pub(super) unbuilt: BTreeMap<String, String>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(args: &RunArgs, suite: &'a Suite) -> Result<Self, Error> {
        let ManyArgs { stress, until_fail, fail_fast, slow, accept_flaky, .. } = args.many;
        Ok(Self {
            suite,
            name: args.name.clone(),
            cases: choice::choose(suite, &args.choice)?,
            settings: settings(args, suite)?,
            strict: args.strict,
            jobs: jobs(args),
            rounds: args.many.repeat.or((stress.is_none() && !until_fail).then_some(1)),
            stress,
            seed: args.many.shuffle.map(|seed| seed.unwrap_or_else(|| fastrand::u32(..))),
            stops: until_fail || fail_fast,
            retries: args.many.retries.unwrap_or_default(),
            accept_flaky,
            slow,
            shard: args.choice.shard,
            left_out_by: match (args.choice.filters.is_empty(), args.choice.shard) {
                (_, None) => "the filter",
                (true, Some(_)) => "the shard",
                (false, Some(_)) => "the filter and the shard",
            },
            unbuilt: BTreeMap::new(),
        })
    }

    /// Returns the plan to run all cases once.
    pub(super) fn of_all(
        suite: &'a Suite,
        name: String,
        settings: Settings,
        jobs: usize,
        unbuilt: BTreeMap<String, String>,
    ) -> Self {
        Self {
            suite,
            name: Some(name),
            cases: suite.cases.iter().collect(),
            settings,
            strict: false,
            jobs,
            rounds: Some(1),
            stress: None,
            seed: None,
            stops: false,
            retries: 0,
            accept_flaky: false,
            slow: Duration::MAX,
            shard: None,
            left_out_by: "the filter",
            unbuilt,
        }
    }

    /// Runs one of the cases, if it can be run.
    pub(super) fn run(&self, case: &Case) -> Trial {
        match self.unbuilt.get(&case.name) {
            Some(reason) => Trial::new(Verdict::Unresolved(reason.clone()), None),
            None => self.suite.run(case, &self.settings),
        }
    }

    /// Returns whether a case may run more than once, retries aside.
    pub(super) fn repeats(&self) -> bool {
        self.rounds != Some(1)
    }

    /// Returns the turns of this run, if it starts now.
    pub(super) fn schedule(&self, now: Instant) -> Schedule {
        // Time that is too long to be added has no end.
        let until = self.stress.and_then(|stress| now.checked_add(stress));
        Schedule::new(self.cases.len(), self.seed, Bounds { rounds: self.rounds, until })
    }
}

fn settings(args: &RunArgs, suite: &Suite) -> Result<Settings, Error> {
    let may_lack = match (&args.may_lack, args.strict) {
        (Some(names), _) => Some(suite.may_lack(names).map_err(Error::usage)?),
        (None, true) => Some(Vec::new()),
        (None, false) => None,
    };
    let mut settings = Settings::default();
    settings.deadline = args.deadline;
    settings.mutant.clone_from(&args.mutant);
    settings.may_lack = may_lack;
    settings.limits.clone_from(&args.limits);
    settings.zygote = args.zygote;
    settings.merge_output = args.printed.merge_output;
    settings.on_output = args.printed.no_capture.then_some(show);
    settings.keep_directory = args.evidence.keep;
    settings.core_files = args.evidence.core == Core::Keep;
    if settings.core_files && !HAS_CORE_FILES {
        return Err(Error::usage("failed to use `--core keep`: this system writes no core files"));
    }
    settings.debugger = debugger(args.evidence.debugger)?;
    Ok(settings)
}

/// Finds the debugger that is asked for. That there is none fails only a run that names one.
fn debugger(name: Option<DebuggerName>) -> Result<Option<Debugger>, Error> {
    match name {
        None => Ok(None),
        Some(DebuggerName::Gdb) => Debugger::named("gdb").map(Some).map_err(Error::usage),
        Some(DebuggerName::Lldb) => Debugger::named("lldb").map(Some).map_err(Error::usage),
        Some(DebuggerName::Auto) => Ok(Debugger::find()
            .map_err(|cause| {
                // Where standard error is closed, nobody waits for this.
                let _ = writeln!(io::stderr(), "no backtraces: {cause}");
            })
            .ok()),
    }
}

fn jobs(args: &RunArgs) -> usize {
    let processors = || thread::available_parallelism().map_or(1, Into::into);
    let unless_given = || if args.printed.no_capture { 1 } else { processors() };
    args.many.jobs.map_or_else(unless_given, usize::from)
}

/// Shows what a child prints, so that no terminal acts on it.
fn show(piece: &[u8]) {
    // Where standard error is closed, nobody waits for this.
    let _ = io::stderr().write_all(text::escape(piece).as_bytes());
}
