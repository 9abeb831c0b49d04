//! `cargo testprog run`: all chosen cases, several at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use harness::suite::{Settings, Trial};
use harness::verdict::Verdict;
use harness::{Case, Suite};

use super::human::Human;
use super::{Error, FAILED, Format, RunArgs, SUCCESS, UNRESOLVED, build, json};

/// How often each verdict was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) pass: usize,
    pub(super) fail: usize,
    pub(super) unsupported: usize,
    pub(super) unresolved: usize,
    pub(super) leak: usize,
    pub(super) stale: usize,
    pub(super) known_fail: usize,
    pub(super) unexpected: usize,
}

impl Counts {
    pub(super) fn of(trials: &[Trial]) -> Self {
        let mut counts = Self::default();
        for trial in trials {
            *match trial.verdict {
                Verdict::Pass { .. } => &mut counts.pass,
                Verdict::Fail(_) => &mut counts.fail,
                Verdict::Unsupported(_) => &mut counts.unsupported,
                Verdict::Unresolved(_) => &mut counts.unresolved,
                Verdict::Leak => &mut counts.leak,
                Verdict::Stale(_) => &mut counts.stale,
                Verdict::KnownFail { .. } => &mut counts.known_fail,
                Verdict::Unexpected { .. } => &mut counts.unexpected,
                // A verdict of a later version of the library, which this command is not built with.
                _ => unreachable!("the command and the library are of one version"),
            } += 1;
        }
        counts
    }
}

/// A run that is over.
#[derive(Debug)]
pub(super) struct Finished<'a> {
    pub(super) suite: &'a Suite,
    /// The chosen cases, in the order of the listing.
    pub(super) cases: &'a [&'a Case],
    /// What came of each of them.
    pub(super) trials: Vec<Trial>,
    pub(super) settings: &'a Settings,
    pub(super) strict: bool,
    pub(super) started: SystemTime,
    pub(super) wall: Duration,
}

pub(super) fn run(args: &RunArgs) -> Result<u8, Error> {
    let suite = build::suite(&args.child)?;
    let settings = settings(args, &suite)?;
    let cases: Vec<&Case> =
        suite.cases.iter().filter(|case| is_chosen(case, &args.filters)).collect();
    if cases.is_empty() {
        return Err(Error::nothing_ran(format!(
            "failed to find `{}`: none of {} cases has that in its name",
            args.filters.join("`, `"),
            suite.cases.len()
        )));
    }
    let (started, clock) = (SystemTime::now(), Instant::now());
    let mut human = (args.format == Format::Human).then(|| Human::new(&cases, args.strict));
    let mut trials: Vec<Option<Trial>> = cases.iter().map(|_| None).collect();
    let mut written = Ok(());
    each(&suite, &cases, &settings, jobs(args), |index, trial| {
        if let (Some(human), Ok(())) = (&mut human, &written) {
            written = human.case(cases[index], &trial);
        }
        trials[index] = Some(trial);
    });
    written.map_err(|error| Error::write(&error))?;
    let finished = Finished {
        suite: &suite,
        cases: &cases,
        trials: trials.into_iter().flatten().collect(),
        settings: &settings,
        strict: args.strict,
        started,
        wall: clock.elapsed(),
    };
    match &mut human {
        Some(human) => human.end(&finished),
        None => json::print(&finished),
    }
    .map_err(|error| Error::write(&error))?;
    Ok(status(&finished.trials, args.strict))
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
    Ok(settings)
}

fn is_chosen(case: &Case, filters: &[String]) -> bool {
    filters.is_empty() || filters.iter().any(|filter| case.name.contains(filter.as_str()))
}

fn jobs(args: &RunArgs) -> usize {
    let processors = || thread::available_parallelism().map_or(1, Into::into);
    args.jobs.map_or_else(processors, usize::from)
}

/// Runs each case, `jobs` at once, and hands over what came of it as soon as it is known.
fn each(
    suite: &Suite,
    cases: &[&Case],
    settings: &Settings,
    jobs: usize,
    mut done: impl FnMut(usize, Trial),
) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.min(cases.len()) {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { return };
                    let sent = sender.send((index, suite.run(case, settings)));
                    sent.expect("the receiver is there as long as this scope");
                }
            });
        }
        drop(sender);
        for (index, trial) in receiver {
            done(index, trial);
        }
    });
}

fn status(trials: &[Trial], strict: bool) -> u8 {
    let mut refused = trials.iter().filter(|trial| !trial.verdict.is_accepted(strict)).peekable();
    if refused.peek().is_none() {
        SUCCESS
    } else if refused.all(|trial| matches!(trial.verdict, Verdict::Unresolved(_))) {
        UNRESOLVED
    } else {
        FAILED
    }
}
