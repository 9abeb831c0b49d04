//! Tests the `JUnit` report against the rules of the programs that read `JUnit` reports.
//!
//! `JUnit`'s format has no specification, so the comment on each rule names a program that reads
//! `JUnit` reports, and the program's source file with the rule. The tests also run the parsers of
//! three programs that read `JUnit` reports, if the parsers are installed.

use std::collections::BTreeSet;

use assert_cmd::Command;
use libtest_mimic::Trial;
use roxmltree::{Document, Node};
use serde_json::Value;

use crate::script::Script;
use crate::trial::scratch::scratch;
use crate::trial::tools::Missing;
use crate::trial::{Stop, trial};

/// Format string for `printf`, whose output forges XML and the commands that some readers of
/// reports execute.
const HOSTILE: &str = "out\\0\\033[31m\\r\\n]]></failure><script>&lt;\\n[[ATTACHMENT|/etc/passwd]]\\n\
    [[PROPERTY|verdict=pass]]\\n\\377\\357\\277\\277";

/// Listing with a case of each verdict that a single attempt can have.
const LISTING: &str = "testprog 1\\n\
    good\\n\
    bad\\n\
    <b>&\\042]]>\\n\
    silent\\n\
    skips\\tucontext\\n\
    known\\t-\\tok\\t-\\t-\\t-\\thttps://example.org/1?a=<b>&c\\n\
    unexpected\\t-\\tok\\t-\\t-\\t-\\thttps://example.org/2\\n\
    stale\\tucontext\\tok\\t-\\t-\\tucontext: there is none\\n\
    crashes\\n\
    leaks\\n";

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = crate::test_functions::trials![
        the_report_is_as_its_readers_ask_for,
        a_rule_can_be_broken,
        jenkins_tells_runs_of_one_build_apart,
        what_passes_has_words_too,
        an_attempt_is_at_most_5_mib_whatever_it_prints,
    ];
    trials.extend(READERS.iter().map(Reader::trial));
    trials
}

fn child(name: &str) -> Script {
    let body = format!(
        "case $1 in good|unexpected|stale) echo OK;; skips) echo 'SKIP ucontext: a <b> & c';; silent|known) exit 3;;\n\
         crashes) printf '{HOSTILE}'; kill -SEGV $$;; leaks) sleep 1000 & echo OK;;\n\
         *) printf '{HOSTILE}'; printf '{HOSTILE}' >&2; exit 7;; esac"
    );
    Script::listing(name, LISTING, &body)
}

/// Returns a child with one case that passes at its second attempt.
fn flaky(name: &str) -> Script {
    let mark = scratch(format!("{name}.mark"));
    let mark = mark.display();
    Script::new(
        name,
        &format!("[ -e {mark} ] && {{ echo OK; exit; }}; >{mark}; echo first >&2; exit 1"),
    )
}

fn report(script: &Script, arguments: &[&str]) -> String {
    let arguments = [&["--format", "junit"], arguments].concat();
    let output = script.command(&arguments).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

/// XML element of a schema: its name, its required attributes, its optional attributes and its
/// child elements.
type Element =
    (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// Elements of the schema of Jenkins' xUnit plugin, which refuses a file that violates the schema.
///
/// The source of the schema is jenkinsci/xunit-plugin, `JUnitInputMetric.java`
/// (`validateInputFile`) and `junit-10.xsd`. The array omits elements of the schema that the
/// command never writes.
const SCHEMA: &[Element] = &[
    ("testsuites", &[], &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &["time", "skipped", "timestamp"],
        &["properties", "testcase"],
    ),
    ("properties", &[], &[], &["property"]),
    ("property", &["name", "value"], &[], &[]),
    (
        "testcase",
        &["name"],
        &["time", "classname"],
        &[
            "skipped",
            "error",
            "failure",
            "rerunFailure",
            "rerunError",
            "flakyFailure",
            "flakyError",
            "system-out",
            "system-err",
        ],
    ),
    ("skipped", &[], &["type", "message"], &[]),
    ("error", &[], &["type", "message"], &[]),
    ("failure", &[], &["type", "message"], &[]),
    ("rerunFailure", &["type"], &["message"], RERUN),
    ("rerunError", &["type"], &["message"], RERUN),
    ("flakyFailure", &["type"], &["message"], RERUN),
    ("flakyError", &["type"], &["message"], RERUN),
    ("stackTrace", &[], &[], &[]),
    ("system-out", &[], &[], &[]),
    ("system-err", &[], &[], &[]),
];

/// Child elements of a rerun element. The schema allows each element of the array `RERUN` at most
/// once, in the order of the array.
const RERUN: &[&str] = &["stackTrace", "system-out", "system-err"];

/// Values of the attribute `type` for which `Hash.from_xml` of Rails converts an element's text.
///
/// GitLab reads `JUnit` reports with `Hash.from_xml`. The values are from rails/rails,
/// `active_support/xml_mini.rb` (`PARSING`) and `hash/conversions.rb` (`DISALLOWED_TYPES`,
/// `array`).
const RAILS_TYPES: &[&str] = &[
    "array",
    "base64Binary",
    "boolean",
    "date",
    "datetime",
    "dateTime",
    "decimal",
    "double",
    "duration",
    "file",
    "float",
    "hexBinary",
    "integer",
    "string",
    "symbol",
    "yaml",
];

/// Returns a message for every rule that the report breaks.
fn broken(text: &str) -> Vec<String> {
    // XML 1.0 forbids most control characters, and every reader stops at the first error.
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => return vec![error.to_string()],
    };
    let mut broken: Vec<_> =
        document.descendants().filter(Node::is_element).flat_map(element).collect();
    let root = document.root_element();
    // mikepenz/action-junit-report (`testParser.ts`) and GitLab (`junit.rb`) find no tests in a
    // file whose root element is not `testsuites`.
    if root.tag_name().name() != "testsuites" {
        broken.push("the root is no `testsuites`".to_owned());
    }
    // GitLab (`test_case.rb`) identifies a case by the names of its suite, class and case, and
    // shows only one of two cases with the same names (docs.gitlab.com, "Unit test reports").
    let mut keys = BTreeSet::new();
    for case in named(root, "testcase") {
        let key = [
            case.parent().unwrap().attribute("name"),
            case.attribute("classname"),
            case.attribute("name"),
        ];
        if !keys.insert(key) {
            broken.push(format!("{key:?} is there twice"));
        }
        broken.extend(test_case(case));
    }
    broken
}

fn element(node: Node<'_, '_>) -> Vec<String> {
    let name = node.tag_name().name();
    let Some((_, required, optional, children)) = SCHEMA.iter().find(|known| known.0 == name)
    else {
        return vec![format!("<{name}> is not known")];
    };
    let mut broken = Vec::new();
    for missing in required.iter().filter(|attribute| !node.has_attribute(**attribute)) {
        broken.push(format!("<{name}> has no `{missing}`"));
    }
    for attribute in node.attributes().map(|attribute| attribute.name()) {
        if !required.contains(&attribute) && !optional.contains(&attribute) {
            broken.push(format!("<{name}> has a `{attribute}`"));
        }
    }
    let inside: Vec<_> =
        node.children().filter(Node::is_element).map(|child| child.tag_name().name()).collect();
    for child in inside.iter().filter(|child| !children.contains(child)) {
        broken.push(format!("<{child}> is in a <{name}>"));
    }
    let places = inside.iter().map(|child| RERUN.iter().position(|place| place == child));
    if *children == RERUN && !places.is_sorted_by(|one, next| one < next) {
        broken.push(format!("{inside:?} is the order in a <{name}>"));
    }
    // junit-10.xsd (`SUREFIRE_TIME`) defines the format of the attribute `time`. If the text of
    // `time` has another format, jenkinsci/junit-plugin (`TimeToFloat.java`) reads 0, and
    // dorny/test-reporter (`java-junit-parser.ts`) reads NaN.
    let is_time = |time: &str| {
        time.split_once('.').is_some_and(|(seconds, rest)| {
            let is_number = |digits: &str| {
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            };
            is_number(seconds) && is_number(rest)
        })
    };
    if node.attribute("time").is_some_and(|time| !is_time(time)) {
        broken.push(format!("<{name}> has the time {:?}", node.attribute("time")));
    }
    if node.attribute("type").is_some_and(|kind| RAILS_TYPES.contains(&kind)) {
        broken.push(format!("<{name}> is text of the type {:?}", node.attribute("type")));
    }
    // GitLab's parser refuses a file with a text of more than 10,000,000 bytes (GNOME/libxml2,
    // `parserInternals.h`, XML_MAX_TEXT_LENGTH).
    let text = node.text().unwrap_or_default();
    if text.len() > 10_000_000 {
        broken.push(format!("<{name}> has {} bytes of text", text.len()));
    }
    // In the report, a child's output must not create a link to a file or set a property. GitLab
    // (`junit.rb`, ATTACHMENT_TAG_REGEX) and jenkinsci/junit-attachments-plugin
    // (`AttachmentPublisher`) turn `[[ATTACHMENT|` into a link. Readers that follow
    // <https://github.com/testmoapp/junitxml> take `[[PROPERTY|` for a property.
    if ["[[ATTACHMENT|", "[[PROPERTY|"].iter().any(|command| text.contains(command)) {
        broken.push(format!("<{name}> has a command in its text: {text:?}"));
    }
    broken
}

fn test_case(case: Node<'_, '_>) -> Vec<String> {
    let mut broken = Vec::new();
    // For a case without a class, jenkinsci/junit-plugin (`CaseResult.java`) cuts the name at a
    // dot. For a case without a name, jenkinsci/junit-plugin shows `(?)`. The reader
    // dorny/test-reporter (`java-junit-parser.ts`) fails if a case has no name, and groups cases by
    // class.
    for attribute in ["name", "classname", "time"] {
        if case.attribute(attribute).is_none_or(|value| value.trim().is_empty()) {
            broken.push(format!("{case:?} has no {attribute}"));
        }
    }
    let has = |name| case.children().any(|child| child.has_tag_name(name));
    // Readers disagree about a case with several results. The reader mikepenz/action-junit-report
    // (`testParser.ts`) shows a case with several results as skipped, and GitLab (`junit.rb`) shows
    // the case as failed. The reader EnricoMi/publish-unit-test-result-action (`junit.py`) shows
    // the worst of the case's results.
    if ["failure", "error", "skipped"].iter().filter(|name| has(**name)).count() > 1 {
        broken.push(format!("{case:?} has several verdicts"));
    }
    for status in ["failure", "error", "skipped"].iter().filter_map(|name| named(case, name).next())
    {
        // jenkinsci/junit-plugin (`getErrorMessage` and `getSkippedMessage` in `CaseResult.java`)
        // and mikepenz/action-junit-report (`testParser.ts`) show the attribute `message` beside
        // the text of the `failure`, `error` or `skipped` element.
        let message = status.attribute("message").unwrap_or_default();
        if message.trim().is_empty() {
            broken.push(format!("{status:?} has no message"));
        }
        // GitLab (`junit.rb`) shows only the text of the `failure`, `error` or `skipped` element.
        // For an element without text, GitLab shows a Ruby hash of the element's attributes.
        let text = status.text().unwrap_or_default();
        if !text.contains(message) {
            broken.push(format!("{status:?} has its message not in the text {text:?}"));
        }
    }
    // GitLab (`junit.rb`) shows a heading for each `system-out` and `system-err` element, even if
    // the element is empty.
    for name in ["system-out", "system-err"] {
        if named(case, name).any(|stream| stream.text().unwrap_or_default().is_empty()) {
            broken.push(format!("{case:?} has an empty {name}"));
        }
    }
    broken
}

fn named<'a, 'b>(node: Node<'a, 'b>, name: &'a str) -> impl Iterator<Item = Node<'a, 'b>> {
    node.descendants().filter(move |node| node.has_tag_name(name))
}

fn the_report_is_as_its_readers_ask_for() {
    let several = child("rules");
    let fails = Script::new("fails", "echo out; exit 1");
    let text = format!("#!/bin/sh\nprintf 'testprog 1\\na\\n'; rm {}\n", scratch("gone").display());
    let gone = Script::executable("gone", text.as_bytes());
    for (script, arguments, elements) in [
        (&several, &[][..], &["failure", "skipped", "system-out", "property"][..]),
        (
            &several,
            &["--strict", "--name=a <b>&\"c", "--retries=2"],
            &["rerunFailure", "stackTrace"],
        ),
        (
            &several,
            &["--repeat=2", "--shuffle=1", "--shard=1/2", "--fail-fast", "-j1"],
            &["property", "skipped"],
        ),
        (&flaky("flaky"), &["--retries=1"], &["failure", "flakyFailure", "system-err"]),
        (&flaky("flaky2"), &["--retries=1", "--accept-flaky"], &["flakyFailure"]),
        (&fails, &["--retries=3", "--merge-output"], &["rerunFailure"]),
        (&gone, &["--retries=1"], &["error", "rerunError"]),
    ] {
        let text = report(script, arguments);
        let broken = broken(&text);
        assert!(broken.is_empty(), "{arguments:?}: {broken:#?}\n{text}");
        let document = Document::parse(&text).unwrap();
        for name in elements {
            assert!(named(document.root(), name).next().is_some(), "no <{name}> in {text}");
        }
    }
}

fn a_rule_can_be_broken() {
    let text = report(&child("broken"), &["--retries=1"]);
    assert!(broken(&text).is_empty());
    for (what, instead) in [
        ("<testsuites ", "<testsuites skipped=\"0\" "),
        ("<testsuites ", "<testsuites timestamp=\"\" "),
        ("classname=", "class="),
        ("name=\"good\"", "name=\"bad\""),
        ("name=\"good\"", "name=\" \""),
        ("<system-out>OK", "<properties/><system-out>OK"),
        ("<system-out>OK\n</system-out>", "<system-out/>"),
        (" time=\"", " time=\"1,000,"),
        ("type=\"fail\"", "type=\"array\""),
        ("message=\"exited", "message=\"Exited"),
        (">ucontext: a", ">"),
        ("<stackTrace>", "<system-err/><stackTrace>"),
        ("\\x5b[ATTACHMENT|", "[[ATTACHMENT|"),
        ("]]&gt;", "\u{1}"),
    ] {
        assert!(text.contains(what), "no {what} in {text}");
        assert!(!broken(&text.replacen(what, instead, 1)).is_empty(), "{what} -> {instead}");
    }
}

/// Checks the package that Jenkins derives from a class name, since Jenkins shows a page for each
/// package. In jenkinsci/junit-plugin (`getPackageName` and `getSimpleName` in `CaseResult.java`),
/// the package is the part of the class name before the last dot.
fn jenkins_tells_runs_of_one_build_apart() {
    let script = Script::new("a.b.sh", "echo OK");
    for (arguments, suite, package, simple) in [
        (&[][..], "a_b_sh", "(root)", "a_b_sh"),
        (&["--name=musl-1.2.5"], "musl-1.2.5", "musl-1.2.5", "a_b_sh"),
    ] {
        let text = report(&script, arguments);
        let document = Document::parse(&text).unwrap();
        let case = named(document.root(), "testcase").next().unwrap();
        let class = case.attribute("classname").unwrap();
        assert_eq!(class.rsplit_once('.').unwrap_or(("(root)", class)), (package, simple));
        assert_eq!(case.parent().unwrap().attribute("name"), Some(suite));
    }
}

fn what_passes_has_words_too() {
    let properties = |text: &str| -> Vec<_> {
        let document = Document::parse(text).unwrap();
        let value = |node: Node<'_, '_>, name| node.attribute(name).unwrap().to_owned();
        named(document.root(), "property")
            .map(|node| (value(node, "name"), value(node, "value")))
            .collect()
    };
    let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        properties(&report(&child("words"), &[])),
        [owned("stale", "stale: passes, though the platform table says ucontext: there is none")]
    );
    assert_eq!(
        properties(&report(&Script::new("words2", "echo OK"), &["--repeat=3"])),
        [owned("pass", "a: 3 of 3 runs passed")]
    );
}

/// Checks the maximum size of an attempt, which `docs/ci.md` and `docs/protocol.md` state.
///
/// The child prints `"`, whose escape `&quot;` takes 6 bytes in the report, the most of any byte.
/// The report's text for a failure shows output lines of up to 2,000 bytes each. The report
/// contains a child's reason for a skip twice, in the text and in an attribute.
///
/// For an attempt that reached its deadline, the report adds at most 1.8 MiB: up to 120 backtrace
/// lines from a debugger, and up to 40 lines about threads. An attempt that reached its deadline
/// has no reason for a skip.
fn an_attempt_is_at_most_5_mib_whatever_it_prints() {
    const MIB: usize = 1 << 20;
    let quotes = |count: usize| format!("head -c {count} /dev/zero | tr '\\0' '\"'");
    let endless = "tr '\\0' '\"' </dev/zero | fold -w 2000 | head -c 1000000";
    let reason = (128 << 10) - "SKIP \n".len();
    let script = Script::listing(
        "largest",
        "testprog 1\\nfails\\nskips\\n",
        &format!(
            "{endless} >&2\ncase $1 in fails) {endless};;\n\
             skips) printf 'SKIP '; {}; echo; exit 0;; esac\nexit 1",
            quotes(reason)
        ),
    );
    for (case, at_least, at_most) in [("fails", 2 * MIB, 3 * MIB), ("skips", 3 * MIB, 5 * MIB)] {
        let text = report(&script, &["--exact", case]);
        // If the report were smaller, the child would have printed too little to test the maximum.
        assert!(text.len() > at_least, "{case}: {} bytes", text.len());
        assert!(text.len() < at_most, "{case}: {} bytes", text.len());
        assert_eq!(broken(&text), [""; 0], "{case}");
    }
}

/// Program that parses a report with the same library, and in the same way, as a program that reads
/// reports (a reader).
///
/// The parsing program prints a JSON list of cases, in which each case has a `name`, a `status`,
/// and the `text` that the reader shows.
struct Reader {
    name: &'static str,
    program: &'static [&'static str],
    install: &'static str,
    code: &'static str,
}

const READERS: &[Reader] = &[
    // GitLab (`junit.rb`) parses a report with `Hash.from_xml`, and shows the text of the status
    // element and both output streams.
    Reader {
        name: "gitlab",
        program: &["ruby", "-e"],
        install: "ruby-activesupport ruby-nokogiri",
        code: r#"
                require "active_support"
                require "active_support/core_ext/hash/conversions"
                require "json"
                ActiveSupport::XmlMini.backend = "Nokogiri"
                cases = Hash.from_xml(STDIN.read)["testsuites"]["testsuite"]["testcase"]
                puts [cases].flatten.map { |one|
                    status = %w[failure error skipped].find { |name| one.key?(name) }
                    streams = status == "skipped" ? [] : one.values_at("system_out", "system_err")
                    { name: one["name"], status: status, text: [one[status], *streams].compact.join("\n") }
                }.to_json
            "#,
    },
    // The reader EnricoMi/publish-unit-test-result-action (`junit.py`) parses a report with
    // junitparser, and shows the message and the text.
    Reader {
        name: "publish_unit_test_result_action",
        program: &["/usr/bin/python3", "-c"],
        install: "python3-junitparser",
        code: r#"
import json, sys, tempfile, junitparser
with tempfile.NamedTemporaryFile() as file:
    file.write(sys.stdin.buffer.read())
    file.flush()
    suites = junitparser.JUnitXml.fromfile(file.name)
def seen(case):
    results = case.result
    # Reruns are no results.
    assert len(results) <= 1, results
    text = "\n".join(text for result in results for text in (result.message, result.text))
    streams = [stream for stream in (case.system_out, case.system_err) if stream]
    return {"name": case.name, "status": results[0]._tag if results else None, "text": "\n".join([text, *streams])}
print(json.dumps([seen(case) for suite in suites for case in suite]))
            "#,
    },
    // The reader dorny/test-reporter (`java-junit-parser.ts`) parses a report with xml2js, and
    // shows the message and the text of the first failure or error.
    Reader {
        name: "test_reporter",
        program: &["node", "-e"],
        install: "node-xml2js",
        code: r#"
                const text = require("fs").readFileSync(0, "utf8");
                require("xml2js").parseString(text, (error, result) => {
                    if (error) throw error;
                    const seen = (one) => {
                        const status = ["failure", "error", "skipped"].find((name) => one[name]);
                        const shown = status ? one[status].map((it) => it.$.message + "\n" + it._).join() : "";
                        return { name: one.$.name, status: status ?? null, text: shown };
                    };
                    console.log(JSON.stringify(result.testsuites.testsuite.flatMap((it) => it.testcase.map(seen))));
                });
            "#,
    },
];

impl Reader {
    fn trial(&'static self) -> Trial {
        let missing = || {
            let report = "<testsuites><testsuite><testcase name=\"a\"/></testsuite></testsuites>";
            let (name, install) = (self.name, self.install);
            let reason = format!("failed to run the reader `{name}`: apt-get install {install}");
            self.run(report).is_none().then_some(Missing::Tool(reason))
        };
        let test = || self.sees_each_failure().map_err(Stop::from);
        trial(&format!("junit::reader::{}", self.name), missing, test)
    }

    /// Returns the cases that the reader finds in a report, or `None` if the reader's parser is not
    /// installed.
    fn run(&self, report: &str) -> Option<Value> {
        let [program, arguments @ ..] = self.program else {
            unreachable!("every reader has a program")
        };
        let mut command = Command::new(program);
        command.args(arguments).arg(self.code).write_stdin(report);
        // Debian installs packages of Node.js in a folder that Node.js does not search by default.
        command.env("NODE_PATH", "/usr/share/nodejs");
        serde_json::from_slice(&command.output().ok()?.stdout).ok()
    }

    fn sees_each_failure(&self) -> Result<(), String> {
        let statuses = |report: &str| -> Result<Vec<(String, String, String)>, String> {
            let seen = self
                .run(report)
                .ok_or_else(|| format!("the reader failed on this report:\n{report}"))?;
            let text =
                |case: &Value, field: &str| case[field].as_str().unwrap_or("passed").to_owned();
            let cases = seen.as_array().ok_or("the reader printed no list of cases")?;
            Ok(cases
                .iter()
                .map(|it| (text(it, "name"), text(it, "status"), text(it, "text")))
                .collect())
        };
        let seen = statuses(&report(&child(self.name), &["--retries=1"]))?;
        let expected = [
            ("good", "passed", ""),
            ("bad", "failure", "happened: exited with status 7 (after "),
            ("<b>&\"]]>", "failure", "    | ]]></failure><script>&lt;\n"),
            ("silent", "failure", "happened: exited with status 3"),
            ("skips", "skipped", "ucontext: a <b> & c"),
            (
                "known",
                "skipped",
                "exited with status 3, a known bug: https://example.org/1?a=<b>&c",
            ),
            ("unexpected", "failure", "a known bug is recorded: https://example.org/2"),
            ("stale", "passed", ""),
            ("crashes", "failure", "    | \\x5b[ATTACHMENT|/etc/passwd]]\n"),
            (
                "leaks",
                "failure",
                "a process that the child started still holds the child's output open",
            ),
        ];
        if seen.len() != expected.len() {
            return Err(format!("{seen:#?}"));
        }
        for (seen, expected) in seen.iter().zip(expected) {
            let is_right =
                seen.0 == expected.0 && seen.1 == expected.1 && seen.2.contains(expected.2);
            if !is_right {
                return Err(format!("{expected:?} is seen as {seen:#?}"));
            }
        }
        let seen = statuses(&report(
            &flaky(&format!("{}-flaky", self.name)),
            &["--retries=1", "--accept-flaky"],
        ))?;
        if seen[0].1 != "passed" {
            return Err(format!("an accepted flake is seen as {seen:#?}"));
        }
        Ok(())
    }
}
