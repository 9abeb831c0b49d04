//! What came of a run: per case, however often it ran, and in all.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use testprog_harness::spawn::Output;
use testprog_harness::suite::Trial;
use testprog_harness::verdict::Verdict;
use testprog_harness::{Case, report, text};

use super::plan::{Plan, RunOptions};
use super::probes::Probe;
use crate::error::{FAILED, SUCCESS, UNRESOLVED};

/// One run of a case: its attempts, of which the last one counts.
#[derive(Debug)]
pub(crate) struct Run {
    /// At least one.
    pub(crate) attempts: Vec<Trial>,
    /// The number of the round, counted from 1.
    pub(crate) iteration: u64,
    /// The seed that makes the round's order that of a run.
    pub(crate) seed: Option<u32>,
}

/// How a run counts, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Accepted,
    /// It was not accepted at first, and then it was.
    Flaky,
    /// It could not be judged.
    Unresolved,
    Refused,
}

impl Run {
    pub(crate) fn last(&self) -> &Trial {
        self.attempts.last().expect("a run has an attempt")
    }

    pub(crate) fn standing(&self, strict: bool) -> Standing {
        match &self.last().verdict {
            verdict if verdict.is_accepted(strict) => {
                if self.attempts.len() == 1 {
                    Standing::Accepted
                } else {
                    Standing::Flaky
                }
            }
            Verdict::Unresolved(_) => Standing::Unresolved,
            _ => Standing::Refused,
        }
    }
}

/// What came of one case. Its size does not depend on how often the case ran.
#[derive(Debug)]
pub(crate) struct Tally<'a> {
    pub(crate) case: &'a Case,
    /// How often it ran, retries not counted.
    pub(crate) runs: u64,
    /// How many of these runs were accepted at the first attempt.
    pub(crate) passes: u64,
    /// The first of the worst runs: of those that were refused, if any was.
    pub(crate) shown: Option<Run>,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(case: &'a Case) -> Self {
        Self { case, runs: 0, passes: 0, shown: None }
    }

    /// Counts a run. Returns whether it is worse than all before it.
    pub(crate) fn add(&mut self, run: Run, strict: bool) -> bool {
        let standing = run.standing(strict);
        self.runs += 1;
        self.passes += u64::from(standing == Standing::Accepted);
        // Runs end in another order than they start. The first failure is that of the first round, so that the number
        // of rounds that find it is the least.
        let rank = |run: &Run| (run.standing(strict), std::cmp::Reverse(run.iteration));
        let worse = match &self.shown {
            None => standing > Standing::Accepted,
            Some(shown) => standing > shown.standing(strict),
        };
        if self.shown.as_ref().is_none_or(|shown| rank(&run) > rank(shown)) {
            self.shown = Some(run);
        }
        worse
    }

    pub(crate) fn last(&self) -> Option<&Trial> {
        self.shown.as_ref().map(Run::last)
    }

    pub(crate) fn standing(&self, strict: bool) -> Option<Standing> {
        self.shown.as_ref().map(|run| run.standing(strict))
    }

    /// Returns the name so that it can be shown: it may hold characters that a terminal acts on.
    pub(crate) fn name(&self) -> String {
        text::escape(self.case.name.as_bytes())
    }

    /// Returns how long the shown run took.
    pub(crate) fn wall(&self) -> Duration {
        let outcome = self.last().and_then(|trial| trial.outcome.as_ref());
        outcome.map_or(Duration::ZERO, |outcome| outcome.wall)
    }

    /// Returns the verdict as a program reads it.
    pub(crate) fn id(&self, strict: bool) -> &'static str {
        match (self.last(), self.standing(strict)) {
            (None, _) => "not_run",
            (_, Some(Standing::Flaky)) => "flaky",
            (Some(trial), _) => id(&trial.verdict),
        }
    }

    /// Returns the verdict as a person reads it.
    pub(crate) fn word(&self, strict: bool) -> &'static str {
        match (self.last(), self.standing(strict)) {
            (None, _) => "NOT RUN",
            (_, Some(Standing::Flaky)) => "FLAKY",
            (Some(trial), _) => report::word(&trial.verdict),
        }
    }

    /// Returns what there is to say about it in half a line.
    pub(crate) fn reason(&self, strict: bool, repeats: bool) -> String {
        let Some(run) = &self.shown else { return "the run was over before".to_owned() };
        let standing = run.standing(strict);
        let mut parts = Vec::new();
        match (standing, &*run.attempts) {
            (Standing::Flaky, [first, ..]) => {
                let attempt = run.attempts.len();
                parts.push(format!("{}, but passed at attempt {attempt}", spoken(&first.verdict)));
            }
            (_, [.., last]) => {
                parts.push(report::reason(&last.verdict));
                if run.attempts.len() > 1 {
                    parts.push(format!("in all of {} attempts", run.attempts.len()));
                }
            }
            (_, []) => {}
        }
        if repeats {
            parts.push(format!("{} of {} runs passed", self.passes, self.runs));
            if standing > Standing::Accepted {
                let seed = run.seed.map(|seed| format!(" (alone: --shuffle={seed})"));
                let seed = seed.unwrap_or_default();
                parts.push(format!("first failure in round {}{seed}", run.iteration));
            }
        }
        parts.retain(|part| !part.is_empty());
        parts.join("; ")
    }
}

/// Returns what happened at an attempt that was not accepted.
fn spoken(verdict: &Verdict) -> String {
    match report::reason(verdict) {
        empty if empty.is_empty() => report::word(verdict).to_lowercase(),
        reason => reason,
    }
}

/// Returns a verdict as a program reads it.
pub(crate) fn id(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass { .. } => "pass",
        Verdict::Fail(_) => "fail",
        Verdict::Unsupported(_) => "unsupported",
        Verdict::Unresolved(_) => "unresolved",
        Verdict::Leak => "leak",
        Verdict::Stale(_) => "stale",
        Verdict::Xfail { .. } => "xfail",
        Verdict::Xpass { .. } => "xpass",
        // A verdict of a later version of the library, which this command is not built with.
        _ => unreachable!("the command and the library are of one version"),
    }
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Finished<'a> {
    pub(crate) plan: &'a Plan<'a>,
    /// What came of each chosen case, in the order of the listing.
    pub(crate) tallies: Vec<Tally<'a>>,
    pub(crate) started: SystemTime,
    pub(crate) wall: Duration,
    /// What was found before the cases were run, if there were probes.
    pub(crate) probes: Vec<Probe>,
}

impl Finished<'_> {
    /// Returns how many cases came to this verdict, by its name for programs.
    pub(crate) fn count(&self, id: &str) -> usize {
        self.tallies.iter().filter(|tally| tally.id(self.plan.options.strict) == id).count()
    }

    pub(crate) fn word(&self, tally: &Tally<'_>) -> &'static str {
        tally.word(self.plan.options.strict)
    }

    pub(crate) fn reason(&self, tally: &Tally<'_>) -> String {
        tally.reason(self.plan.options.strict, self.plan.repeats())
    }

    /// Returns whether the case leaves the exit status alone.
    pub(crate) fn is_accepted(&self, tally: &Tally<'_>) -> bool {
        match tally.standing(self.plan.options.strict) {
            // It is the failure of another that ended the run.
            None | Some(Standing::Accepted) => true,
            Some(Standing::Flaky) => self.plan.options.accept_flaky,
            Some(Standing::Unresolved | Standing::Refused) => false,
        }
    }

    /// Returns whether there is a failure to tell about, be it accepted.
    pub(crate) fn failed(&self, tally: &Tally<'_>) -> bool {
        tally.standing(self.plan.options.strict) > Some(Standing::Accepted)
    }

    /// Returns all that a person needs to understand a failure, in several lines: each attempt that was not accepted.
    pub(crate) fn details(&self, tally: &Tally<'_>) -> String {
        let Some(run) = &tally.shown else { return String::new() };
        let RunOptions { settings, strict, .. } = &self.plan.options;
        let mut text = String::new();
        if self.plan.repeats() || run.attempts.len() > 1 {
            text = format!("  {}\n", self.reason(tally));
        }
        for (number, trial) in (1..).zip(&run.attempts) {
            if run.attempts.len() > 1 && !trial.verdict.is_accepted(*strict) {
                writeln!(text, "  attempt {number}:").expect("writing to a String cannot fail");
            }
            if !trial.verdict.is_accepted(*strict) {
                text += &report::failure(&self.plan.suite.program, tally.case, trial, settings);
            }
        }
        text
    }

    pub(crate) fn status(&self) -> u8 {
        let refused = |tally: &&Tally<'_>| !self.is_accepted(tally);
        let mut refused = self.tallies.iter().filter(refused).peekable();
        if refused.peek().is_none() {
            SUCCESS
        } else if refused
            .all(|tally| tally.standing(self.plan.options.strict) == Some(Standing::Unresolved))
        {
            UNRESOLVED
        } else {
            FAILED
        }
    }
}

/// Returns what was kept of a stream, and where something was dropped, how much.
pub(crate) fn kept(output: &Output) -> Vec<u8> {
    let gap = match output.dropped {
        0 => String::new(),
        dropped => format!("\n[{dropped} bytes dropped]\n"),
    };
    [&*output.head, gap.as_bytes(), &*output.tail].concat()
}

#[cfg(test)]
mod tests {
    use std::slice;

    use testprog_harness::verdict::Failure;
    use testprog_harness::{Scenario, Target};

    use super::*;

    const PASS: Verdict = Verdict::Pass { alternative: None, known: None };
    const FAIL: Verdict = Verdict::Fail(Failure::Survived);

    fn run(iteration: u64, verdicts: &[Verdict]) -> Run {
        let trial = |verdict: &Verdict| trial(verdict.clone());
        Run { attempts: verdicts.iter().map(trial).collect(), iteration, seed: Some(7) }
    }

    fn tally(case: &Case, runs: Vec<Run>) -> Tally<'_> {
        let mut tally = Tally::new(case);
        for run in runs {
            tally.add(run, false);
        }
        tally
    }

    fn case() -> Case {
        Case::new(&Scenario::new("a", || Ok(())), &Target::current())
    }

    fn trial(verdict: Verdict) -> Trial {
        Trial::new(verdict, None)
    }

    #[test]
    fn the_worst_is_shown_and_of_these_the_first() {
        let unresolved = Verdict::Unresolved("no".into());
        let case = case();
        for (runs, shown, passes, word) in [
            (vec![run(2, &[PASS]), run(1, &[PASS])], 1, 2, "PASS"),
            (vec![run(1, &[PASS]), run(3, &[FAIL, PASS]), run(2, &[FAIL, PASS])], 2, 1, "FLAKY"),
            (vec![run(1, &[FAIL, PASS]), run(2, slice::from_ref(&unresolved))], 2, 0, "UNRESOLVED"),
            (vec![run(1, &[unresolved]), run(9, &[FAIL]), run(8, &[FAIL])], 8, 0, "FAIL"),
        ] {
            let tally = tally(&case, runs);
            assert_eq!(tally.shown.as_ref().unwrap().iteration, shown, "{word}");
            assert_eq!((tally.passes, tally.word(false)), (passes, word));
        }
    }

    #[test]
    fn only_the_first_of_a_kind_is_news() {
        let case = case();
        let mut tally = Tally::new(&case);
        let news: Vec<_> =
            [run(1, &[PASS]), run(2, &[FAIL, PASS]), run(3, &[FAIL]), run(2, &[FAIL])]
                .into_iter()
                .map(|run| tally.add(run, false))
                .collect();
        assert_eq!(news, [false, true, true, false]);
    }

    #[test]
    fn a_reason_tells_of_attempts_and_rounds() {
        let case = case();
        let reason = |runs, repeats| tally(&case, runs).reason(false, repeats);
        assert_eq!(reason(vec![run(1, &[PASS])], false), "");
        assert_eq!(reason(vec![run(1, &[PASS])], true), "1 of 1 runs passed");
        assert_eq!(
            reason(vec![run(1, &[FAIL, PASS])], false),
            "survived and answered OK, but passed at attempt 2"
        );
        assert_eq!(
            reason(vec![run(1, &[PASS]), run(2, &[FAIL, FAIL])], true),
            "survived and answered OK; in all of 2 attempts; 1 of 2 runs passed; \
             first failure in round 2 (alone: --shuffle=7)"
        );
        assert_eq!(reason(vec![], true), "the run was over before");
    }
}
