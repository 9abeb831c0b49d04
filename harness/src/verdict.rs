//! Judges the outcome of a case. The functions of this module are pure: they open no file, start no
//! process and print nothing.

use std::time::Duration;

use crate::protocol::{self, Case, Gate};
use crate::scenario::{Class, Expectation, Signal};
use crate::spawn::{End, Outcome};

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
    /// The scenario failed, and a known bug is recorded for it.
    Xfail {
        /// Failure of the scenario.
        failure: Failure,
        /// Link to the known bug.
        link: String,
    },
    /// The scenario passed, although a known bug is recorded for it. The bug seems to be fixed, so
    /// the recorded link must be removed from the scenario.
    Xpass {
        /// Link to the known bug that is recorded for the scenario.
        link: String,
    },
    /// The runner could not start or supervise the scenario's process, so there is no outcome. The
    /// text of `Unresolved` is the cause.
    Unresolved(String),
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
    /// The process ended in a way that matches none of the scenario's alternatives.
    NoAlternative,
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

impl Verdict {
    /// Returns the verdict for a run that accepts only skips because of the capabilities named in
    /// `may_lack`.
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

    /// Returns true if and only if this verdict does not fail a run.
    ///
    /// A strict run accepts neither a stale gate nor a known fault ([`Class::Known`]). A strict run
    /// accepts XFAIL, because the recorded known bug explains the failure.
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
pub fn judge(case: &Case, outcome: &Outcome, deadline: Duration) -> Verdict {
    let failed = |failure| match &case.known_bug {
        None => Verdict::Fail(failure),
        Some(link) => Verdict::Xfail { failure, link: link.clone() },
    };
    if outcome.end == End::TimedOut {
        return failed(Failure::TimedOut(deadline));
    }
    if let Some(gate) = skip(outcome) {
        if gate.is_at_run_time() {
            return Verdict::Unsupported(gate);
        }
        // A `SKIP` without a capability counts as a `SKIP` with all needs of the scenario. If the
        // scenario needs no capability, a `SKIP` without a capability is needless.
        let gate = match &*gate.capability {
            "" => Gate { capability: case.needs.join(","), ..gate },
            _ => gate,
        };
        let needed =
            case.needs.join(",") == gate.capability || case.needs.contains(&gate.capability);
        let needed = needed && !case.needs.is_empty();
        // A needless skip is an error in the scenario, so the verdict is a failure even if the
        // scenario has a known bug.
        return if needed {
            Verdict::Unsupported(gate)
        } else {
            Verdict::Fail(Failure::NeedlessSkip(gate))
        };
    }
    let passed = match &case.expect {
        Expectation::OneOf(alternatives) => alternatives
            .iter()
            .find(|alternative| meets(&alternative.expect, outcome).is_ok())
            .map(|alternative| Verdict::Pass {
                alternative: Some(alternative.name.clone()),
                known: match &alternative.class {
                    Class::Good => None,
                    Class::Known { link } => Some(link.clone()),
                },
            })
            .ok_or(Failure::NoAlternative),
        single => meets(single, outcome).map(|()| Verdict::Pass { alternative: None, known: None }),
    };
    match (passed, &case.known_bug, &case.gate) {
        (Err(failure), ..) => failed(failure),
        (Ok(_), ..) if outcome.leaked => Verdict::Leak,
        (Ok(_), Some(link), _) => Verdict::Xpass { link: link.clone() },
        (Ok(_), None, Some(gate)) => Verdict::Stale(gate.clone()),
        (Ok(verdict), None, None) => verdict,
    }
}

/// Parses a `SKIP` answer. Returns `None` unless the child exited with status 0.
fn skip(outcome: &Outcome) -> Option<Gate> {
    if outcome.end != End::Exited(protocol::ANSWERED_STATUS.into()) {
        return None;
    }
    protocol::parse_skip(&String::from_utf8(answer(outcome)?).ok()?)
}

/// Returns the part of standard output that must be the child's answer. If the streams are not
/// merged, the answer must be the whole standard output.
///
/// If standard error is merged into standard output, the answer is the last line, because a child
/// that uses this library prints its answer last. Returns `None` if the runner has dropped bytes of
/// the answer.
fn answer(outcome: &Outcome) -> Option<Vec<u8>> {
    let Outcome { stdout, merged, .. } = outcome;
    if !merged {
        return stdout.whole();
    }
    let end = stdout.whole().unwrap_or_else(|| stdout.tail.clone());
    let line_feed = end.strip_suffix(b"\n")?.iter().rposition(|byte| *byte == b'\n');
    Some(end[line_feed.map_or(0, |place| place + 1)..].to_vec())
}

fn meets(expect: &Expectation, outcome: &Outcome) -> Result<(), Failure> {
    let answered_ok = answer(outcome).is_some_and(|bytes| protocol::is_ok(&bytes));
    let stderr = if outcome.merged { &outcome.stdout } else { &outcome.stderr };
    // Also search for the text with CR LF, because a terminal or a C program on Windows may have
    // replaced line feeds with CR LF.
    let says = |text: &String| {
        let is_printed = stderr.contains(text)
            || (text.contains('\n') && stderr.contains(&text.replace('\n', "\r\n")));
        if is_printed { Ok(()) } else { Err(Failure::Silent(text.clone())) }
    };
    match (expect, outcome.end) {
        (Expectation::Ok, End::Exited(0)) if answered_ok => Ok(()),
        (Expectation::Dies { signals, stderr }, End::Signaled { signal, .. })
            if signals.contains(&signal) =>
        {
            says(stderr)
        }
        (Expectation::Exits { code, stderr }, End::Exited(status)) if *code == status => {
            says(stderr)
        }
        (_, End::Signaled { signal, .. }) => Err(Failure::Died(signal)),
        (Expectation::Ok, End::Exited(0)) => Err(Failure::NoAnswer),
        (_, End::Exited(0)) if answered_ok => Err(Failure::Survived),
        (_, End::Exited(status)) => Err(Failure::Exited(status)),
        (_, End::TimedOut) => unreachable!("`judge` returns early for a timeout"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::Target;
    use crate::scenario::{Alternative, Scenario};
    use crate::spawn::{Artifacts, Output};

    const LIMIT: Duration = Duration::from_secs(60);

    fn case(expect: Expectation) -> Case {
        let scenario = Scenario::new("a", || {}).expect(expect);
        Case { needs: vec!["ucontext".into()], ..Case::new(&scenario, &Target::current()) }
    }

    fn ok() -> Case {
        case(Expectation::Ok)
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
            Alternative::good("ran", Expectation::Ok),
            Alternative::known(
                "died",
                "https://example.org/1",
                Expectation::dies([Signal::Abrt], ""),
            ),
        ];
        let case = case(Expectation::OneOf(alternatives));
        let ran = judged(&case, End::Exited(0), "OK\n");
        assert_eq!(ran, Verdict::Pass { alternative: Some("ran".into()), known: None });
        let died = judged(&case, signaled(Signal::Abrt), "");
        let known = Some("https://example.org/1".into());
        assert_eq!(died, Verdict::Pass { alternative: Some("died".into()), known });
        assert!(died.is_accepted(false) && !died.is_accepted(true));
        assert_eq!(judged(&case, End::Exited(7), ""), Verdict::Fail(Failure::NoAlternative));
    }

    #[test]
    fn a_gated_scenario_that_passes_has_a_stale_gate() {
        let gate = Gate { capability: "ucontext".into(), reason: "none here".into() };
        let gated = Case { gate: Some(gate.clone()), ..ok() };
        let verdict = judged(&gated, End::Exited(0), "OK\n");
        assert_eq!(verdict, Verdict::Stale(gate));
        assert!(verdict.is_accepted(false) && !verdict.is_accepted(true));
    }

    const LINK: &str = "https://example.org/1";

    fn broken(case: Case) -> Case {
        Case { known_bug: Some(LINK.into()), ..case }
    }

    fn known(failure: Failure) -> Verdict {
        Verdict::Xfail { failure, link: LINK.into() }
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
            assert_eq!(verdict, Verdict::Xpass { link: LINK.into() });
        }
        let gate = Some(Gate { capability: "ucontext".into(), reason: "none here".into() });
        let verdict = judged(&Case { gate, ..broken(ok()) }, End::Exited(0), "OK\n");
        assert_eq!(verdict, Verdict::Xpass { link: LINK.into() });
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
