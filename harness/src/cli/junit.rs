//! The report as `JUnit`'s XML, which GitLab, Jenkins and GitHub's actions read: one test suite, a test case for each case.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use harness::report;
use harness::spawn::Output;
use harness::suite::Trial;
use harness::verdict::Verdict;
use quick_junit::{
    FlakyOrRerun, NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite,
};

use super::results::{self, Finished, Run, Standing, Tally};

pub(super) fn write(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    report(run).serialize(out).map_err(io::Error::other)
}

fn report(run: &Finished<'_>) -> Report {
    let program = run.plan.suite.program.path.file_name().unwrap_or_default();
    let program = xml(program.as_encoded_bytes());
    let started = DateTime::<Utc>::from(run.started);
    let mut suite = TestSuite::new(&program);
    suite.set_timestamp(started).set_time(run.wall);
    if let Some(seed) = run.plan.seed {
        suite.add_property(("seed", &*seed.to_string()));
    }
    if let Some(shard) = run.plan.shard {
        suite.add_property(("shard", &*shard.to_string()));
    }
    suite.add_test_cases(run.tallies.iter().map(|tally| test_case(run, tally, &program)));
    let mut report = Report::new("testprog");
    report.set_timestamp(started).set_time(run.wall).add_test_suite(suite);
    report
}

fn test_case(run: &Finished<'_>, tally: &Tally<'_>, program: &str) -> TestCase {
    let mut case = TestCase::new(xml(tally.case.name.as_bytes()), status(run, tally));
    case.set_classname(program).set_time(tally.wall());
    case.add_property(("verdict", tally.id(run.plan.strict)));
    if run.plan.repeats() {
        case.add_property(("runs", &*tally.runs.to_string()));
        case.add_property(("passes", &*tally.passes.to_string()));
    }
    if let Some(outcome) = tally.last().and_then(|trial| trial.outcome.as_ref()) {
        case.set_system_out(stream(&outcome.stdout)).set_system_err(stream(&outcome.stderr));
    }
    case
}

fn status(run: &Finished<'_>, tally: &Tally<'_>) -> TestCaseStatus {
    let reason = xml(run.reason(tally).as_bytes());
    let skipped = |reason: String| {
        let mut status = TestCaseStatus::skipped();
        status.set_message(reason);
        status
    };
    let Some(shown) = &tally.shown else { return skipped(reason) };
    let standing = shown.standing(run.plan.strict);
    let mut status = match (standing, &shown.last().verdict) {
        (Standing::Accepted, Verdict::Unsupported(_) | Verdict::KnownFail { .. }) => {
            return skipped(reason);
        }
        (Standing::Accepted, _) => return TestCaseStatus::success(),
        (Standing::Flaky, _) if run.plan.accept_flaky => TestCaseStatus::success(),
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
        .set_type(tally.id(run.plan.strict))
        .set_description(xml(run.details(tally).as_bytes()))
        .add_reruns(reruns(shown));
    status
}

/// Returns the attempts before the last one.
fn reruns(run: &Run) -> impl Iterator<Item = TestRerun> {
    let (_, earlier) = run.attempts.split_last().expect("a run has an attempt");
    earlier.iter().map(|trial: &Trial| {
        let kind = match trial.verdict {
            Verdict::Unresolved(_) => NonSuccessKind::Error,
            _ => NonSuccessKind::Failure,
        };
        let mut rerun = TestRerun::new(kind);
        rerun
            .set_type(results::id(&trial.verdict))
            .set_message(xml(report::reason(&trial.verdict).as_bytes()));
        if let Some(outcome) = &trial.outcome {
            rerun
                .set_time(outcome.wall)
                .set_system_out(stream(&outcome.stdout))
                .set_system_err(stream(&outcome.stderr));
        }
        rerun
    })
}

fn stream(output: &Output) -> String {
    xml(&results::kept(output))
}

/// Returns foreign bytes as text that XML 1.0 allows, with nothing taken away.
///
/// `quick-junit` would drop control characters and whole escape sequences, tabs among them.
fn xml(bytes: &[u8]) -> String {
    report::escape(bytes).replace('\t', "\\x09")
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
}
