//! Results of a run: the result of each case over all its runs, and the result of the run as a
//! whole.

use std::fmt::Write as _;
use std::io;
use std::time::{Duration, SystemTime};

use testprog_harness::spawn::{Outcome, Output};
use testprog_harness::suite::Trial;
use testprog_harness::verdict::Verdict;
use testprog_harness::{Case, report, text};

use super::attempt::Attempt;
use super::plan::{Plan, RunOptions, Unbuilt};
use super::probes::Port;
use super::store::Store;
use crate::error::{FAILED, SUCCESS, UNRESOLVED};

/// One run of a case, retries included. The verdict of the last attempt is the verdict of the run.
#[derive(Debug)]
pub(crate) struct Run {
    /// All attempts of this run in order, at least one.
    pub(crate) attempts: Vec<Trial>,
    /// Number of the round, counted from 1.
    pub(crate) iteration: u64,
    /// Seed for `--shuffle` that repeats the order of this round.
    pub(crate) seed: Option<u32>,
}

/// Class of a case's run, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Accepted,
    /// The first attempt was not accepted, but the last attempt was accepted.
    Flaky,
    /// The last attempt could not be judged.
    Unresolved,
    /// The last attempt was not accepted.
    Refused,
}

impl Run {
    pub(crate) fn standing(&self, strict: bool) -> Standing {
        let last = self.attempts.last().expect("a run has at least one attempt");
        standing(&last.verdict, self.attempts.len(), strict)
    }
}

/// Returns the class of a run with `attempts` attempts, of which the last has the verdict `last`.
fn standing(last: &Verdict, attempts: usize, strict: bool) -> Standing {
    match last {
        verdict if verdict.is_accepted(strict) => {
            if attempts == 1 {
                Standing::Accepted
            } else {
                Standing::Flaky
            }
        }
        Verdict::Unresolved(_) => Standing::Unresolved,
        _ => Standing::Refused,
    }
}

/// Run of a case that the reports show, without the output of its attempts.
#[derive(Debug)]
pub(crate) struct Shown {
    /// All attempts of the run in order, at least one.
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) iteration: u64,
    pub(crate) seed: Option<u32>,
}

impl Shown {
    /// Converts a run to the form in which it is kept until the reports are written. The output of
    /// the run is moved to `store` if a report shows the output, and is dropped otherwise.
    fn new(run: Run, options: &RunOptions, store: &mut Store) -> Self {
        let is_failure = run.standing(options.strict) > Standing::Accepted;
        let keeps = is_failure || options.keeps_output;
        let Run { attempts, iteration, seed } = run;
        // A vector made by `collect` would keep the allocation of the trials, which is larger.
        let mut kept = Vec::with_capacity(attempts.len());
        for trial in attempts {
            kept.push(Attempt::new(trial, keeps.then_some(&mut *store)));
        }
        Self { attempts: kept, iteration, seed }
    }

    pub(crate) fn last(&self) -> &Attempt {
        self.attempts.last().expect("a run has at least one attempt")
    }

    pub(crate) fn standing(&self, strict: bool) -> Standing {
        standing(self.last().verdict(), self.attempts.len(), strict)
    }
}

/// Result of one case, whose size does not grow with the number of runs.
#[derive(Debug)]
pub(crate) struct Tally<'a> {
    pub(crate) case: &'a Case,
    /// Number of runs, not counting retries.
    pub(crate) runs: u64,
    /// Number of runs that were accepted at the first attempt.
    pub(crate) passes: u64,
    /// The run that reports show: the run of the earliest round among the runs with the worst
    /// standing.
    pub(crate) shown: Option<Shown>,
    /// Messages about processes and directories that are left behind by a run which a signal ended.
    /// `interrupted` is `None` if no signal ended a run of the case.
    pub(crate) interrupted: Option<Vec<String>>,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(case: &'a Case) -> Self {
        Self { case, runs: 0, passes: 0, shown: None, interrupted: None }
    }

    /// Adds a run to the counts. Returns whether the run is worse than every earlier run of the
    /// case.
    pub(crate) fn add(&mut self, run: Run, options: &RunOptions, store: &mut Store) -> bool {
        let strict = options.strict;
        let standing = run.standing(strict);
        self.runs += 1;
        self.passes += u64::from(standing == Standing::Accepted);
        // Runs of a case may end in another order than they start. Of equally bad runs, the run of
        // the earliest round is shown, because repeating this failure needs the fewest rounds.
        let rank = |standing, iteration| (standing, std::cmp::Reverse(iteration));
        let worse = match &self.shown {
            None => standing > Standing::Accepted,
            Some(shown) => standing > shown.standing(strict),
        };
        let is_shown = self.shown.as_ref().is_none_or(|shown| {
            rank(standing, run.iteration) > rank(shown.standing(strict), shown.iteration)
        });
        if is_shown {
            self.shown = Some(Shown::new(run, options, store));
        }
        worse
    }

    pub(crate) fn last(&self) -> Option<&Attempt> {
        self.shown.as_ref().map(Shown::last)
    }

    pub(crate) fn standing(&self, strict: bool) -> Option<Standing> {
        self.shown.as_ref().map(|run| run.standing(strict))
    }

    /// Returns the case's name, escaped for use after the beginning of a line.
    pub(crate) fn name(&self) -> String {
        text::within_line(self.case.name.as_bytes())
    }

    /// Returns the wall time of the last attempt of the shown run.
    pub(crate) fn wall(&self) -> Duration {
        self.last().and_then(Attempt::facts).map_or(Duration::ZERO, |facts| facts.wall)
    }

    /// Returns the verdict as the identifier that JSON reports use.
    pub(crate) fn id(&self, strict: bool) -> &'static str {
        match (self.last(), self.standing(strict)) {
            (None, _) => "not_run",
            (_, Some(Standing::Flaky)) => "flaky",
            (Some(attempt), _) => id(attempt.verdict()),
        }
    }

    /// Returns the verdict as the word that the human report uses.
    pub(crate) fn word(&self, strict: bool) -> &'static str {
        match (self.last(), self.standing(strict)) {
            (None, _) => "NOT RUN",
            (_, Some(Standing::Flaky)) => "FLAKY",
            (Some(attempt), _) => report::word(attempt.verdict()),
        }
    }

    /// Returns the reason for the verdict in a few words, or an empty text for a plain pass.
    pub(crate) fn reason(&self, strict: bool, repeats: bool) -> String {
        let Some(run) = &self.shown else {
            return match &self.interrupted {
                Some(left) => {
                    let reason = "the run was interrupted before this case ended";
                    [reason]
                        .into_iter()
                        .chain(left.iter().map(String::as_str))
                        .collect::<Vec<_>>()
                        .join("; ")
                }
                None => "the run stopped before this case started".to_owned(),
            };
        };
        let standing = run.standing(strict);
        let mut parts = Vec::new();
        match (standing, &*run.attempts) {
            (Standing::Flaky, [first, ..]) => {
                let attempt = run.attempts.len();
                parts.push(format!("{}, but passed at attempt {attempt}", spoken(first)));
            }
            (_, [.., last]) => {
                parts.push(last.reason());
                if run.attempts.len() > 1 {
                    parts.push(format!("none of {} attempts was accepted", run.attempts.len()));
                }
                parts.extend(last.outcome().into_iter().flat_map(Outcome::left_behind));
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

/// Returns the reason of an attempt's verdict, or the verdict itself if there is no reason.
fn spoken(attempt: &Attempt) -> String {
    match attempt.reason() {
        empty if empty.is_empty() => report::word(attempt.verdict()).to_lowercase(),
        reason => reason,
    }
}

/// Returns a verdict as the identifier that JSON reports use.
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
        // `Verdict` is non-exhaustive, but this command is built with the library of its own
        // version.
        _ => unreachable!("the command and the library have the same version"),
    }
}

/// A finished run.
#[derive(Debug)]
pub(crate) struct Finished<'a> {
    pub(crate) plan: &'a Plan<'a>,
    /// Result of each selected case, in the order of the listing.
    pub(crate) tallies: Vec<Tally<'a>>,
    /// Store with the output of every run that a report shows.
    pub(crate) store: Store,
    pub(crate) started: SystemTime,
    pub(crate) wall: Duration,
    pub(crate) port: Port,
}

impl Finished<'_> {
    /// Returns the number of cases with the verdict that has this identifier.
    pub(crate) fn count(&self, id: &str) -> usize {
        self.tallies.iter().filter(|tally| tally.id(self.plan.options.strict) == id).count()
    }

    pub(crate) fn word(&self, tally: &Tally<'_>) -> &'static str {
        tally.word(self.plan.options.strict)
    }

    pub(crate) fn reason(&self, tally: &Tally<'_>) -> String {
        tally.reason(self.plan.options.strict, self.plan.repeats())
    }

    pub(crate) fn standing(&self, tally: &Tally<'_>) -> Option<Standing> {
        tally.standing(self.plan.options.strict)
    }

    /// Returns whether the case allows exit status 0.
    pub(crate) fn is_accepted(&self, tally: &Tally<'_>) -> bool {
        match tally.standing(self.plan.options.strict) {
            // A case that did not run is accepted, because another case's failure ended the run.
            None | Some(Standing::Accepted) => true,
            Some(Standing::Flaky) => self.plan.options.accept_flaky,
            Some(Standing::Unresolved | Standing::Refused) => false,
        }
    }

    /// Returns whether the case has a failure to report. A flaky case has a failure to report even
    /// if `--accept-flaky` accepts the case.
    pub(crate) fn failed(&self, tally: &Tally<'_>) -> bool {
        tally.standing(self.plan.options.strict) > Some(Standing::Accepted)
    }

    /// Returns the details of each attempt that was not accepted, in several lines for a person.
    ///
    /// # Errors
    ///
    /// Returns an error if the output of an attempt cannot be read.
    pub(crate) fn details(&self, tally: &Tally<'_>) -> io::Result<String> {
        let Some(run) = &tally.shown else { return Ok(String::new()) };
        let RunOptions { settings, strict, .. } = &self.plan.options;
        let mut text = String::new();
        if self.plan.repeats() || run.attempts.len() > 1 {
            text = format!("  {}\n", self.reason(tally));
        }
        for (number, attempt) in (1..).zip(&run.attempts) {
            if attempt.verdict().is_accepted(*strict) {
                continue;
            }
            if run.attempts.len() > 1 {
                writeln!(text, "  attempt {number}:").expect("writing to a String cannot fail");
            }
            if let Some(Unbuilt { reason, rerun }) = self.plan.unbuilt.get(&tally.case.name) {
                let rerun = rerun.as_deref();
                text += &report::unbuilt(tally.case, reason, rerun);
            } else if let Some(trial) = attempt.trial(&self.store)? {
                text += &report::failure(
                    self.plan.suite.program_of(tally.case),
                    tally.case,
                    &trial,
                    settings,
                );
            }
        }
        Ok(text)
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

/// Returns the bytes of a stream that the runner kept. If bytes were dropped, a line between the
/// first and the last part says how many bytes.
pub(crate) fn kept(output: Output) -> Vec<u8> {
    let Output { mut head, tail, dropped, .. } = output;
    if dropped > 0 {
        head.extend(format!("\n[{dropped} bytes dropped]\n").into_bytes());
    }
    head.extend_from_slice(&tail);
    head
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
            tally.add(run, &RunOptions::default(), &mut Store::default());
        }
        tally
    }

    fn case() -> Case {
        Case::new(&Scenario::new("a", || {}), &Target::current())
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
                .map(|run| tally.add(run, &RunOptions::default(), &mut Store::default()))
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
            "survived and answered OK; none of 2 attempts was accepted; 1 of 2 runs passed; \
             first failure in round 2 (alone: --shuffle=7)"
        );
        assert_eq!(reason(vec![], true), "the run stopped before this case started");
    }
}
