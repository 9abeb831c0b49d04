//! The report as `JUnit` XML, which GitLab, Jenkins and GitHub's actions read.
//!
//! The report has a test suite for each program, with a test case for each case. The `JUnit` format
//! has no specification. `tests/command/junit.rs` records what each reader requires and shows.

use std::fs::File;
use std::io::{self, Seek as _, Write};

use quick_junit::{
    FlakyOrRerun, NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite,
};
use testprog_harness::spawn::Output;
use testprog_harness::verdict::Verdict;
use testprog_harness::{report, text};

use crate::run::attempt::Attempt;
use crate::run::results::{self, Finished, Shown, Standing, Tally};
use crate::time;

/// Writes the report case by case, because a report with the output of all cases may not fit into
/// memory.
pub(crate) fn write(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::of(run);
    let whole = report(run, whole_suite(run, &names));
    out.write_all(begin(&whole)?.as_bytes())?;
    write_suite(run, &names, &whole, out)?;
    out.write_all(END.as_bytes())
}

/// End of a report, after the last test suite.
const END: &str = "\n</testsuites>\n";

/// Returns the beginning of a report, before the first test suite.
fn begin(report: &Report) -> io::Result<String> {
    let text = report.to_string().map_err(io::Error::other)?;
    // quick-junit always writes the attribute `skipped` on the outermost element. Jenkins' xUnit
    // plugin refuses a file with an attribute that its schema does not know, so the attribute
    // `skipped` is removed.
    let (outermost, _) = text.split_once("<testsuite ").expect("the report has a test suite");
    let (start, skipped) = outermost.split_once(" skipped=\"").expect("quick-junit writes it");
    let (_, end) = skipped.split_once('"').expect("it is quoted");
    Ok(format!("{start}{end}"))
}

/// Writes the test suite of a run, without the beginning and the end of the report. `whole` is the
/// report with the numbers of the cases.
fn write_suite(
    run: &Finished<'_>,
    names: &Names,
    whole: &Report,
    out: &mut dyn Write,
) -> io::Result<()> {
    let [before, after] = around(whole)?;
    let at = before.find("<testsuite ").expect("the report has a test suite");
    out.write_all(&before.as_bytes()[at..])?;
    // quick-junit serializes only whole reports, so each case is serialized in a report of its own,
    // without the text before and after the case.
    let [before, _] = around(&report(run, suite(run, names)))?;
    for tally in &run.tallies {
        let mut suite = suite(run, names);
        suite.test_cases.push(test_case(run, tally, &names.class)?);
        let (skip, hold) = (before.len(), after.len());
        let inner = Inner { out, skip, hold, held: Vec::new() };
        report(run, suite).serialize(inner).map_err(io::Error::other)?;
    }
    let after = after.strip_suffix(END).expect("quick-junit ends each report alike");
    out.write_all(after.as_bytes())
}

/// Test suites of several programs.
#[derive(Debug)]
pub(crate) struct Suites {
    /// Report with the test suites, but without their cases.
    report: Report,
    /// Temporary file with the complete test suites, whose output may not fit into memory.
    file: File,
}

impl Suites {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { report: Report::new("testprog"), file: tempfile::tempfile()? })
    }

    /// Adds the test suite of a program's run.
    pub(crate) fn add(&mut self, run: &Finished<'_>, program: &str) -> io::Result<()> {
        let names = Names::of_program(run, program);
        let whole = report(run, whole_suite(run, &names));
        if !self.report.test_suites.is_empty() {
            self.file.write_all(b"\n    ")?;
        }
        let wall = self.report.time.unwrap_or_default() + run.wall;
        self.report.set_time(wall).add_test_suites(whole.test_suites.clone());
        write_suite(run, &names, &whole, &mut self.file)
    }

    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.report.test_suites.is_empty() {
            return self.report.serialize(out).map_err(io::Error::other);
        }
        out.write_all(begin(&self.report)?.as_bytes())?;
        let mut file = &self.file;
        file.rewind()?;
        io::copy(&mut file, out)?;
        out.write_all(END.as_bytes())
    }
}

/// Names of a test suite and of its test cases.
#[derive(Debug)]
struct Names {
    suite: String,
    class: String,
}

impl Names {
    /// Returns the names for a report with one test suite.
    fn of(run: &Finished<'_>) -> Self {
        let class = class(run, &super::program::name(run));
        let name = run.plan.options.name.as_ref();
        let suite = name.map_or_else(|| class.clone(), |name| attribute(name.as_bytes()));
        Self { suite, class }
    }

    /// Returns the names for a report with the test suites of several programs.
    fn of_program(run: &Finished<'_>, program: &str) -> Self {
        let class = class(run, program);
        Self { suite: class.clone(), class }
    }
}

/// Writer that passes on all bytes except the first `skip` bytes and the last `hold` bytes.
struct Inner<'a> {
    out: &'a mut dyn Write,
    /// Number of further bytes to leave out at the beginning.
    skip: usize,
    /// Number of bytes at the end to leave out.
    hold: usize,
    /// Bytes that were written last, which may be the end that is left out.
    held: Vec<u8>,
}

impl Write for Inner<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        self.held.extend_from_slice(&bytes[skipped..]);
        let ready = self.held.len().saturating_sub(self.hold);
        self.out.write_all(&self.held[..ready])?;
        self.held.drain(..ready);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Serializes a report, and returns the texts before and after its test cases.
fn around(report: &Report) -> io::Result<[String; 2]> {
    const PLACE: &str = "\n        <testcase name=\"\"/>";
    let mut report = report.clone();
    for suite in &mut report.test_suites {
        suite.test_cases = vec![TestCase::new("", TestCaseStatus::success())];
    }
    let text = report.to_string().map_err(io::Error::other)?;
    let (before, after) = text.split_once(PLACE).expect("quick-junit indents by 4 spaces");
    Ok([before, after].map(str::to_owned))
}

fn report(run: &Finished<'_>, suite: TestSuite) -> Report {
    let mut report = Report::new("testprog");
    report.set_time(run.wall).add_test_suite(suite);
    report
}

/// Returns the test suite without its cases, without the number of its cases, and without its
/// properties.
fn suite(run: &Finished<'_>, names: &Names) -> TestSuite {
    let mut suite = TestSuite::new(&*names.suite);
    suite.set_timestamp(time::utc(run.started)).set_time(run.wall);
    suite
}

/// Returns the test suite with the numbers of its cases and its properties, but without its cases.
fn whole_suite(run: &Finished<'_>, names: &Names) -> TestSuite {
    let mut suite = suite(run, names);
    if let Some(seed) = run.plan.options.seed {
        suite.add_property(("seed", &*seed.to_string()));
    }
    if let Some(shard) = run.plan.options.choice.shard {
        suite.add_property(("shard", &*shard.to_string()));
    }
    if run.plan.options.settings.zygote {
        suite.add_property(("zygote", "true"));
    }
    suite.tests = run.tallies.len();
    for tally in &run.tallies {
        match kind(run, tally) {
            Kind::Success => {}
            Kind::Skipped => suite.skipped += 1,
            Kind::Failed(NonSuccessKind::Failure) => suite.failures += 1,
            Kind::Failed(NonSuccessKind::Error) => suite.errors += 1,
        }
        // A passed test case has no element for a reason, so the reason becomes a suite property.
        let reason = run.reason(tally);
        if matches!(kind(run, tally), Kind::Success) && !reason.is_empty() {
            let (verdict, text) =
                (tally.id(run.plan.options.strict), format!("{}: {reason}", tally.name()));
            suite.add_property((verdict, &*attribute(text.as_bytes())));
        }
    }
    suite
}

/// Returns the class name of the test cases: the program's name, or `RUN.PROGRAM` for a named run.
///
/// Jenkins takes the part before the last dot for a package and groups results by package. Dots in
/// the program's name are replaced, so that Jenkins does not take a part of the name for a package.
fn class(run: &Finished<'_>, program: &str) -> String {
    let program = attribute(program.as_bytes()).replace('.', "_");
    match &run.plan.options.name {
        Some(name) => format!("{}.{program}", attribute(name.as_bytes())),
        None => program,
    }
}

fn test_case(run: &Finished<'_>, tally: &Tally<'_>, class: &str) -> io::Result<TestCase> {
    let mut case = TestCase::new(attribute(tally.case.name.as_bytes()), status(run, tally)?);
    case.set_classname(class).set_time(tally.wall());
    if let Some(last) = tally.last() {
        let (stdout, stderr) = streams(run, last)?;
        stdout.map(|text| case.set_system_out(text));
        stderr.map(|text| case.set_system_err(text));
    }
    Ok(case)
}

/// Status of a test case, without the details.
enum Kind {
    Success,
    Skipped,
    Failed(NonSuccessKind),
}

fn kind(run: &Finished<'_>, tally: &Tally<'_>) -> Kind {
    let Some(shown) = &tally.shown else { return Kind::Skipped };
    match (shown.standing(run.plan.options.strict), shown.last().verdict()) {
        (Standing::Accepted, Verdict::Unsupported(_) | Verdict::Xfail { .. }) => Kind::Skipped,
        (Standing::Accepted, _) => Kind::Success,
        (Standing::Flaky, _) if run.plan.options.accept_flaky => Kind::Success,
        (Standing::Unresolved, _) => Kind::Failed(NonSuccessKind::Error),
        (Standing::Flaky | Standing::Refused, _) => Kind::Failed(NonSuccessKind::Failure),
    }
}

fn status(run: &Finished<'_>, tally: &Tally<'_>) -> io::Result<TestCaseStatus> {
    let reason = xml(run.reason(tally).as_bytes());
    let verdict = tally.id(run.plan.options.strict);
    let mut status = match kind(run, tally) {
        Kind::Skipped => {
            let mut status = TestCaseStatus::skipped();
            // GitLab shows the text of the `skipped` element, but the other readers show its
            // `message`.
            status.set_message(&reason).set_type(verdict).set_description(reason);
            return Ok(status);
        }
        Kind::Success => TestCaseStatus::success(),
        Kind::Failed(kind) => TestCaseStatus::non_success(kind),
    };
    let Some(shown) = tally.shown.as_ref().filter(|_| run.failed(tally)) else {
        return Ok(status);
    };
    if shown.standing(run.plan.options.strict) == Standing::Flaky {
        status.set_rerun_kind(FlakyOrRerun::Flaky);
    }
    status
        .set_message(reason)
        .set_type(verdict)
        .set_description(xml(run.details(tally)?.as_bytes()))
        .add_reruns(reruns(run, tally, shown)?);
    Ok(status)
}

/// Returns each attempt before the last attempt as a rerun of the test case.
fn reruns(run: &Finished<'_>, tally: &Tally<'_>, shown: &Shown) -> io::Result<Vec<TestRerun>> {
    let (_, earlier) = shown.attempts.split_last().expect("a run has at least one attempt");
    let rerun = |attempt: &Attempt| {
        let kind = match attempt.verdict() {
            Verdict::Unresolved(_) => NonSuccessKind::Error,
            _ => NonSuccessKind::Failure,
        };
        let mut rerun = TestRerun::new(kind);
        rerun
            .set_type(results::id(attempt.verdict()))
            .set_message(attribute(attempt.reason().as_bytes()));
        if let Some(trial) = attempt.trial(&run.store)? {
            let (suite, settings) = (run.plan.suite, &run.plan.options.settings);
            let details =
                report::failure(suite.program_of(tally.case), tally.case, &trial, settings);
            rerun.set_stack_trace(xml(details.as_bytes()));
        }
        let (stdout, stderr) = streams(run, attempt)?;
        stdout.map(|text| rerun.set_system_out(text));
        stderr.map(|text| rerun.set_system_err(text));
        Ok(rerun)
    };
    earlier.iter().map(rerun).collect()
}

/// Returns standard output and standard error of an attempt, for the report. An empty stream is
/// left out, because GitLab would show a heading for an empty stream.
fn streams(run: &Finished<'_>, attempt: &Attempt) -> io::Result<(Option<String>, Option<String>)> {
    let text = |output: Output| (!output.is_empty()).then(|| xml(&results::kept(output)));
    let [stdout, stderr] = run.store.get(attempt.output())?;
    Ok((text(stdout), text(stderr)))
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
