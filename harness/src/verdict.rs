//! Judges the outcome of a case. The functions of this module are pure: they open no file, start no
//! process and print nothing.

mod content;

use std::time::Duration;

pub(crate) use self::content::{Ask, Question};
use crate::expectation::{Alternative, Class, Ends, Expectation, Kind, Rule, Single};
use crate::protocol::{self, Case, Gate};
use crate::signal::Signal;
use crate::spawn::{ABORT_STATUS, End, Outcome, Output};
use crate::text::excerpt;

/// Result of comparing a child's outcome with its case's expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The process ended as the scenario expects.
    Pass {
        /// Name of the alternative that matched, or `None` if the scenario's expectation has no
        /// alternatives.
        alternative: Option<String>,
        /// Link to the issue that tracks the end, if the end is a known fault.
        known: Option<String>,
    },
    /// The process did not end as the scenario expects.
    Fail(Failure),
    /// The child answered `SKIP`, because the target lacks a capability that the scenario needs, or
    /// because the scenario skipped itself.
    Unsupported(Gate),
    /// The child ended as expected, but a process that the child started still held the child's
    /// output open.
    Leak,
    /// The scenario passed, although the listing says that the target lacks a capability that the
    /// scenario needs. A stale verdict means that the platform table must be corrected.
    Stale(Gate),
    /// The scenario failed as expected: a known bug is recorded for the scenario, or the run expects
    /// the failure ([`Settings::xfail`](crate::suite::Settings::xfail)).
    Xfail {
        /// Failure of the scenario.
        failure: Failure,
        /// Link to the known bug, or `None` if only the run expects the failure.
        link: Option<String>,
    },
    /// The scenario passed, although a known bug is recorded for the scenario, or although the run
    /// expects a failure. The bug seems to be fixed, so the record or the run's expectation must be
    /// removed.
    Xpass {
        /// Link to the known bug that is recorded for the scenario, or `None` if only the run
        /// expects a failure.
        link: Option<String>,
    },
    /// The runner could not start or supervise the scenario's process, so there is no outcome. The
    /// text of `Unresolved` is the cause.
    Unresolved(String),
}

/// Ends of a case that a run expects, besides or in place of the ends that the scenario expects.
///
/// The default expects no end, so every end is unexpected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Xfail {
    /// Names of the known faults ([`Class::Known`]) that the run expects.
    pub faults: Vec<String>,
    /// Whether the run expects every failure.
    pub any_failure: bool,
    /// Whether the case may also pass, for example because its end depends on the processor.
    pub may_pass: bool,
}

/// Reason why a scenario failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The process was still running at this deadline.
    TimedOut(Duration),
    /// The process exited with a status that is not expected.
    Exited(i32),
    /// A signal that is not expected killed the process.
    Died(Signal),
    /// The process answered `OK` with status 0, although the scenario expects another end.
    Survived,
    /// The process exited with status 0, but its standard output is neither `OK` alone nor a `SKIP`
    /// line.
    NoAnswer,
    /// The process ended as expected, but its standard error does not contain this text, which the
    /// scenario requires.
    Silent(String),
    /// The process ended as expected, but its output does not meet a requirement of the scenario.
    Mismatch(Mismatch),
    /// The process ended in a way that matches none of the scenario's alternatives. The inner
    /// failure describes how the process ended.
    NoAlternative(Box<Failure>),
    /// The scenario failed in another way than the known bug that is recorded for the scenario.
    OtherThanKnown {
        /// Failure of the scenario.
        failure: Box<Failure>,
        /// End that is recorded for the known bug.
        recorded: Expectation,
        /// Link to the known bug.
        link: String,
    },
    /// The process ended as expected, but the command that inspects what the process has left behind
    /// did not.
    Inspected(Inspected),
    /// The case ran several times, and the runs ended in different ways.
    Unstable {
        /// Path of the file that records each run.
        log: String,
    },
    /// The process answered `SKIP` with a capability that the scenario does not need.
    NeedlessSkip(Gate),
    /// The process answered `SKIP`, but the run does not accept a skip for this reason
    /// (`--may-lack`).
    Lacks(Gate),
    /// The process ended in a way that is a known fault, which a strict run does not accept.
    KnownFault {
        /// Name of the alternative that describes this end.
        alternative: String,
        /// Link to the issue that tracks the fault.
        link: String,
    },
}

/// Output stream that does not meet a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// Name of the stream, which is "standard output" or "standard error", or "output" if both
    /// streams are merged.
    pub stream: &'static str,
    /// Requirement in words, such as ``equal to `hello` ``.
    pub required: String,
    /// Explanation in several lines, such as the lines that differ. The explanation may be empty.
    pub explanation: String,
}

/// Failure of the command that inspects what a case's process has left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspected {
    /// First line of the command.
    pub command: String,
    /// Failure of the command.
    pub failure: Box<Failure>,
    /// Output of the command on both streams.
    pub printed: String,
}

impl Failure {
    /// Returns the failure of the inspection, if the failure is about an inspection.
    pub fn inspected(&self) -> Option<&Inspected> {
        match self {
            Self::Inspected(inspected) => Some(inspected),
            Self::OtherThanKnown { failure, .. } => failure.inspected(),
            _ => None,
        }
    }

    /// Returns the requirement that the child's output did not meet, or `None` if the failure is
    /// not about the output.
    pub fn mismatch(&self) -> Option<&Mismatch> {
        match self {
            Self::Mismatch(mismatch) => Some(mismatch),
            Self::NoAlternative(failure) | Self::OtherThanKnown { failure, .. } => {
                failure.mismatch()
            }
            Self::Inspected(Inspected { failure, .. }) => failure.mismatch(),
            _ => None,
        }
    }

    /// Returns true if the failure is a skip that is needless or not accepted.
    fn is_of_skip(&self) -> bool {
        matches!(self, Self::NeedlessSkip(_) | Self::Lacks(_))
    }

    /// Returns the failure that says how the process ended: the inner failure of a
    /// [`NoAlternative`](Self::NoAlternative) or an [`OtherThanKnown`](Self::OtherThanKnown), or
    /// this failure itself.
    fn end(&self) -> &Self {
        match self {
            Self::NoAlternative(failure) | Self::OtherThanKnown { failure, .. } => failure.end(),
            other => other,
        }
    }
}

impl Verdict {
    /// Turns a skip into a failure, unless the skip is because of a missing capability that
    /// `may_lack` names. Returns every other verdict unchanged.
    #[must_use]
    pub fn lacking_only(self, may_lack: &[String]) -> Self {
        match self {
            Self::Unsupported(gate)
                if !gate.accepted_as().all(|name| may_lack.iter().any(|may| may == name)) =>
            {
                Self::Fail(Failure::Lacks(gate))
            }
            other => other,
        }
    }

    /// Returns the verdict for a strict run, in which a known fault is a failure.
    #[must_use]
    pub fn strict(self) -> Self {
        match self {
            Self::Pass { alternative, known: Some(link) } => {
                let alternative = alternative.unwrap_or_default();
                Self::Fail(Failure::KnownFault { alternative, link })
            }
            other => other,
        }
    }

    /// Returns the verdict for a run that expects the case to fail.
    ///
    /// An expected failure becomes [`Verdict::Xfail`], and an unexpected pass becomes
    /// [`Verdict::Xpass`]. A known fault counts as a failure, as in a strict run, so a list of
    /// expected failures has the same meaning in every run. A skip, a leak and an unresolved verdict
    /// are no failures of the scenario, so they stay unchanged.
    #[must_use]
    pub fn expecting(self, xfail: &Xfail) -> Self {
        match self.strict() {
            Self::Pass { .. } | Self::Stale(_) if !xfail.may_pass => Self::Xpass { link: None },
            Self::Fail(Failure::KnownFault { alternative, link })
                if xfail.any_failure || xfail.faults.contains(&alternative) =>
            {
                let known = Some(link.clone());
                Self::Xfail { failure: Failure::KnownFault { alternative, link }, link: known }
            }
            // A skip that a run refuses is no failure of the scenario.
            Self::Fail(failure) if xfail.any_failure && !failure.is_of_skip() => {
                Self::Xfail { failure, link: None }
            }
            other => other,
        }
    }

    /// Returns true if and only if this verdict does not fail a run.
    ///
    /// A strict run accepts neither a stale gate ([`Verdict::Stale`]) nor a known fault
    /// ([`Class::Known`]). A strict run accepts XFAIL, because the recorded known bug explains the
    /// failure.
    pub fn is_accepted(&self, strict: bool) -> bool {
        match self {
            Self::Pass { known, .. } => known.is_none() || !strict,
            Self::Unsupported(_) | Self::Xfail { .. } => true,
            Self::Stale(_) => !strict,
            Self::Fail(_) | Self::Leak | Self::Xpass { .. } | Self::Unresolved(_) => false,
        }
    }
}

/// Compares the outcome of a case with the case's expectation. `deadline` is the deadline that the
/// case had.
///
/// If the case comes from a listing and its expectation contains a closure, the verdict is
/// [`Verdict::Unresolved`], because only the child's program has the closure.
pub fn judge(case: &Case, outcome: &Outcome, deadline: Duration) -> Verdict {
    judge_with(case, outcome, deadline, &mut |question| {
        Err(format!("failed to judge `{}`: only the program can judge it", question.words))
    })
}

/// Works like [`judge`], but calls `ask` for each requirement that only the program itself can
/// judge.
pub(crate) fn judge_with(
    case: &Case,
    outcome: &Outcome,
    deadline: Duration,
    ask: &mut Ask<'_>,
) -> Verdict {
    let mut judge = Judge { outcome, deadline, ask };
    judge.verdict(case).unwrap_or_else(Verdict::Unresolved)
}

/// Compares the end and the output of a process with an expectation.
///
/// # Errors
///
/// Returns a one-line message if the expectation contains a requirement that only the program can
/// judge.
pub(crate) fn compare(
    expect: &Expectation,
    outcome: &Outcome,
    deadline: Duration,
) -> Result<Result<(), Failure>, String> {
    let mut ask = |question: &Question<'_>| -> Result<Result<(), String>, String> {
        Err(format!("failed to judge `{}`: only the program can judge it", question.words))
    };
    let mut judge = Judge { outcome, deadline, ask: &mut ask };
    Ok(judge.meets(expect)?.map(drop))
}

/// Returns the verdict on a case whose process ended as expected, but whose inspection failed.
pub(crate) fn uninspected(case: &Case, inspected: Inspected) -> Verdict {
    let failure = Failure::Inspected(inspected);
    match (case.known_bug.clone(), case.known_failure.clone()) {
        (None, _) => Verdict::Fail(failure),
        (Some(link), None) => Verdict::Xfail { failure, link: Some(link) },
        (Some(link), Some(recorded)) => {
            Verdict::Fail(Failure::OtherThanKnown { failure: failure.into(), recorded, link })
        }
    }
}

/// Outcome of a case, and the functions and values that judge the outcome.
struct Judge<'a, 'b> {
    outcome: &'a Outcome,
    deadline: Duration,
    ask: &'a mut Ask<'b>,
}

impl Judge<'_, '_> {
    /// Returns the verdict, or the reason why the case cannot be judged.
    fn verdict(&mut self, case: &Case) -> Result<Verdict, String> {
        if let Some(gate) = skip(case, self.outcome) {
            return Ok(skipped(case, gate));
        }
        if let Some(skip) = &case.skip {
            if self.meets(skip)?.is_ok() {
                return Ok(Verdict::Unsupported(Gate::at_run_time(skip_reason(self.outcome))));
            }
        }
        let passed = match self.meets(&case.expect)? {
            Err(failure) => return self.failed(case, failure),
            Ok(alternative) => alternative.map_or(
                Verdict::Pass { alternative: None, known: None },
                |Alternative { name, class, .. }| Verdict::Pass {
                    alternative: Some(name.clone()),
                    known: match class {
                        Class::Good => None,
                        Class::Known { link } => Some(link.clone()),
                    },
                },
            ),
        };
        Ok(match (&case.known_bug, &case.gate) {
            _ if self.outcome.leaked => Verdict::Leak,
            (Some(link), _) => Verdict::Xpass { link: Some(link.clone()) },
            (None, Some(gate)) => Verdict::Stale(gate.clone()),
            (None, None) => passed,
        })
    }

    /// Returns the verdict on a case that failed, which depends on the case's known bug.
    fn failed(&mut self, case: &Case, failure: Failure) -> Result<Verdict, String> {
        let Some(link) = case.known_bug.clone() else { return Ok(Verdict::Fail(failure)) };
        let Some(recorded) = &case.known_failure else {
            return Ok(Verdict::Xfail { failure, link: Some(link) });
        };
        Ok(match self.meets(recorded)? {
            Ok(_) => Verdict::Xfail { failure, link: Some(link) },
            Err(_) => Verdict::Fail(Failure::OtherThanKnown {
                failure: failure.into(),
                recorded: recorded.clone(),
                link,
            }),
        })
    }

    /// Compares the outcome with an expectation. Returns the alternative that matched, if the
    /// expectation has alternatives.
    fn meets<'e>(
        &mut self,
        expect: &'e Expectation,
    ) -> Result<Result<Option<&'e Alternative>, Failure>, String> {
        let alternatives = match expect.kind() {
            Kind::Single(single) => return Ok(self.meets_single(single)?.map(|()| None)),
            Kind::OneOf(alternatives) => alternatives,
        };
        let mut closest = None;
        for alternative in alternatives {
            match self.meets(&alternative.expect)? {
                Ok(_) => return Ok(Ok(Some(alternative))),
                // A failure about the output means that the process ended as required, unless the
                // alternative allows any end.
                Err(failure) => match &closest {
                    Some(Failure::Silent(_) | Failure::Mismatch(_)) => {}
                    None => closest = Some(failure),
                    Some(_)
                        if matches!(failure, Failure::Silent(_) | Failure::Mismatch(_))
                            && !alternative.expect.has_any_end() =>
                    {
                        closest = Some(failure);
                    }
                    Some(_) => {}
                },
            }
        }
        let failure = closest.unwrap_or(Failure::NoAnswer);
        Ok(Err(Failure::NoAlternative(Box::new(failure))))
    }

    fn meets_single(&mut self, single: &Single) -> Result<Result<(), Failure>, String> {
        let Outcome { stdout, stderr, merged, .. } = self.outcome;
        if let Err(failure) = self.ends(single) {
            return Ok(Err(failure));
        }
        let before = match single.ends {
            Ends::Answers => without_answer(stdout),
            _ => stdout.clone(),
        };
        let [(out, out_name), (err, err_name)] = if *merged {
            [(&before, "output"), (&before, "output")]
        } else {
            [(&before, "standard output"), (stderr, "standard error")]
        };
        let panicked =
            (single.ends == Ends::Panics).then(|| Rule::Contains("panicked at".to_owned()));
        let err_rules = panicked.iter().chain(&single.stderr);
        let rules = single.stdout.iter().map(|rule| (out, out_name, true, rule));
        for (output, stream, is_stdout, rule) in
            err_rules.map(|rule| (err, err_name, false, rule)).chain(rules)
        {
            let Some(explanation) = content::explain(rule, output, self.ask)? else { continue };
            return Ok(Err(match rule {
                Rule::Contains(text) if !is_stdout => Failure::Silent(text.clone()),
                rule => Failure::Mismatch(Mismatch {
                    stream,
                    required: rule.in_words(|text| format!("`{text}`")),
                    explanation,
                }),
            }));
        }
        Ok(Ok(()))
    }

    /// Compares the end of the process with the end that an expectation requires.
    fn ends(&self, single: &Single) -> Result<(), Failure> {
        let has_aborted = |end: End| match end {
            End::Signaled { signal, .. } => signal == Signal::Abrt,
            End::Exited(status) => ABORT_STATUS == Some(status),
            End::TimedOut => false,
        };
        let end = self.outcome.end;
        let is_last_line = !single.stdout.is_empty();
        let answered_ok =
            answer(self.outcome, is_last_line).is_some_and(|bytes| protocol::is_ok(&bytes));
        let is_expected = match (&single.ends, end) {
            (Ends::Answers, End::Exited(0)) => answered_ok,
            (Ends::Signals(signals), End::Signaled { signal, .. }) => signals.contains(&signal),
            (Ends::Statuses(statuses), End::Exited(status)) => statuses.contains(status),
            (Ends::Aborts, end) => has_aborted(end),
            (Ends::Crashes, End::Signaled { .. }) | (Ends::Any, _) => true,
            (Ends::Crashes, End::Exited(status)) => !(0..=127).contains(&status),
            (Ends::Panics, end) => end == End::Exited(PANICKED) || has_aborted(end),
            (Ends::Hangs, end) => end == End::TimedOut,
            (Ends::Answers | Ends::Signals(_) | Ends::Statuses(_) | Ends::Crashes, _) => false,
        };
        match (end, &single.ends) {
            _ if is_expected => Ok(()),
            (End::TimedOut, _) => Err(Failure::TimedOut(self.deadline)),
            (End::Signaled { signal, .. }, _) => Err(Failure::Died(signal)),
            (End::Exited(0), Ends::Answers) => Err(Failure::NoAnswer),
            (End::Exited(0), _) if answered_ok => Err(Failure::Survived),
            (End::Exited(status), _) => Err(Failure::Exited(status)),
        }
    }
}

/// Returns the child's own message about a failure, in one line: the error that the scenario
/// returned, the message of a panic, or the output in place of an answer.
pub(crate) fn message(case: &Case, outcome: &Outcome, verdict: &Verdict) -> Option<String> {
    let (Verdict::Fail(failure) | Verdict::Xfail { failure, .. }) = verdict else { return None };
    let stderr = if outcome.merged { &outcome.stdout } else { &outcome.stderr };
    match failure.end() {
        Failure::Exited(status) if *status == i32::from(protocol::DID_NOT_HOLD_STATUS) => {
            let stderr = text(stderr);
            let line = stderr.lines().rfind(|line| said(line, &case.name).is_some())?;
            said(line, &case.name).map(excerpt)
        }
        Failure::Exited(PANICKED) | Failure::Died(Signal::Abrt) => panic_message(&text(stderr)),
        Failure::NoAnswer => {
            let stdout = text(&outcome.stdout);
            let lines: Vec<_> = stdout.lines().collect();
            Some(match &*lines {
                [] => "printed nothing to standard output".to_owned(),
                [before @ .., last] if *last == protocol::OK && !before.is_empty() => {
                    format!("printed `{}` before its answer", excerpt(&before.join("\n")))
                }
                [first, ..] => format!("printed `{}` to standard output", excerpt(first)),
            })
        }
        _ => None,
    }
}

/// Returns the end of a process that skipped its case without an answer `SKIP`, and the last line of
/// the process's output.
fn skip_reason(outcome: &Outcome) -> String {
    let end = match outcome.end {
        End::Exited(status) => format!("exited with status {status}"),
        End::Signaled { signal, .. } => format!("died of {signal}"),
        End::TimedOut => "still ran at the deadline".to_owned(),
    };
    let [stdout, stderr] = [&outcome.stdout, &outcome.stderr].map(text);
    let line = [&stdout, &stderr].into_iter().find_map(|text| text.trim_end().lines().last());
    line.map_or_else(|| end.clone(), |line| format!("{end}: {}", excerpt(line)))
}

/// Returns the kept bytes of an output as a text.
fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.head, &*output.tail].concat()).into_owned()
}

/// Returns the error that a child printed after the name of its scenario.
fn said<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix(name)?.strip_prefix(": ")
}

/// Returns the place and the first line of the message of the first panic, which the standard
/// library prints in two lines, such as ``thread 'main' (1234) panicked at src/lib.rs:1:2:`` and a
/// line with the message.
pub(crate) fn panic_message(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().skip_while(|line| !line.contains(" panicked at "));
    let place = lines.next()?.split_once(" panicked at ")?.1;
    let message = lines.next().unwrap_or_default();
    Some(excerpt(&format!("panicked at {place} {message}")))
}

/// Exit status of a Rust program whose main thread panicked.
const PANICKED: i32 = 101;

/// Returns the verdict on a case whose child answered `SKIP`.
fn skipped(case: &Case, gate: Gate) -> Verdict {
    if gate.is_at_run_time() {
        return Verdict::Unsupported(gate);
    }
    // A `SKIP` without a capability counts as a `SKIP` with all needs of the scenario. If the
    // scenario needs no capability, a `SKIP` without a capability is needless.
    let gate = match &*gate.capability {
        "" => Gate { capability: case.needs.join(","), ..gate },
        _ => gate,
    };
    let needed = case.needs.join(",") == gate.capability || case.needs.contains(&gate.capability);
    let needed = needed && !case.needs.is_empty();
    // A needless skip is an error in the scenario, so the verdict is a failure even if the scenario
    // has a known bug.
    if needed { Verdict::Unsupported(gate) } else { Verdict::Fail(Failure::NeedlessSkip(gate)) }
}

/// Parses a `SKIP` answer. Returns `None` unless the child exited with status 0.
fn skip(case: &Case, outcome: &Outcome) -> Option<Gate> {
    if case.foreign || outcome.end != End::Exited(protocol::ANSWERED_STATUS.into()) {
        return None;
    }
    let is_last_line = case.expect.singles().iter().any(|single| !single.stdout.is_empty());
    protocol::parse_skip(&String::from_utf8(answer(outcome, is_last_line)?).ok()?)
}

/// Returns the part of standard output that must be the child's answer. If `is_last_line` is false,
/// the answer must be the whole standard output.
///
/// If `is_last_line` is true, or if standard error is merged into standard output, the answer is
/// the last line, because a child that uses this library prints its answer last. Returns `None` if
/// the runner has dropped bytes of the answer.
fn answer(outcome: &Outcome, is_last_line: bool) -> Option<Vec<u8>> {
    let Outcome { stdout, merged, .. } = outcome;
    if !merged && !is_last_line {
        return stdout.whole();
    }
    let end = stdout.whole().unwrap_or_else(|| stdout.tail.clone());
    let line_feed = end.strip_suffix(b"\n")?.iter().rposition(|byte| *byte == b'\n');
    Some(end[line_feed.map_or(0, |place| place + 1)..].to_vec())
}

/// Returns an output without its last line, which is the child's answer.
fn without_answer(output: &Output) -> Output {
    let mut before = output.clone();
    let last = if before.tail.is_empty() { &mut before.head } else { &mut before.tail };
    let end = last.strip_suffix(b"\n").unwrap_or(last);
    let line = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    last.truncate(line);
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::Target;
    use crate::expectation::{Alternative, Content};
    use crate::scenario::Scenario;
    use crate::spawn::Artifacts;

    const LIMIT: Duration = Duration::from_secs(60);

    fn case(expect: Expectation) -> Case {
        let scenario = Scenario::new("a", || {}).expect(expect);
        Case { needs: vec!["ucontext".into()], ..Case::new(&scenario, &Target::current()) }
    }

    fn ok() -> Case {
        case(Expectation::ok())
    }

    fn dies() -> Case {
        case(Expectation::dies([Signal::Segv, Signal::Bus], "about to"))
    }

    fn exits() -> Case {
        case(Expectation::exits(3, "about to"))
    }

    fn output(text: &str) -> Output {
        Output { head: text.into(), ..Output::default() }
    }

    fn outcome(end: End, stdout: &str) -> Outcome {
        Outcome {
            end,
            stdout: output(stdout),
            stderr: output("I am about to die\n"),
            merged: false,
            leaked: false,
            wall: Duration::ZERO,
            user: Duration::ZERO,
            system: Duration::ZERO,
            max_rss: 0,
            hang: None,
            backtrace: None,
            fault: None,
            artifacts: Artifacts::default(),
            not_removed: None,
            not_killed: None,
        }
    }

    fn judged(case: &Case, end: End, stdout: &str) -> Verdict {
        judge(case, &outcome(end, stdout), LIMIT)
    }

    fn signaled(signal: Signal) -> End {
        End::Signaled { signal, core: false }
    }

    const PASS: Verdict = Verdict::Pass { alternative: None, known: None };
    const ALL_CASES: [fn() -> Case; 3] = [ok, dies, exits];

    #[test]
    fn ok_and_status_0_pass() {
        assert_eq!(judged(&ok(), End::Exited(0), "OK\n"), PASS);
    }

    #[test]
    fn whatever_is_not_exactly_ok_is_no_answer() {
        for stdout in [
            "",
            "OK",
            "OK\nOK\n",
            "OK\r\r\n",
            "OK\r",
            "OK\n\r\n",
            " OK\n",
            "OK \n",
            "ok\n",
            "\nOK\n",
            "noise\nOK\n",
            "SKIP x\ny\n",
        ] {
            assert_eq!(
                judged(&ok(), End::Exited(0), stdout),
                Verdict::Fail(Failure::NoAnswer),
                "{stdout:?}"
            );
        }
    }

    #[test]
    fn an_answer_may_end_in_a_carriage_return_and_a_line_feed() {
        let merged = |text: &str| Outcome { merged: true, ..outcome(End::Exited(0), text) };
        assert_eq!(judged(&ok(), End::Exited(0), "OK\r\n"), PASS);
        assert_eq!(judge(&ok(), &merged("a warning\r\nOK\r\n"), LIMIT), PASS);
        let gate = Gate { capability: "ucontext".into(), reason: "none here".into() };
        for text in ["SKIP ucontext: none here\r\n", "SKIP ucontext: none here\n"] {
            assert_eq!(judged(&ok(), End::Exited(0), text), Verdict::Unsupported(gate.clone()));
        }
        let bare = Gate { capability: "ucontext".into(), reason: String::new() };
        assert_eq!(judged(&ok(), End::Exited(0), "SKIP\r\n"), Verdict::Unsupported(bare));
        assert_eq!(judged(&dies(), End::Exited(0), "OK\r\n"), Verdict::Fail(Failure::Survived));
    }

    #[test]
    fn the_lines_of_a_required_text_may_end_in_carriage_returns_and_line_feeds() {
        let case = case(Expectation::exits(3, "first\nsecond"));
        let mut printed = outcome(End::Exited(3), "");
        printed.stderr = output("first\r\nsecond\r\n");
        assert_eq!(judge(&case, &printed, LIMIT), PASS);
        printed.stderr = output("first\r\r\nsecond\r\n");
        let silent = Failure::Silent("first\nsecond".into());
        assert_eq!(judge(&case, &printed, LIMIT), Verdict::Fail(silent));
    }

    #[test]
    fn ok_in_a_cut_output_is_no_answer() {
        let mut cut = outcome(End::Exited(0), "OK\n");
        cut.stdout.dropped = 1;
        assert_eq!(judge(&ok(), &cut, LIMIT), Verdict::Fail(Failure::NoAnswer));
    }

    #[test]
    fn bytes_that_are_not_text_are_no_answer() {
        let mut raw = outcome(End::Exited(0), "");
        raw.stdout.head = b"SKIP \xff\n".to_vec();
        assert_eq!(judge(&ok(), &raw, LIMIT), Verdict::Fail(Failure::NoAnswer));
    }

    #[test]
    fn in_merged_output_the_last_line_is_the_answer() {
        let judged = |case: &Case, end, text: &str| {
            let mut merged = outcome(end, text);
            (merged.merged, merged.stderr) = (true, Output::default());
            judge(case, &merged, LIMIT)
        };
        let no_answer = Verdict::Fail(Failure::NoAnswer);
        assert_eq!(judged(&ok(), End::Exited(0), "OK\n"), PASS);
        assert_eq!(judged(&ok(), End::Exited(0), "a warning\nOK\n"), PASS);
        for text in ["", "OK", "a warning OK\n", "OK\na warning\n", "OK\n\n"] {
            assert_eq!(judged(&ok(), End::Exited(0), text), no_answer, "{text:?}");
        }
        let skipped = judged(&ok(), End::Exited(0), "a warning\nSKIP ucontext: none\n");
        assert!(matches!(skipped, Verdict::Unsupported(_)), "{skipped:?}");
        assert_eq!(judged(&exits(), End::Exited(3), "I am about to exit\n"), PASS);
        let silent = Verdict::Fail(Failure::Silent("about to".into()));
        assert_eq!(judged(&exits(), End::Exited(3), "nothing\n"), silent);
    }

    #[test]
    fn merged_output_that_was_cut_has_its_answer_at_the_end() {
        let mut cut = outcome(End::Exited(0), "noise");
        (cut.merged, cut.stdout.dropped) = (true, 5);
        cut.stdout.tail = b"noise\nOK\n".to_vec();
        assert_eq!(judge(&ok(), &cut, LIMIT), PASS);
    }

    #[test]
    fn ok_and_then_death_fails() {
        assert_eq!(
            judged(&ok(), signaled(Signal::Segv), "OK\n"),
            Verdict::Fail(Failure::Died(Signal::Segv))
        );
    }

    #[test]
    fn ok_and_another_status_fails() {
        assert_eq!(judged(&ok(), End::Exited(1), "OK\n"), Verdict::Fail(Failure::Exited(1)));
    }

    #[test]
    fn a_skip_is_unsupported_whatever_is_expected() {
        for case in ALL_CASES {
            let verdict =
                judged(&case(), End::Exited(0), "SKIP ucontext: musl has no getcontext\n");
            let Verdict::Unsupported(gate) = verdict else { panic!("{verdict:?}") };
            assert_eq!(gate.to_string(), "ucontext: musl has no getcontext");
            assert!(matches!(judged(&case(), End::Exited(0), "SKIP\n"), Verdict::Unsupported(_)));
        }
    }

    #[test]
    fn a_skip_at_run_time_is_unsupported_whatever_is_needed() {
        for case in ALL_CASES {
            let skip = judged(&case(), End::Exited(0), "SKIP: no permission\n");
            assert_eq!(skip, Verdict::Unsupported(Gate::at_run_time("no permission")));
            let needless = Case { needs: vec![], ..case() };
            assert_eq!(judged(&needless, End::Exited(0), "SKIP: no permission\n"), skip);
            assert_eq!(skip.clone().lacking_only(&["run-time".into()]), skip);
            let lacks = skip.lacking_only(&["ucontext".into(), String::new()]);
            assert!(matches!(lacks, Verdict::Fail(Failure::Lacks(_))), "{lacks:?}");
        }
    }

    #[test]
    fn a_skip_counts_only_with_status_0() {
        assert_eq!(
            judged(&ok(), End::Exited(1), "SKIP ucontext: x\n"),
            Verdict::Fail(Failure::Exited(1))
        );
        assert_eq!(
            judged(&ok(), signaled(Signal::Abrt), "SKIP\n"),
            Verdict::Fail(Failure::Died(Signal::Abrt))
        );
    }

    #[test]
    fn a_skip_for_what_is_not_needed_fails() {
        let verdict = judged(&ok(), End::Exited(0), "SKIP fork: no\n");
        assert!(matches!(verdict, Verdict::Fail(Failure::NeedlessSkip(_))), "{verdict:?}");
    }

    #[test]
    fn a_bare_skip_stands_for_all_that_is_needed() {
        let needy = Case { needs: vec!["ucontext".into(), "signals".into()], ..ok() };
        let skip = judged(&needy, End::Exited(0), "SKIP\n");
        let Verdict::Unsupported(gate) = &skip else { panic!("{skip:?}") };
        assert_eq!(gate.to_string(), "ucontext,signals");
        let may = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(skip.clone().lacking_only(&may(&["signals", "ucontext"])), skip);
        assert!(matches!(skip.lacking_only(&may(&["ucontext"])), Verdict::Fail(Failure::Lacks(_))));
        let needless = judged(&Case { needs: vec![], ..ok() }, End::Exited(0), "SKIP\n");
        assert!(matches!(needless, Verdict::Fail(Failure::NeedlessSkip(_))), "{needless:?}");
    }

    #[test]
    fn a_skip_for_what_may_not_be_lacking_fails() {
        let skip = || judged(&ok(), End::Exited(0), "SKIP ucontext: x\n");
        assert!(matches!(skip().lacking_only(&["ucontext".into()]), Verdict::Unsupported(_)));
        assert!(matches!(skip().lacking_only(&[]), Verdict::Fail(Failure::Lacks(_))));
        assert_eq!(PASS.lacking_only(&[]), PASS);
    }

    #[test]
    fn the_expected_signal_and_text_pass() {
        for signal in [Signal::Segv, Signal::Bus] {
            assert_eq!(judged(&dies(), signaled(signal), ""), PASS);
        }
        assert_eq!(judged(&dies(), signaled(Signal::Segv), "OK\n"), PASS);
    }

    #[test]
    fn another_signal_fails() {
        assert_eq!(
            judged(&dies(), signaled(Signal::Abrt), ""),
            Verdict::Fail(Failure::Died(Signal::Abrt))
        );
    }

    #[test]
    fn the_expected_end_without_its_text_fails() {
        let silent = |case: &Case, end| {
            let outcome = Outcome { stderr: output("nothing\n"), ..outcome(end, "") };
            judge(case, &outcome, LIMIT)
        };
        let expected = Verdict::Fail(Failure::Silent("about to".into()));
        assert_eq!(silent(&dies(), signaled(Signal::Segv)), expected);
        assert_eq!(silent(&exits(), End::Exited(3)), expected);
    }

    #[test]
    fn who_should_die_and_answers_ok_has_survived() {
        assert_eq!(judged(&dies(), End::Exited(0), "OK\n"), Verdict::Fail(Failure::Survived));
        assert_eq!(judged(&exits(), End::Exited(0), "OK\n"), Verdict::Fail(Failure::Survived));
    }

    #[test]
    fn who_should_die_and_exits_fails() {
        assert_eq!(judged(&dies(), End::Exited(0), ""), Verdict::Fail(Failure::Exited(0)));
        assert_eq!(judged(&dies(), End::Exited(139), ""), Verdict::Fail(Failure::Exited(139)));
    }

    #[test]
    fn the_expected_status_and_text_pass() {
        assert_eq!(judged(&exits(), End::Exited(3), ""), PASS);
        assert_eq!(judged(&exits(), End::Exited(4), ""), Verdict::Fail(Failure::Exited(4)));
        assert_eq!(
            judged(&exits(), signaled(Signal::Kill), ""),
            Verdict::Fail(Failure::Died(Signal::Kill))
        );
    }

    #[test]
    fn a_timeout_fails_whatever_is_expected() {
        for case in ALL_CASES {
            for stdout in ["", "OK\n", "SKIP\n"] {
                assert_eq!(
                    judged(&case(), End::TimedOut, stdout),
                    Verdict::Fail(Failure::TimedOut(LIMIT))
                );
            }
        }
    }

    #[test]
    fn a_leak_spoils_a_pass_and_nothing_else() {
        let leaking = |end, stdout: &str| Outcome { leaked: true, ..outcome(end, stdout) };
        assert_eq!(judge(&ok(), &leaking(End::Exited(0), "OK\n"), LIMIT), Verdict::Leak);
        assert_eq!(judge(&dies(), &leaking(signaled(Signal::Bus), ""), LIMIT), Verdict::Leak);
        let failed = judge(&ok(), &leaking(End::Exited(1), "OK\n"), LIMIT);
        assert_eq!(failed, Verdict::Fail(Failure::Exited(1)));
    }

    #[test]
    fn one_of_several_endings_is_named() {
        let alternatives = vec![
            Alternative::good("ran", Expectation::ok()),
            Alternative::known(
                "died",
                "https://example.org/1",
                Expectation::dies([Signal::Abrt], ""),
            ),
        ];
        let case = case(Expectation::one_of(alternatives));
        let ran = judged(&case, End::Exited(0), "OK\n");
        assert_eq!(ran, Verdict::Pass { alternative: Some("ran".into()), known: None });
        let died = judged(&case, signaled(Signal::Abrt), "");
        let known = Some("https://example.org/1".into());
        assert_eq!(died, Verdict::Pass { alternative: Some("died".into()), known });
        assert!(died.is_accepted(false) && !died.is_accepted(true));
        assert_eq!(
            judged(&case, End::Exited(7), ""),
            Verdict::Fail(Failure::NoAlternative(Failure::Exited(7).into()))
        );
    }

    #[test]
    fn a_gated_scenario_that_passes_has_a_stale_gate() {
        let gate = Gate { capability: "ucontext".into(), reason: "none here".into() };
        let gated = Case { gate: Some(gate.clone()), ..ok() };
        let verdict = judged(&gated, End::Exited(0), "OK\n");
        assert_eq!(verdict, Verdict::Stale(gate));
        assert!(verdict.is_accepted(false) && !verdict.is_accepted(true));
    }

    #[test]
    fn a_set_of_statuses_accepts_its_members() {
        for (expect, good, bad) in [
            (Expectation::exits([1, 3], ""), &[1, 3][..], &[0, 2, 4][..]),
            (Expectation::exits(10..=12, ""), &[10, 12], &[9, 13, -11]),
            (Expectation::exits(-1, ""), &[-1], &[1, 255]),
        ] {
            for status in good {
                assert_eq!(judged(&case(expect.clone()), End::Exited(*status), ""), PASS);
            }
            for status in bad {
                let verdict = judged(&case(expect.clone()), End::Exited(*status), "");
                assert_eq!(verdict, Verdict::Fail(Failure::Exited(*status)));
            }
        }
    }

    #[test]
    fn a_crash_is_neither_success_nor_a_small_status() {
        let crashes = case(Expectation::crashes());
        for end in [signaled(Signal::Segv), signaled(Signal::Kill)]
            .into_iter()
            .chain([128, 134, 255, -1, i32::MIN].map(End::Exited))
        {
            assert_eq!(judged(&crashes, end, ""), PASS, "{end:?}");
        }
        for status in [1, 2, 101, 127] {
            let failed = Verdict::Fail(Failure::Exited(status));
            assert_eq!(judged(&crashes, End::Exited(status), ""), failed);
        }
        assert_eq!(judged(&crashes, End::Exited(0), "OK\n"), Verdict::Fail(Failure::Survived));
        let late = Verdict::Fail(Failure::TimedOut(LIMIT));
        assert_eq!(judged(&crashes, End::TimedOut, ""), late);
    }

    #[test]
    fn an_abort_is_a_signal_and_on_windows_also_a_status() {
        let aborts = case(Expectation::aborts());
        assert_eq!(judged(&aborts, signaled(Signal::Abrt), ""), PASS);
        let other = Verdict::Fail(Failure::Died(Signal::Segv));
        assert_eq!(judged(&aborts, signaled(Signal::Segv), ""), other);
        let status_3 = judged(&aborts, End::Exited(3), "");
        assert_eq!(status_3 == PASS, ABORT_STATUS == Some(3), "{status_3:?}");
    }

    #[test]
    fn a_panic_says_so_and_unwinds_or_aborts() {
        let panics = |message: &str, end, stderr: &str| {
            let outcome = Outcome { stderr: output(stderr), ..outcome(end, "") };
            judge(&case(Expectation::panics(message)), &outcome, LIMIT)
        };
        let stderr = "thread 'main' panicked at src/lib.rs:1:2:\nout of paper\n";
        for end in [End::Exited(101), signaled(Signal::Abrt)] {
            assert_eq!(panics("of paper", end, stderr), PASS);
            assert_eq!(panics("", end, stderr), PASS);
            let silent = |text: &str| Verdict::Fail(Failure::Silent(text.into()));
            assert_eq!(panics("of ink", end, stderr), silent("of ink"));
            assert_eq!(panics("", end, "out of paper"), silent("panicked at"));
        }
        let exited = Verdict::Fail(Failure::Exited(1));
        assert_eq!(panics("of paper", End::Exited(1), stderr), exited);
    }

    #[test]
    fn who_should_hang_still_runs_at_the_deadline() {
        let hangs = case(Expectation::hangs().stderr("about to"));
        assert_eq!(judged(&hangs, End::TimedOut, ""), PASS);
        let silent = Verdict::Fail(Failure::Silent("cycle".into()));
        let case = case(Expectation::hangs().stderr("cycle"));
        assert_eq!(judged(&case, End::TimedOut, ""), silent);
        assert_eq!(judged(&hangs, End::Exited(0), "OK\n"), Verdict::Fail(Failure::Survived));
        let died = Verdict::Fail(Failure::Died(Signal::Abrt));
        assert_eq!(judged(&hangs, signaled(Signal::Abrt), ""), died);
    }

    fn mismatch(verdict: &Verdict) -> (&'static str, &str) {
        let Verdict::Fail(failure) = verdict else { panic!("{verdict:?}") };
        let mismatch = failure.mismatch().unwrap_or_else(|| panic!("{verdict:?}"));
        (mismatch.stream, &mismatch.required)
    }

    #[test]
    fn the_output_before_the_answer_is_judged() {
        let case = case(Expectation::ok().stdout(Content::equals("one\ntwo\n")));
        assert_eq!(judged(&case, End::Exited(0), "one\ntwo\nOK\n"), PASS);
        let other = judged(&case, End::Exited(0), "one\nOK\n");
        assert_eq!(mismatch(&other), ("standard output", "equal to `one\ntwo\n`"));
        for stdout in ["one\ntwo\n", "OK\none\ntwo\n", "one\ntwoOK\n"] {
            let verdict = judged(&case, End::Exited(0), stdout);
            assert_eq!(verdict, Verdict::Fail(Failure::NoAnswer), "{stdout:?}");
        }
        let skip = judged(&case, End::Exited(0), "one\nSKIP ucontext: none\n");
        assert!(matches!(skip, Verdict::Unsupported(_)), "{skip:?}");
        let merged = Outcome { merged: true, ..outcome(End::Exited(0), "one\ntwo\nOK\n") };
        assert_eq!(judge(&case, &merged, LIMIT), PASS);
    }

    #[test]
    fn each_stream_has_its_own_requirements() {
        let both = Expectation::exits(3, "about to")
            .stdout(Content::starts_with("first"))
            .stderr(Content::contains_none(["leak", "die"]));
        let verdict = judged(&case(both), End::Exited(3), "first\n");
        assert_eq!(mismatch(&verdict), ("standard error", "without `die`"));
        let first = Expectation::exits(3, "about to").stdout(Content::starts_with("first"));
        assert_eq!(judged(&case(first.clone()), End::Exited(3), "first\n"), PASS);
        let verdict = judged(&case(first), End::Exited(3), "second\n");
        assert_eq!(mismatch(&verdict), ("standard output", "starting with `first`"));
    }

    #[test]
    fn a_closure_of_another_program_is_asked_for() {
        let judged_by =
            |words: &str| Expectation::exits(3, "").stdout(Content::judged_by(words, |_: &str| {}));
        let listing = protocol::listing(&[case(judged_by("it is even"))]);
        let listed = protocol::parse_listing(&listing).unwrap().remove(0);
        let outcome = outcome(End::Exited(3), "12");
        let asked = |answer: Result<Result<(), String>, String>| {
            judge_with(&listed, &outcome, LIMIT, &mut |question| {
                assert_eq!((question.words, question.output), ("it is even", &b"12"[..]));
                answer.clone()
            })
        };
        assert_eq!(asked(Ok(Ok(()))), PASS);
        let refused = asked(Ok(Err("it is odd".to_owned())));
        assert_eq!(mismatch(&refused), ("standard output", "that meets `it is even`"));
        assert_eq!(asked(Err("gone".to_owned())), Verdict::Unresolved("gone".to_owned()));
        assert!(matches!(judge(&listed, &outcome, LIMIT), Verdict::Unresolved(_)));
        assert_eq!(judge(&case(judged_by("it is even")), &outcome, LIMIT), PASS);
    }

    #[test]
    fn the_failure_of_several_alternatives_is_the_closest_one() {
        let ends = Expectation::one_of([
            Alternative::good("left", Expectation::exits(3, "gone")),
            Alternative::good("died", Expectation::dies([Signal::Segv], "")),
        ]);
        let none = |failure: Failure| Verdict::Fail(Failure::NoAlternative(failure.into()));
        let verdict = judged(&case(ends.clone()), End::Exited(3), "");
        assert_eq!(verdict, none(Failure::Silent("gone".into())));
        let verdict = judged(&case(ends.clone()), signaled(Signal::Abrt), "");
        assert_eq!(verdict, none(Failure::Died(Signal::Abrt)));
        assert_eq!(judged(&case(ends), End::TimedOut, ""), none(Failure::TimedOut(LIMIT)));
    }

    #[test]
    fn only_the_recorded_failure_of_a_known_bug_is_known() {
        let scenario = Scenario::new("a", || {})
            .known_bug_failing(LINK, Expectation::dies([Signal::Segv], "about to"));
        let case = Case::new(&scenario, &Target::current());
        assert_eq!(judged(&case, signaled(Signal::Segv), ""), known(Failure::Died(Signal::Segv)));
        let other = judged(&case, signaled(Signal::Abrt), "");
        let Verdict::Fail(Failure::OtherThanKnown { failure, link, .. }) = &other else {
            panic!("{other:?}");
        };
        assert_eq!((&**failure, &**link), (&Failure::Died(Signal::Abrt), LINK));
        assert!(!other.is_accepted(false));
        let silent = Outcome { stderr: output(""), ..outcome(signaled(Signal::Segv), "") };
        assert!(matches!(judge(&case, &silent, LIMIT), Verdict::Fail(_)));
        let passed = judged(&case, End::Exited(0), "OK\n");
        assert_eq!(passed, Verdict::Xpass { link: Some(LINK.into()) });
    }

    fn said(end: End, stdout: &str, stderr: &str) -> Option<String> {
        let outcome = Outcome { stderr: output(stderr), ..outcome(end, stdout) };
        let verdict = judge(&ok(), &outcome, LIMIT);
        assert_ne!(verdict, PASS);
        message(&ok(), &outcome, &verdict)
    }

    #[test]
    fn a_failure_has_the_words_of_its_child() {
        let returned = said(End::Exited(1), "", "a note\na: 1 + 1 is 3\n");
        assert_eq!(returned.unwrap(), "1 + 1 is 3");
        assert_eq!(said(End::Exited(1), "", "b: 1 + 1 is 3\n"), None);
        assert_eq!(said(End::Exited(7), "", "a: 1 + 1 is 3\n"), None);
        let stderr = "note\nthread 'main' (7) panicked at a.rs:1:2:\nno paper\nnote: run with\n";
        for end in [End::Exited(101), signaled(Signal::Abrt)] {
            assert_eq!(said(end, "", stderr).unwrap(), "panicked at a.rs:1:2: no paper");
            assert_eq!(said(end, "", "no panic\n"), None);
        }
        for (stdout, words) in [
            ("hello\nOK\n", "printed `hello` before its answer"),
            ("", "printed nothing to standard output"),
            ("hello\n", "printed `hello` to standard output"),
            ("OK\nbye\n", "printed `OK` to standard output"),
        ] {
            assert_eq!(said(End::Exited(0), stdout, "").unwrap(), words);
        }
    }

    const LINK: &str = "https://example.org/1";

    fn broken(case: Case) -> Case {
        Case { known_bug: Some(LINK.into()), ..case }
    }

    fn known(failure: Failure) -> Verdict {
        Verdict::Xfail { failure, link: Some(LINK.into()) }
    }

    #[test]
    fn a_failure_by_a_known_bug_is_known() {
        for (verdict, failure) in [
            (judged(&broken(ok()), End::Exited(0), "OK"), Failure::NoAnswer),
            (judged(&broken(ok()), End::Exited(1), "OK\n"), Failure::Exited(1)),
            (judged(&broken(ok()), signaled(Signal::Segv), ""), Failure::Died(Signal::Segv)),
            (judged(&broken(dies()), End::Exited(0), "OK\n"), Failure::Survived),
            (judged(&broken(dies()), End::Exited(3), ""), Failure::Exited(3)),
            (judged(&broken(dies()), signaled(Signal::Abrt), ""), Failure::Died(Signal::Abrt)),
            (judged(&broken(exits()), End::Exited(0), "OK\n"), Failure::Survived),
            (judged(&broken(exits()), End::Exited(4), ""), Failure::Exited(4)),
            (judged(&broken(exits()), signaled(Signal::Kill), ""), Failure::Died(Signal::Kill)),
        ] {
            assert!(verdict.is_accepted(false) && verdict.is_accepted(true));
            assert_eq!(verdict, known(failure));
        }
        for case in ALL_CASES {
            let verdict = judged(&broken(case()), End::TimedOut, "");
            assert_eq!(verdict, known(Failure::TimedOut(LIMIT)));
        }
    }

    #[test]
    fn a_pass_despite_a_known_bug_is_unexpected() {
        for verdict in [
            judged(&broken(ok()), End::Exited(0), "OK\n"),
            judged(&broken(dies()), signaled(Signal::Segv), ""),
            judged(&broken(exits()), End::Exited(3), ""),
        ] {
            assert!(!verdict.is_accepted(false) && !verdict.is_accepted(true));
            assert_eq!(verdict, Verdict::Xpass { link: Some(LINK.into()) });
        }
        let gate = Some(Gate { capability: "ucontext".into(), reason: "none here".into() });
        let verdict = judged(&Case { gate, ..broken(ok()) }, End::Exited(0), "OK\n");
        assert_eq!(verdict, Verdict::Xpass { link: Some(LINK.into()) });
    }

    #[test]
    fn a_run_may_expect_a_failure() {
        let gate = || Gate { capability: "ucontext".into(), reason: "none here".into() };
        let fault = |alternative: &str| Failure::KnownFault {
            alternative: alternative.into(),
            link: LINK.into(),
        };
        let left = || Verdict::Pass { alternative: Some("left".into()), known: Some(LINK.into()) };
        let every = Xfail { any_failure: true, ..Xfail::default() };
        let one = Xfail { faults: vec!["left".into()], ..Xfail::default() };
        let other = Xfail { faults: vec!["lost".into()], ..Xfail::default() };
        let xfail = || Verdict::Xfail { failure: fault("left"), link: Some(LINK.into()) };
        let died = || Failure::Died(Signal::Segv);
        for (verdict, of_every, of_one, of_other) in [
            (left(), xfail(), xfail(), Verdict::Fail(fault("left"))),
            (left().strict(), xfail(), xfail(), Verdict::Fail(fault("left"))),
            (
                Verdict::Fail(died()),
                Verdict::Xfail { failure: died(), link: None },
                Verdict::Fail(died()),
                Verdict::Fail(died()),
            ),
        ] {
            assert_eq!(verdict.clone().expecting(&every), of_every);
            assert_eq!(verdict.clone().expecting(&one), of_one);
            assert_eq!(verdict.expecting(&other), of_other);
        }
        for xfail in [&every, &one] {
            for passed in [PASS, Verdict::Stale(gate())] {
                assert_eq!(passed.clone().expecting(xfail), Verdict::Xpass { link: None });
                let may_pass = Xfail { may_pass: true, ..xfail.clone() };
                assert_eq!(passed.clone().expecting(&may_pass), passed);
            }
            for other in [
                Verdict::Leak,
                Verdict::Unsupported(gate()),
                Verdict::Unresolved("no".into()),
                Verdict::Fail(Failure::Lacks(gate())),
                Verdict::Fail(Failure::NeedlessSkip(gate())),
                known(died()),
            ] {
                assert_eq!(other.clone().expecting(xfail), other);
            }
        }
    }

    #[test]
    fn a_known_bug_excuses_neither_a_leak_nor_a_skip() {
        let leaking = Outcome { leaked: true, ..outcome(End::Exited(0), "OK\n") };
        assert_eq!(judge(&broken(ok()), &leaking, LIMIT), Verdict::Leak);
        for case in ALL_CASES {
            let skipped = judged(&broken(case()), End::Exited(0), "SKIP ucontext: x\n");
            assert!(matches!(skipped, Verdict::Unsupported(_)), "{skipped:?}");
            let lacking = skipped.lacking_only(&[]);
            assert!(matches!(lacking, Verdict::Fail(Failure::Lacks(_))), "{lacking:?}");
            let needless = judged(&broken(case()), End::Exited(0), "SKIP fork: no\n");
            assert!(matches!(needless, Verdict::Fail(Failure::NeedlessSkip(_))), "{needless:?}");
        }
    }

    #[test]
    fn only_passes_and_skips_are_accepted() {
        assert!(PASS.is_accepted(true));
        for verdict in
            [Verdict::Fail(Failure::Survived), Verdict::Leak, Verdict::Unresolved(String::new())]
        {
            assert!(!verdict.is_accepted(false), "{verdict:?}");
        }
    }
}
