//! The report as `JUnit` XML, which GitLab, Jenkins and GitHub's actions read.
//!
//! The report is one test suite with a test case for each case. The `JUnit` format has no
//! specification. `tests/command/junit.rs` records what each reader requires and shows.

use std::io::{self, Write};

use quick_junit::{
    FlakyOrRerun, NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite,
};
use testprog_harness::spawn::{Outcome, Output};
use testprog_harness::suite::Trial;
use testprog_harness::verdict::Verdict;
use testprog_harness::{report, text};

use crate::run::results::{self, Finished, Run, Standing, Tally};
use crate::time;

pub(crate) fn write(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    let text = report(run).to_string().map_err(io::Error::other)?;
    // quick-junit always writes the attribute `skipped` on the outermost element. Jenkins' xUnit
    // plugin refuses a file with an attribute that its schema does not know, so the attribute
    // `skipped` is removed.
    let (outermost, rest) = text.split_once("<testsuite ").expect("the report has a test suite");
    let (before, skipped) = outermost.split_once(" skipped=\"").expect("quick-junit writes it");
    let (_, after) = skipped.split_once('"').expect("it is quoted");
    write!(out, "{before}{after}<testsuite {rest}")
}

fn report(run: &Finished<'_>) -> Report {
    let class = class(run);
    let suite_name = run
        .plan
        .options
        .name
        .as_ref()
        .map_or_else(|| class.clone(), |name| attribute(name.as_bytes()));
    let mut suite = TestSuite::new(suite_name);
    suite.set_timestamp(time::utc(run.started)).set_time(run.wall);
    if let Some(seed) = run.plan.options.seed {
        suite.add_property(("seed", &*seed.to_string()));
    }
    if let Some(shard) = run.plan.options.choice.shard {
        suite.add_property(("shard", &*shard.to_string()));
    }
    if run.plan.options.settings.zygote {
        suite.add_property(("zygote", "true"));
    }
    for tally in &run.tallies {
        let case = test_case(run, tally, &class);
        // A passed test case has no element for a reason, so the reason becomes a suite property.
        let reason = run.reason(tally);
        if matches!(case.status, TestCaseStatus::Success { .. }) && !reason.is_empty() {
            let (verdict, text) =
                (tally.id(run.plan.options.strict), format!("{}: {reason}", tally.name()));
            suite.add_property((verdict, &*attribute(text.as_bytes())));
        }
        suite.add_test_case(case);
    }
    let mut report = Report::new("testprog");
    report.set_time(run.wall).add_test_suite(suite);
    report
}

/// Returns the class name of the test cases: the program's [name](super::program::name), or
/// `RUN.PROGRAM` for a named run.
///
/// Jenkins takes the part before the last dot for a package and groups results by package. Dots in
/// the program's name are therefore replaced.
fn class(run: &Finished<'_>) -> String {
    let program = attribute(super::program::name(run).as_bytes()).replace('.', "_");
    match &run.plan.options.name {
        Some(name) => format!("{}.{program}", attribute(name.as_bytes())),
        None => program,
    }
}

fn test_case(run: &Finished<'_>, tally: &Tally<'_>, class: &str) -> TestCase {
    let mut case = TestCase::new(attribute(tally.case.name.as_bytes()), status(run, tally));
    case.set_classname(class).set_time(tally.wall());
    if let Some(outcome) = tally.last().and_then(|trial| trial.outcome.as_ref()) {
        let (stdout, stderr) = streams(outcome);
        stdout.map(|text| case.set_system_out(text));
        stderr.map(|text| case.set_system_err(text));
    }
    case
}

fn status(run: &Finished<'_>, tally: &Tally<'_>) -> TestCaseStatus {
    let reason = xml(run.reason(tally).as_bytes());
    let verdict = tally.id(run.plan.options.strict);
    let skipped = |reason: String| {
        let mut status = TestCaseStatus::skipped();
        // GitLab shows the text of the `skipped` element, but the other readers show its `message`.
        status.set_message(&reason).set_type(verdict).set_description(reason);
        status
    };
    let Some(shown) = &tally.shown else { return skipped(reason) };
    let standing = shown.standing(run.plan.options.strict);
    let mut status = match (standing, &shown.last().verdict) {
        (Standing::Accepted, Verdict::Unsupported(_) | Verdict::Xfail { .. }) => {
            return skipped(reason);
        }
        (Standing::Accepted, _) => return TestCaseStatus::success(),
        (Standing::Flaky, _) if run.plan.options.accept_flaky => TestCaseStatus::success(),
        (Standing::Unresolved, _) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (Standing::Flaky | Standing::Refused, _) => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
    };
    if standing == Standing::Flaky {
        status.set_rerun_kind(FlakyOrRerun::Flaky);
    }
    status
        .set_message(reason)
        .set_type(verdict)
        .set_description(xml(run.details(tally).as_bytes()))
        .add_reruns(reruns(run, tally, shown));
    status
}

/// Returns each attempt before the last attempt as a rerun of the test case.
fn reruns(run: &Finished<'_>, tally: &Tally<'_>, shown: &Run) -> impl Iterator<Item = TestRerun> {
    let (_, earlier) = shown.attempts.split_last().expect("a run has at least one attempt");
    earlier.iter().map(|trial: &Trial| {
        let kind = match trial.verdict {
            Verdict::Unresolved(_) => NonSuccessKind::Error,
            _ => NonSuccessKind::Failure,
        };
        let (suite, settings) = (run.plan.suite, &run.plan.options.settings);
        let details = report::failure(&suite.program, tally.case, trial, settings);
        let mut rerun = TestRerun::new(kind);
        rerun
            .set_type(results::id(&trial.verdict))
            .set_message(attribute(report::trial_reason(trial).as_bytes()))
            .set_stack_trace(xml(details.as_bytes()));
        if let Some(outcome) = &trial.outcome {
            let (stdout, stderr) = streams(outcome);
            stdout.map(|text| rerun.set_system_out(text));
            stderr.map(|text| rerun.set_system_err(text));
        }
        rerun
    })
}

/// Returns the child's streams. An empty stream is left out, because GitLab would show a heading
/// for an empty stream.
fn streams(outcome: &Outcome) -> (Option<String>, Option<String>) {
    let text = |output: &Output| (!output.is_empty()).then(|| xml(&results::kept(output)));
    (text(&outcome.stdout), text(&outcome.stderr))
}

/// Markers that readers of `JUnit` files interpret in a text. GitLab and Jenkins turn
/// `[ATTACHMENT|` into a link to a file, and other readers turn `[PROPERTY|` into a property.
const COMMANDS: [&str; 2] = ["[ATTACHMENT|", "[PROPERTY|"];

/// Returns foreign bytes as text that XML 1.0 allows and that contains none of [`COMMANDS`].
///
/// Every byte of the foreign text stays visible. `quick-junit` itself would drop control
/// characters, including tabs, and whole escape sequences.
fn xml(bytes: &[u8]) -> String {
    visible(&text::escape(bytes))
}

/// Returns foreign bytes as text for an attribute, with the same guarantees as [`xml`]. The text of
/// an attribute never begins a line of the report, so colons at the beginning need no escape.
fn attribute(bytes: &[u8]) -> String {
    visible(&text::within_line(bytes))
}

fn visible(escaped: &str) -> String {
    let mut text = escaped.replace('\t', "\\x09");
    for command in COMMANDS {
        text = text.replace(&format!("[{command}"), &format!("\\x5b{command}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use quick_junit::XmlString;

    use super::*;

    #[test]
    fn nothing_is_lost_on_the_way_into_xml() {
        let hostile = b"\0\x1b[31mred\x1b]0;t\x07\t]]></failure><script>&amp;\xff\r\n\xef\xbf\xbf";
        let text = xml(hostile);
        assert_eq!(
            text,
            "\\x00\\x1b[31mred\\x1b]0;t\\x07\\x09]]></failure><script>&amp;\\xff\\x0d\n\\xef\\xbf\\xbf"
        );
        assert_eq!(XmlString::new(&text).as_str(), text);
    }

    #[test]
    fn no_reader_finds_a_command_in_a_text() {
        let text = xml(b"[[ATTACHMENT|a]] [[[PROPERTY|b=c]] [ATTACHMENT|d]");
        assert_eq!(text, "\\x5b[ATTACHMENT|a]] [\\x5b[PROPERTY|b=c]] [ATTACHMENT|d]");
    }
}
