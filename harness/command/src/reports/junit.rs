//! The report as `JUnit` XML, which GitLab, Jenkins and GitHub's actions read.
//!
//! The report has a test suite for each program, with a test case for each case. The `JUnit` format
//! has no specification. `tests/command/junit.rs` records what each reader requires and shows.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write};
use std::time::{Duration, SystemTime};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesStart, BytesText, Event};
use quick_xml::writer::ElementWriter;
use testprog_harness::spawn::Output;
use testprog_harness::verdict::Verdict;
use testprog_harness::{report, text};

use crate::run::attempt::Attempt;
use crate::run::results::{self, Finished, Standing, Tally};
use crate::time;

type Xml<'a> = Writer<&'a mut dyn Write>;

/// Writes the report case by case, because a report with the output of all cases may not fit into
/// memory.
pub(crate) fn write(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = Counts::of(run);
    write_report(&counts, run.wall, out, |xml| write_suite(run, &Names::of(run), &counts, xml))
}

/// Writes a report whose test suites `write_suites` writes.
fn write_report(
    counts: &Counts,
    wall: Duration,
    out: &mut dyn Write,
    write_suites: impl FnOnce(&mut Xml<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(out, b' ', 4);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    // Jenkins' xUnit plugin refuses a file with an attribute that its schema does not know, and the
    // schema's outermost element has no attribute `skipped`.
    let suites = xml.create_element(OUTERMOST).with_attributes([
        ("name", "testprog"),
        ("tests", &counts.tests.to_string()),
        ("failures", &counts.failures.to_string()),
        ("errors", &counts.errors.to_string()),
        ("time", &seconds(wall)),
    ]);
    suites.write_inner_content(write_suites)?;
    xml.write_indent()
}

/// Name of the outermost element, which contains the test suites.
const OUTERMOST: &str = "testsuites";

/// Writes the test suite of a run.
fn write_suite(
    run: &Finished<'_>,
    names: &Names,
    counts: &Counts,
    xml: &mut Xml<'_>,
) -> io::Result<()> {
    let suite = suite(&names.suite, counts, run.started, run.wall, xml);
    suite.write_inner_content(|xml| {
        write_properties(run, xml)?;
        run.tallies.iter().try_for_each(|tally| write_case(run, tally, &names.class, xml))
    })?;
    Ok(())
}

/// Returns the element of a test suite, without content.
fn suite<'x, 'w>(
    name: &str,
    counts: &Counts,
    started: SystemTime,
    wall: Duration,
    xml: &'x mut Xml<'w>,
) -> ElementWriter<'x, &'w mut dyn Write> {
    xml.create_element("testsuite").with_attributes([
        ("name", name),
        ("tests", &counts.tests.to_string()),
        ("skipped", &counts.skipped.to_string()),
        ("errors", &counts.errors.to_string()),
        ("failures", &counts.failures.to_string()),
        ("timestamp", &time::rfc3339(started).replace('Z', "+00:00")),
        ("time", &seconds(wall)),
    ])
}

/// Test suites of several programs.
#[derive(Debug)]
pub(crate) struct Suites {
    counts: Counts,
    /// Sum of the times of all runs.
    wall: Duration,
    /// Temporary file with the complete test suites, whose output may not fit into memory.
    file: File,
}

impl Suites {
    pub(crate) fn new() -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        Ok(Self { counts: Counts::default(), wall: Duration::ZERO, file })
    }

    /// Adds the test suite of a program's run.
    pub(crate) fn add(&mut self, run: &Finished<'_>, program: &str) -> io::Result<()> {
        let counts = Counts::of(run);
        self.wall += run.wall;
        let names = Names::of_program(run, program);
        self.append(&counts, |xml| write_suite(run, &names, &counts, xml))
    }

    /// Adds a test suite for a program whose cases could not run. The only test case of the test
    /// suite is an error, and has the name of the program.
    pub(crate) fn add_failed(
        &mut self,
        program: &str,
        reason: &str,
        run_name: Option<&str>,
    ) -> io::Result<()> {
        let counts = Counts { tests: 1, errors: 1, ..Counts::default() };
        let (name, class) = (attribute(program.as_bytes()), class(run_name, program));
        let reason = xml(text::one_line(reason).as_bytes());
        let verdict = results::id(&Verdict::Unresolved(String::new()));
        self.append(&counts, |xml| {
            let suite = suite(&class, &counts, SystemTime::now(), Duration::ZERO, xml);
            suite.write_inner_content(|xml| {
                let case = xml.create_element("testcase").with_attributes([
                    ("name", &*name),
                    ("classname", &class),
                    ("time", &seconds(Duration::ZERO)),
                ]);
                case.write_inner_content(|xml| {
                    let error = xml.create_element("error");
                    let error = error.with_attributes([("message", &*reason), ("type", verdict)]);
                    write_text(error, &reason)
                })?;
                Ok(())
            })?;
            Ok(())
        })
    }

    /// Appends a test suite, which `write` writes and which has `counts`.
    fn append(
        &mut self,
        counts: &Counts,
        write: impl FnOnce(&mut Xml<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.counts.add(counts);
        let (mut nothing, mut file) = (io::sink(), BufWriter::new(&self.file));
        let mut xml: Xml<'_> = Writer::new_with_indent(&mut nothing, b' ', 4);
        // The function `write_report` writes the outermost element. The indentation that the writer
        // prints depends on the open elements, so the writer must also see the outermost element.
        xml.write_event(Event::Start(BytesStart::new(OUTERMOST)))?;
        *xml.get_mut() = &mut file;
        write(&mut xml)?;
        file.flush()
    }

    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        write_report(&self.counts, self.wall, out, |xml| {
            let mut file = &self.file;
            file.rewind()?;
            io::copy(&mut file, xml.get_mut())?;
            Ok(())
        })
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
        let name = run.plan.options.name.as_ref();
        let class = class(name.map(String::as_str), &super::program::name(run));
        let suite = name.map_or_else(|| class.clone(), |name| attribute(name.as_bytes()));
        Self { suite, class }
    }

    /// Returns the names for a report with the test suites of several programs.
    fn of_program(run: &Finished<'_>, program: &str) -> Self {
        let class = class(run.plan.options.name.as_deref(), program);
        Self { suite: class.clone(), class }
    }
}

/// Numbers of test cases.
#[derive(Debug, Default)]
struct Counts {
    tests: usize,
    skipped: usize,
    failures: usize,
    errors: usize,
}

impl Counts {
    fn of(run: &Finished<'_>) -> Self {
        let mut counts = Self { tests: run.tallies.len(), ..Self::default() };
        for tally in &run.tallies {
            match kind(run, tally) {
                Kind::Success => {}
                Kind::Skipped => counts.skipped += 1,
                Kind::Failure => counts.failures += 1,
                Kind::Error => counts.errors += 1,
            }
        }
        counts
    }

    fn add(&mut self, other: &Self) {
        self.tests += other.tests;
        self.skipped += other.skipped;
        self.failures += other.failures;
        self.errors += other.errors;
    }
}

/// Writes the properties of the test suite. A run without properties has no element `properties`.
fn write_properties(run: &Finished<'_>, xml: &mut Xml<'_>) -> io::Result<()> {
    let mut properties = Vec::new();
    if let Some(seed) = run.plan.options.seed {
        properties.push(("seed", seed.to_string()));
    }
    if let Some(shard) = run.plan.options.choice.shard {
        properties.push(("shard", shard.to_string()));
    }
    if run.plan.options.settings.zygote {
        properties.push(("zygote", "true".to_owned()));
    }
    for tally in &run.tallies {
        // A passed test case has no element for a reason, so the reason becomes a suite property.
        let reason = run.reason(tally);
        if matches!(kind(run, tally), Kind::Success) && !reason.is_empty() {
            let text = format!("{}: {reason}", tally.name());
            properties.push((tally.id(run.plan.options.strict), attribute(text.as_bytes())));
        }
    }
    if properties.is_empty() {
        return Ok(());
    }
    xml.create_element("properties").write_inner_content(|xml| {
        for (name, value) in &properties {
            let property = xml.create_element("property");
            property.with_attributes([("name", *name), ("value", value)]).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Returns the class name of the test cases: the program's name, or `RUN.PROGRAM` for a named run.
///
/// Jenkins takes the part before the last dot for a package and groups results by package. Dots in
/// the program's name are replaced, so that Jenkins does not take a part of the name for a package.
fn class(run_name: Option<&str>, program: &str) -> String {
    let program = attribute(program.as_bytes()).replace('.', "_");
    match run_name {
        Some(name) => format!("{}.{program}", attribute(name.as_bytes())),
        None => program,
    }
}

/// Writes a test case.
fn write_case(
    run: &Finished<'_>,
    tally: &Tally<'_>,
    class: &str,
    xml: &mut Xml<'_>,
) -> io::Result<()> {
    let (name, wall) = (attribute(tally.case.name.as_bytes()), seconds(tally.wall()));
    let case = xml.create_element("testcase");
    let case = case.with_attributes([("name", &*name), ("classname", class), ("time", &*wall)]);
    let kind = kind(run, tally);
    let streams = tally.last().map_or(Ok([None, None]), |last| streams(run, last))?;
    let reruns = reruns(run, tally);
    if matches!(kind, Kind::Success) && reruns.is_empty() && streams == [None, None] {
        return case.write_empty().map(|_| ());
    }
    case.write_inner_content(|xml| {
        write_status(run, tally, kind, xml)?;
        for rerun in reruns {
            write_rerun(run, tally, rerun, xml)?;
        }
        write_streams(&streams, xml)
    })?;
    Ok(())
}

/// Status of a test case, without the details.
#[derive(Clone, Copy)]
enum Kind {
    Success,
    Skipped,
    Failure,
    Error,
}

fn kind(run: &Finished<'_>, tally: &Tally<'_>) -> Kind {
    let Some(shown) = &tally.shown else { return Kind::Skipped };
    match (shown.standing(run.plan.options.strict), shown.last().verdict()) {
        (Standing::Accepted, Verdict::Unsupported(_) | Verdict::Xfail { .. }) => Kind::Skipped,
        (Standing::Accepted, _) => Kind::Success,
        (Standing::Flaky, _) if run.plan.options.accept_flaky => Kind::Success,
        (Standing::Unresolved, _) => Kind::Error,
        (Standing::Flaky | Standing::Refused, _) => Kind::Failure,
    }
}

/// Writes the element that says that a case was skipped or failed. A case that passed has no
/// element for its status.
fn write_status(
    run: &Finished<'_>,
    tally: &Tally<'_>,
    kind: Kind,
    xml: &mut Xml<'_>,
) -> io::Result<()> {
    let reason = self::xml(run.reason(tally).as_bytes());
    let (tag, text) = match kind {
        Kind::Success => return Ok(()),
        // GitLab shows the text of the element `skipped`, but the other readers show its `message`.
        Kind::Skipped => ("skipped", reason.clone()),
        Kind::Failure => ("failure", self::xml(run.details(tally)?.as_bytes())),
        Kind::Error => ("error", self::xml(run.details(tally)?.as_bytes())),
    };
    let status = xml.create_element(tag).with_attribute(("message", &*reason));
    let status = status.with_attribute(("type", tally.id(run.plan.options.strict)));
    write_text(status, &text)
}

/// Returns each attempt before the last attempt of a case that failed or was flaky.
fn reruns<'a>(run: &Finished<'_>, tally: &'a Tally<'_>) -> &'a [Attempt] {
    let shown = tally.shown.as_ref().filter(|_| run.failed(tally));
    let attempts = shown.map_or(&[][..], |shown| &*shown.attempts);
    attempts.split_last().map_or(&[], |(_, earlier)| earlier)
}

/// Writes an attempt of a case as a rerun of the test case.
fn write_rerun(
    run: &Finished<'_>,
    tally: &Tally<'_>,
    attempt: &Attempt,
    xml: &mut Xml<'_>,
) -> io::Result<()> {
    let is_flaky = tally.standing(run.plan.options.strict) == Some(Standing::Flaky);
    let tag = match (is_flaky, attempt.verdict()) {
        (true, Verdict::Unresolved(_)) => "flakyError",
        (true, _) => "flakyFailure",
        (false, Verdict::Unresolved(_)) => "rerunError",
        (false, _) => "rerunFailure",
    };
    let reason = attribute(attempt.reason().as_bytes());
    let rerun = xml.create_element(tag).with_attribute(("message", &*reason));
    let rerun = rerun.with_attribute(("type", results::id(attempt.verdict())));
    rerun.write_inner_content(|xml| {
        if let Some(trial) = attempt.trial(&run.store)? {
            let (suite, settings) = (run.plan.suite, &run.plan.options.settings);
            let details =
                report::failure(suite.program_of(tally.case), tally.case, &trial, settings);
            write_text(xml.create_element("stackTrace"), &self::xml(details.as_bytes()))?;
        }
        write_streams(&streams(run, attempt)?, xml)
    })?;
    Ok(())
}

fn write_streams(streams: &[Option<String>; 2], xml: &mut Xml<'_>) -> io::Result<()> {
    for (tag, text) in ["system-out", "system-err"].into_iter().zip(streams) {
        if let Some(text) = text {
            write_text(xml.create_element(tag), text)?;
        }
    }
    Ok(())
}

fn write_text(element: ElementWriter<'_, &mut dyn Write>, text: &str) -> io::Result<()> {
    element.write_text_content(BytesText::new(text))?;
    Ok(())
}

/// Returns a time in seconds, as the attribute `time` contains it.
fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// Returns standard output and standard error of an attempt, for the report. An empty stream is
/// left out, because GitLab would show a heading for an empty stream.
fn streams(run: &Finished<'_>, attempt: &Attempt) -> io::Result<[Option<String>; 2]> {
    let text = |output: Output| (!output.is_empty()).then(|| xml(&results::kept(output)));
    Ok(run.store.get(attempt.output())?.map(text))
}

/// Markers that readers of `JUnit` files interpret in a text. GitLab and Jenkins turn
/// `[ATTACHMENT|` into a link to a file, and other readers turn `[PROPERTY|` into a property.
const COMMANDS: [&str; 2] = ["[ATTACHMENT|", "[PROPERTY|"];

/// Returns foreign bytes as text that XML 1.0 allows and that contains none of [`COMMANDS`].
///
/// Every byte of the foreign text stays visible.
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
