//! Tests expectations, environments and messages by running the command with scenarios in Rust.
//! This test executable is also the child process of the trials.
//!
//! Some tests of this module use shell scripts as children, whose listings have version 2 of the
//! protocol.

use std::path::Path;
use std::process::{Command, ExitCode, abort};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs, thread};

use libtest_mimic::Trial;
use predicates::str::contains;
use serde_json::Value;
use testprog_harness::suite::{SetUp, Settings};
use testprog_harness::verdict::Verdict;
use testprog_harness::{
    Alternative, Content, Expectation, Program, Scenario, Suite, child, report, skip,
};

use crate::script::{Script, command};
use crate::test_functions::trials;
use crate::trial::scratch::{executable, scratch};

/// First argument that makes this executable the child of these trials.
const CHILD: &str = "--expectations-child";

pub(crate) fn answer() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1).peekable();
    arguments.next_if(|first| first == CHILD)?;
    Some(child::answer(&scenarios(), arguments))
}

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        every_scenario_has_its_verdict,
        every_scenario_has_its_verdict_by_the_library,
        a_report_has_the_requirement_and_what_was_printed,
        a_listing_shows_what_a_case_gets,
        a_variable_of_the_command_reaches_the_child,
        inherited_variables_are_few,
        a_directory_that_does_not_exist_is_named,
        skips_at_run_time_can_be_refused,
        serial_cases_run_alone,
        a_set_up_runs_once,
        what_a_listing_leaves_behind_is_printed,
        what_the_facts_leave_behind_is_printed,
        a_listing_of_version_2_needs_no_rust,
        a_regex_is_judged_by_the_command,
        a_closure_that_nobody_can_judge_is_unresolved,
        two_names_alike_are_refused,
    ]
}

const LINK: &str = "https://example.org/1";

/// A scenario, the verdict that the scenario must have, and a text that the reason of the verdict
/// must contain. If the text is empty, the reason must be empty.
type Expected = (Scenario, &'static str, &'static str);

fn scenarios_and_reasons() -> Vec<Expected> {
    [ends(), skips_and_bugs(), outputs(), surroundings_and_loops()].concat()
}

/// Returns scenarios that differ in how their processes end.
fn ends() -> Vec<Expected> {
    vec![
        (Scenario::new("sums::holds", || {}), "pass", ""),
        (
            Scenario::new("sums::fails", || Err("1 + 1 is 3")),
            "fail",
            "exited with status 1 (the scenario did not hold): 1 + 1 is 3",
        ),
        (
            Scenario::new("greets", || println!("hello")),
            "fail",
            "exited with status 0 without the answer OK: printed `hello` before its answer",
        ),
        (Scenario::new("panics", || panic!("out of paper")), "fail", "expectations.rs:"),
        (
            Scenario::new("panics::expected", || panic!("out of paper"))
                .expect(Expectation::panics("of paper")),
            "pass",
            "",
        ),
        (
            Scenario::new("panics::otherwise", || panic!("out of paper"))
                .expect(Expectation::panics("of ink")),
            "fail",
            "did not print `of ink`",
        ),
        (Scenario::new("aborts", || abort()).expect(Expectation::aborts()), "pass", ""),
        (Scenario::new("crashes", || abort()).expect(Expectation::crashes()), "pass", ""),
        (
            Scenario::new("crashes::not", || std::process::exit(101))
                .expect(Expectation::crashes()),
            "fail",
            "exited with status 101",
        ),
        (
            Scenario::new("hangs", || thread::sleep(Duration::from_secs(600)))
                .expect(Expectation::hangs())
                .deadline(Duration::from_millis(300)),
            "pass",
            "",
        ),
        (
            Scenario::new("hangs::not", || {}).expect(Expectation::hangs()),
            "fail",
            "survived and answered OK",
        ),
    ]
}

fn skips_and_bugs() -> Vec<Expected> {
    vec![
        (
            Scenario::new("skips", || Err(skip("unshare is not permitted"))),
            "unsupported",
            "unshare is not permitted",
        ),
        (
            Scenario::new("bug", || Err("1 + 1 is 3"))
                .known_bug_failing(LINK, Expectation::fails("is 3")),
            "xfail",
            "the scenario did not hold): 1 + 1 is 3, a known bug: https://example.org/1",
        ),
        (
            Scenario::new("bug::other", || Err("1 + 1 is 4"))
                .known_bug_failing(LINK, Expectation::fails("is 3")),
            "fail",
            "1 + 1 is 4, but a known bug is recorded with another failure, exit with status 1, printing `is 3`: https://example.org/1",
        ),
        (
            Scenario::new("bug::fixed", || {}).known_bug_failing(LINK, Expectation::crashes()),
            "xpass",
            LINK,
        ),
        (
            Scenario::new("one_of", || std::process::exit(7)).expect(Expectation::one_of([
                Alternative::good("ran", Expectation::ok()),
                Alternative::good("left", Expectation::exits([3, 4], "")),
            ])),
            "fail",
            "exited with status 7, which is none of the expected ends",
        ),
    ]
}

/// Returns scenarios that differ in what they print.
fn outputs() -> Vec<Expected> {
    let even = || {
        Content::judged_by("an even number of lines", |output: &str| match output.lines().count() {
            even if even % 2 == 0 => Ok(()),
            odd => Err(format!("there are {odd} lines")),
        })
    };
    let word = || Content::satisfies(contains("word").count(1));
    let none_of = Content::contains_none(["leak"]);
    vec![
        (
            Scenario::new("prints", || println!("hello"))
                .expect(Expectation::ok().stdout(Content::equals("hello\n"))),
            "pass",
            "",
        ),
        (
            Scenario::new("prints::other", || println!("hallo\nworld"))
                .expect(Expectation::ok().stdout(Content::equals("hello\nworld\n"))),
            "fail",
            r"its standard output is wrong; the scenario requires output equal to `hello\x0aworld\x0a`",
        ),
        (
            Scenario::new("prints::forbidden", || eprintln!("a leak"))
                .expect(Expectation::ok().stderr(none_of)),
            "fail",
            "its standard error is wrong; the scenario requires output without `leak`",
        ),
        (
            Scenario::new("closure", || println!("one\ntwo"))
                .expect(Expectation::ok().stdout(even())),
            "pass",
            "",
        ),
        (
            Scenario::new("closure::refuses", || println!("one"))
                .expect(Expectation::ok().stdout(even())),
            "fail",
            "the scenario requires output that meets `an even number of lines`",
        ),
        (
            Scenario::new("predicate", || println!("a word"))
                .expect(Expectation::ok().stdout(word())),
            "pass",
            "",
        ),
        (
            Scenario::new("predicate::refuses", || println!("a word and a word"))
                .expect(Expectation::ok().stdout(word())),
            "fail",
            "the scenario requires output that meets `",
        ),
        (
            Scenario::new("regex", || println!("at 0x10"))
                .expect(Expectation::ok().stdout(Content::matches("^at 0x[0-9a-f]+$"))),
            "fail",
            "the scenario requires output matching the regex `^at 0x[0-9a-f]+$`",
        ),
    ]
}

/// Returns scenarios that set environment variables, arguments, a directory or limits, and
/// scenarios that a loop creates.
fn surroundings_and_loops() -> Vec<Expected> {
    let mut all = vec![
        (
            Scenario::new("surroundings", surroundings)
                .env("COLOR", "red and blue")
                .args(["-v", "two words"])
                .working_directory("/"),
            "pass",
            "",
        ),
        (Scenario::new("stack", stack).limit(testprog_harness::Limit::Stack, 1 << 20), "pass", ""),
    ];
    all.extend((0..3).map(|number| {
        let run = move || if number == 1 { Err(format!("it is {number}")) } else { Ok(()) };
        let scenario = Scenario::new(format!("loop::{number}"), run);
        match number {
            1 => (scenario, "fail", "it is 1"),
            _ => (scenario, "pass", ""),
        }
    }));
    all
}

fn scenarios() -> Vec<Scenario> {
    scenarios_and_reasons().into_iter().map(|(scenario, ..)| scenario).collect()
}

fn surroundings() -> Result<(), String> {
    let directory = env::current_dir().map_err(|error| error.to_string())?;
    let found = (env::var("COLOR"), child::arguments(), &*directory);
    if found == (Ok("red and blue".to_owned()), &["-v".into(), "two words".into()], Path::new("/"))
    {
        Ok(())
    } else {
        Err(format!("found {found:?}"))
    }
}

fn stack() -> Result<(), String> {
    let output = Command::new("sh").args(["-c", "ulimit -s"]).output();
    let limit = output.map_err(|error| error.to_string())?.stdout;
    if limit == b"1024\n" { Ok(()) } else { Err(format!("{limit:?} KiB")) }
}

/// Writes a script that runs this executable as the child.
fn this_child() -> Script {
    let path = scratch("child");
    let this = env::current_exe().unwrap();
    executable(&path, format!("#!/bin/sh\nexec '{}' {CHILD} \"$@\"\n", this.display()).as_bytes());
    Script { path }
}

/// Runs the cases and returns the JSON report.
fn report_of(script: &Script, arguments: &[&str]) -> Value {
    let mut command = script.command(&[&["--format", "json"], arguments].concat());
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

fn case<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut cases = report["cases"].as_array().unwrap().iter();
    cases.find(|case| case["name"] == name).unwrap_or_else(|| panic!("{name}: {report}"))
}

/// Checks the verdict and the reason of a case.
fn check(name: &str, [verdict, reason]: [&str; 2], [id, text]: [&str; 2]) {
    assert_eq!(verdict, id, "{name}: {reason}");
    let is_right = if text.is_empty() { reason.is_empty() } else { reason.contains(text) };
    assert!(is_right, "{name}: `{reason}` without `{text}`");
}

fn every_scenario_has_its_verdict() {
    let report = report_of(&this_child(), &[]);
    for (scenario, id, text) in scenarios_and_reasons() {
        let case = case(&report, &scenario.name);
        let word = |name: &str| case[name].as_str().unwrap();
        check(&scenario.name, [word("verdict"), word("reason")], [id, text]);
    }
    if cfg!(target_os = "linux") {
        // A zygote cannot give a fork other arguments, so the runner starts a case with other
        // arguments.
        this_child().run(&["--zygote", "surroundings", "sums::holds"]).code(0);
    }
    let filtered = report_of(&this_child(), &["sums::"]);
    assert_eq!(filtered["cases"].as_array().unwrap().len(), 2);
}

fn every_scenario_has_its_verdict_by_the_library() {
    let suite = this_suite();
    for (scenario, id, text) in scenarios_and_reasons() {
        let case = suite.cases.iter().find(|case| case.name == scenario.name).unwrap();
        let trial = suite.run(case, &Settings::default());
        let word = report::word(&trial.verdict).to_lowercase();
        check(&scenario.name, [&word, &report::trial_reason(&trial)], [id, text]);
    }
}

fn this_suite() -> Suite {
    let mut program = Program::new(env::current_exe().unwrap());
    program.args = vec![CHILD.into()];
    Suite::load(program).unwrap()
}

fn a_report_has_the_requirement_and_what_was_printed() {
    let script = this_child();
    let report = report_of(&script, &["prints::other", "closure::refuses", "predicate::refuses"]);
    let explanation = |name: &str| case(&report, name)["explanation"].as_str().unwrap();
    let lines = "in line 1, where - is required and + was printed:\n- hello\n+ hallo";
    assert_eq!(explanation("prints::other"), lines);
    assert_eq!(explanation("closure::refuses"), "there are 1 lines");
    assert!(explanation("predicate::refuses").contains('2'), "{report}");
    script.run(&["prints::other"]).code(1).stdout(contains(
        "  because:\n    | in line 1, where - is required and + was printed:\n    | - hello\n    | + hallo\n",
    ));
    let report = report_of(&script, &["bug::other"]);
    let recorded = "exit with status 1, printing `is 3`";
    assert_eq!(case(&report, "bug::other")["known_failure"], recorded);
    assert!(case(&report, "bug::other").get("explanation").is_none());
}

fn a_listing_shows_what_a_case_gets() {
    let list = |arguments: &[&str]| {
        command().arg("list").arg("--prog").arg(this_child().path).args(arguments).assert().code(0)
    };
    let listed = list(&[]).stdout(contains(
        "surroundings\n    expects  status 0 and the answer OK\n    env      COLOR=red and blue\n    argument -v\n    argument two words\n    in       /\n",
    ));
    listed.stdout(contains("    fails by a crash"));
    let json = list(&["--format", "json"]).get_output().stdout.clone();
    let json: Value = serde_json::from_slice(&json).unwrap();
    let surroundings = case(&json, "surroundings");
    assert_eq!(surroundings["env"]["COLOR"], "red and blue");
    assert_eq!(surroundings["working_directory"], "/");
    assert!(case(&json, "aborts").get("env").is_none());
}

/// Body of a shell script that prints the environment variables that the trials set.
const PRINTS_VARIABLES: &str = r#"echo "$A-$B-$RUST_LOG-$OTHER" >&2; echo OK"#;

fn a_variable_of_the_command_reaches_the_child() {
    let script = Script::listing(
        "variables",
        r"testprog 2\na\nb\t-\t-\t-\t-\t-\t-\t-\tenv A=5\n",
        PRINTS_VARIABLES,
    );
    let mut command = script.command(&["--env", "A=1", "--env", "B=x y", "--env", "OTHER"]);
    command.args(["--env", "IS_NOT_SET", "--format", "json"]).env("OTHER", "o");
    let report: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(case(&report, "a")["stderr"], "1-x y--o\n");
    assert_eq!(case(&report, "b")["stderr"], "5-x y--o\n");
    let rerun = case(&report, "b")["rerun"].as_str().unwrap();
    assert!(rerun.starts_with("A=1 B='x y' OTHER=o A=5 "), "{rerun}");
    script.run(&["--env", "=1"]).code(2).stderr(contains("expected NAME=VALUE or NAME"));
}

fn inherited_variables_are_few() {
    let script = Script::new("inherited", PRINTS_VARIABLES);
    let mut command = script.command(&["--format", "json"]);
    command.env("RUST_LOG", "debug").env("A", "1").env("OTHER", "o");
    let report: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(case(&report, "a")["stderr"], "--debug-\n");
}

fn a_directory_that_does_not_exist_is_named() {
    let listing = r"testprog 2\na\t-\t-\t-\t-\t-\t-\t-\tdirectory /nowhere at all\n";
    let script = Script::listing("nowhere", listing, "echo OK");
    script
        .run(&[])
        .code(4)
        .stdout(contains("failed to enter `/nowhere at all`: No such file or directory"));
    let listing = r"testprog 2\na\t-\t-\t-\t-\t-\t-\t-\tdirectory .\n";
    let script = Script::listing("relative", listing, "pwd >&2; echo OK");
    let here = fs::canonicalize(scratch(".")).unwrap();
    let mut command = script.command(&["--format", "json"]);
    let output = command.current_dir(&here).output().unwrap().stdout;
    let report: Value = serde_json::from_slice(&output).unwrap();
    assert_eq!(case(&report, "a")["stderr"], format!("{}\n", here.display()));
}

fn skips_at_run_time_can_be_refused() {
    let script = this_child();
    script.run(&["--exact", "skips"]).code(0);
    let refused =
        "skipped, but the accepted skips do not include `run-time` (unshare is not permitted)";
    for arguments in [&["--may-lack", "ucontext"][..], &["--strict"]] {
        let arguments = [&["--exact", "skips"], arguments].concat();
        script.run(&arguments).code(1).stdout(contains(refused));
    }
    script.run(&["--exact", "skips", "--strict", "--may-lack", "run-time"]).code(0);
}

fn serial_cases_run_alone() {
    // A case that runs at the same time as a serial case finds the directory that the serial case
    // has created, and fails.
    let body = r#"case $1 in
  serial*) mkdir "$LOCK" && sleep 0.1 && rmdir "$LOCK" ;;
  *) for i in 1 2 3 4 5 6 7 8 9 10; do [ ! -d "$LOCK" ] || exit 1; sleep 0.01; done ;;
esac && echo OK"#;
    let lock = scratch("lock");
    let line = |name: &str, serial: &str| {
        format!(r"{name}\t-\t-\t-\t-\t-\t-\t-\tenv LOCK={}{serial}\n", lock.display())
    };
    let listing: String = (0..6)
        .map(|number| match number % 3 {
            0 => line(&format!("serial_{number}"), r"\tserial"),
            _ => line(&format!("other_{number}"), ""),
        })
        .collect();
    let script = Script::listing("serial", &format!(r"testprog 2\n{listing}"), body);
    script.run(&["-j", "6"]).code(0).stdout(contains("6 passed"));
}

/// The runner removes no directory that has replaced the directory of `program --list`. The command
/// and the library must name the directory, and the case must still pass.
fn what_the_facts_leave_behind_is_printed() {
    let ends = ["printf 'testprog 1\\nos: x\\n'", "exit 2", "echo x"];
    for (number, end) in ends.into_iter().enumerate() {
        let temporary = scratch(format!("left-behind-{number}"));
        fs::create_dir(&temporary).unwrap();
        let text = r#"#!/bin/sh
case $1 in
--list) printf 'testprog 1\na\n';;
--about) here=$PWD; cd /; mv "$here" "$here-old"; mkdir "$here"; END;;
*) echo OK;;
esac
"#;
        let text = text.replace("END", end);
        let script = Script::executable("leaves-behind.sh", text.as_bytes());
        let mut command = script.command(&["--format", "json"]);
        let run = command.env("TMPDIR", &temporary).assert().code(0);
        let errors = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        let start = format!("failed to remove `{}/testprog-", temporary.display());
        assert!(errors.starts_with(&start), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}

fn what_a_listing_leaves_behind_is_printed() {
    let temporary = scratch("left-behind");
    fs::create_dir(&temporary).unwrap();
    let text = r#"#!/bin/sh
case $1 in
--list) here=$PWD; cd /; mv "$here" "$here-old"; mkdir "$here"; printf 'testprog 1\na\n';;
--about) exit 2;;
*) echo OK;;
esac
"#;
    let script = Script::executable("leaves-behind.sh", text.as_bytes());
    let run = script.command(&[]).env("TMPDIR", &temporary).assert().code(0);
    let run = run.stdout(contains("1 passed"));
    let errors = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    let start = format!("failed to remove `{}/testprog-", temporary.display());
    assert_eq!(errors.matches(&start).count(), 1, "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    let suite = Suite::load(Program::new(script.path)).unwrap();
    let [message] = suite.left_behind() else { panic!("{:?}", suite.left_behind()) };
    assert!(message.starts_with("failed to remove `"), "{message}");
    let left = message.split('`').nth(1).unwrap();
    fs::remove_dir(left).unwrap();
    fs::remove_dir(format!("{left}-old")).unwrap();
}

fn a_set_up_runs_once() {
    let mut suite = this_suite();
    suite.cases.retain(|case| case.name == "sums::holds" || case.name == "surroundings");
    let counter = scratch("counter");
    let (path, number) = (counter.clone(), AtomicU32::new(0));
    let mut settings = Settings::default();
    settings.set_up = Some(SetUp::new(move |children| {
        children.env("COLOR", "green");
        fs::write(&path, number.fetch_add(1, Ordering::Relaxed).to_string())
    }));
    for case in &suite.cases {
        assert_eq!(report::word(&suite.run(case, &settings).verdict), "PASS");
    }
    assert_eq!(fs::read_to_string(counter).unwrap(), "0");
    let [first, ..] = &*suite.cases else { panic!("no case") };
    let script = Script::new("of-set-up", PRINTS_VARIABLES);
    let printing = Suite::load(Program::new(script.path)).unwrap();
    settings.set_up = Some(SetUp::new(|children| children.env("A", "of the set-up")));
    let trial = printing.run(&printing.cases[0], &settings);
    let stderr = trial.outcome.unwrap().stderr.head;
    assert!(stderr.starts_with(b"of the set-up-"), "{}", String::from_utf8_lossy(&stderr));
    settings.set_up = Some(SetUp::new(|_| Err("no disk")));
    let unresolved = Verdict::Unresolved("the set-up failed: no disk".to_owned());
    assert_eq!(suite.run(first, &settings).verdict, unresolved);
    settings.set_up = Some(SetUp::new(|_| Err(skip("no disk"))));
    let skipped = suite.run(first, &settings);
    assert_eq!(report::word(&skipped.verdict), "UNSUPPORTED");
    assert_eq!(report::trial_reason(&skipped), "no disk");
}

fn a_listing_of_version_2_needs_no_rust() {
    let listing = [
        r"status\t-\texits 0,77 done & stdout equals hello\\0a & stderr lacks fatal\n",
        r"words\t-\texits 1..5 one & stderr contains two & stderr contains three\n",
        r"early\t-\thangs\t60000ms\n",
    ]
    .concat();
    let body = r"case $1 in
status) echo hello; echo done >&2; exit 77 ;;
words) echo one two four >&2; exit 3 ;;
early) exit 3 ;;
esac";
    let script = Script::listing("version-2", &format!(r"testprog 2\n{listing}"), body);
    let report = report_of(&script, &[]);
    assert_eq!(case(&report, "status")["verdict"], "pass", "{report}");
    let words = case(&report, "words");
    assert_eq!(words["reason"], "ended as expected, but did not print `three`");
    assert_eq!(
        words["expected"],
        "exit with status 1 to 5, printing `one`, printing `two`, printing `three`"
    );
    assert_eq!(case(&report, "early")["reason"], "exited with status 3");
    assert_eq!(case(&report, "early")["expected"], "still running at the deadline");
}

fn a_regex_is_judged_by_the_command() {
    let listing = r"testprog 2\na\t-\texits 0 & stdout matches ^[a-c]+[0-9]\nb\t-\texits 0 & stdout matches x(\n";
    let script = Script::listing("regex", listing, "echo abc9");
    let report = report_of(&script, &[]);
    assert_eq!(case(&report, "a")["verdict"], "pass", "{report}");
    assert_eq!(case(&report, "b")["verdict"], "unresolved", "{report}");
    let reason = case(&report, "b")["reason"].as_str().unwrap();
    assert_eq!(reason, "failed to read the regex `x(`: error: unclosed group");
}

fn a_closure_that_nobody_can_judge_is_unresolved() {
    let listing = r"testprog 2\na\t-\texits 0 & stdout meets an even number\n";
    let script = Script::listing("closure", listing, "[ \"$1\" = a ] || { echo no >&2; exit 2; }");
    script
        .run(&[])
        .code(4)
        .stdout(contains("failed to judge the output: --judge ended with status 2, saying: no"));
    let body = r#"case $1 in
a) echo 4 ;;
--judge) [ "$2 $3" = "a an even number" ] && [ "$(cat "$4")" = 4 ] && echo OK ;;
esac"#;
    let script = Script::listing("judging", listing, body);
    let temporary = scratch("temporary");
    fs::create_dir(&temporary).unwrap();
    script.command(&[]).env("TMPDIR", &temporary).assert().code(0);
    let left: Vec<_> = fs::read_dir(temporary).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

fn two_names_alike_are_refused() {
    let twice = [Scenario::new("a::b", || {}), Scenario::new("a::b", || {})];
    // The function `answer` prints the reason to standard error of this process, and runs no
    // scenario.
    let status = child::answer(&twice, ["--list".into()].into_iter());
    assert_eq!(format!("{status:?}"), format!("{:?}", ExitCode::from(2)));
    let script = Script::listing("twice", r"testprog 1\na::b\na::b\n", "echo OK");
    script.run(&[]).code(2).stderr(contains("the listing has `a::b` twice"));
}
