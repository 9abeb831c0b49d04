//! Tests how the command finds the programs with scenarios in a workspace, and how the command runs
//! several programs.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use libtest_mimic::Trial;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, is_empty};
use roxmltree::Node;
use serde_json::Value;
use testprog_harness::{CHILD_FLAG, protocol};

use crate::trial::scratch::scratch;

pub(crate) fn trials() -> Vec<Trial> {
    crate::test_functions::trials![
        all_programs_of_a_workspace_run,
        a_target_with_the_name_of_another_packages_program_does_not_run,
        a_filter_that_leaves_out_a_whole_program_is_not_told,
        several_programs_have_one_junit_report,
        several_programs_have_one_tap_report,
        several_programs_share_the_ten_annotations,
        a_program_that_cannot_be_listed_is_in_each_report,
        a_row_of_a_matrix_finds_its_program,
        a_list_in_a_word_is_refused,
        the_command_line_chooses_the_program,
        an_annotation_finds_the_source_of_a_program_that_is_built_elsewhere,
        a_shard_of_several_programs_is_judged_without_the_other_shards,
        a_workspace_without_scenarios_says_what_to_add,
        only_the_cases_that_failed_run_again,
        a_configuration_file_has_defaults,
        a_case_of_one_program_may_be_expected_to_fail,
    ]
}

/// Workspace of three packages. The packages `one` and `two` have a test target `crash`. The
/// package `two` also has a test target that is not a child program, and the package `named` names
/// its binary in its metadata.
struct Workspace(PathBuf);

impl Workspace {
    fn new() -> Self {
        let workspace = Self(scratch("workspace"));
        workspace.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"named\", \"one\", \"two\", \"testprog-harness\"]\n");
        // The command looks only for the name of the dependency `testprog-harness`, so the package
        // is empty.
        workspace.package("testprog-harness", "");
        workspace.write("testprog-harness/src/lib.rs", "");
        let test = |name: &str| format!("[[test]]\nname = \"{name}\"\nharness = false\n");
        let harness = "[dependencies]\ntestprog-harness = { path = \"../testprog-harness\" }\n";
        for (package, tests) in [("one", test("crash")), ("two", test("crash") + &test("plain"))] {
            workspace.package(package, &format!("{harness}{tests}"));
            workspace.write(&format!("{package}/src/lib.rs"), "");
        }
        workspace.write("one/tests/crash.rs", &child("passes", CHILD_FLAG));
        workspace.write("two/tests/crash.rs", &child("fails", CHILD_FLAG));
        // The run would fail if the command took the test target `plain` for a child program.
        workspace.write("two/tests/plain.rs", "fn main() { std::process::exit(9) }\n");
        workspace.package("named", "[package.metadata.testprog]\nbin = [\"child\"]\n");
        workspace.write("named/src/bin/child.rs", &child("other_passes", ""));
        workspace
    }

    fn package(&self, name: &str, more: &str) {
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n{more}");
        self.write(&format!("{name}/Cargo.toml"), &manifest);
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs the command in a directory of the workspace.
    fn run(&self, folder: &str, words: &[&str]) -> Assert {
        self.command(folder, words).assert()
    }

    fn command(&self, folder: &str, words: &[&str]) -> Command {
        let mut command = self.subcommand(folder, "run");
        command.arg("--offline").args(words);
        command
    }

    fn subcommand(&self, folder: &str, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            command.env_remove(name);
        }
        command.current_dir(self.0.join(folder)).env("CARGO_TARGET_DIR", self.0.join("target"));
        command.args(["testprog", name]);
        command
    }
}

/// Returns the source of a child with one case. The case `fails` fails until the file `mended` is in
/// the current directory of the build.
fn child(case: &str, flag: &str) -> String {
    let note = protocol::NOTE;
    format!(
        r#"fn main() {{
            std::hint::black_box("{note}");
            let mut words = std::env::args().skip(1).peekable();
            if !"{flag}".is_empty() {{
                assert_eq!(words.next().as_deref(), Some("{flag}"));
            }}
            match words.next().as_deref() {{
                Some("--list") => println!("testprog 1\n{case}"),
                Some("{case}") if "{case}" != "fails" || option_env!("MENDED").is_some() => println!("OK"),
                _ => std::process::exit(1),
            }}
        }}"#
    )
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn all_programs_of_a_workspace_run() {
    let workspace = Workspace::new();
    let outputs = ["-o", "json=all.json", "-o", "html=all.html"];
    let text = stdout(&workspace.run("", &outputs).code(1));
    for line in ["named/child:\n", "one/crash:\n", "two/crash:\n"] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert_eq!(text.matches("1 case in ").count(), 3, "{text}");
    let report = fs::read_to_string(workspace.0.join("all.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let rows: Vec<_> = report["rows"].as_array().unwrap().iter().collect();
    let verdicts: Vec<_> = rows
        .iter()
        .map(|row| (row["name"].as_str(), &row["report"]["cases"][0]))
        .map(|(name, case)| (name, case["verdict"].as_str(), case["stdout"].as_str()))
        .collect();
    let expected =
        [("named/child", "pass", "OK\n"), ("one/crash", "pass", "OK\n"), ("two/crash", "fail", "")];
    assert_eq!(
        verdicts,
        expected.map(|(name, verdict, out)| (Some(name), Some(verdict), Some(out)))
    );
    let page = fs::read_to_string(workspace.0.join("all.html")).unwrap();
    assert!(page.contains(">OK\n</pre>"), "{page}");
    // A filter may leave out all cases of a program, but not the cases of all programs.
    let some = workspace.run("", &["passes", "--format", "json"]).code(0);
    assert!(stdout(&some).contains("\"not_run\""), "{}", stdout(&some));
    workspace.run("", &["no such case"]).code(3).stderr(contains("failed to find `no such case`"));
    let cause = contains("the workspace has no package `three`");
    workspace.run("", &["-p", "three"]).code(2).stderr(cause);
}

fn a_target_with_the_name_of_another_packages_program_does_not_run() {
    let workspace = Workspace::new();
    // Cargo also builds this target, because the packages `one` and `two` have a target `crash`.
    let metadata = "[package.metadata.testprog]\nbin = [\"child\"]\n";
    let target = "[[test]]\nname = \"crash\"\nharness = false\n";
    workspace.package("named", &format!("{metadata}{target}"));
    workspace.write("named/tests/crash.rs", &child("unnamed", CHILD_FLAG));
    let text = stdout(&workspace.run("", &["--xfail=fails"]).code(0));
    assert!(text.contains("named/child:\n") && !text.contains("named/crash:"), "{text}");
}

fn a_filter_that_leaves_out_a_whole_program_is_not_told() {
    let workspace = Workspace::new();
    let ran = workspace.run("", &["other_passes"]).code(0);
    let text = stdout(&ran.stderr(contains("failed to find").not()));
    assert!(text.starts_with("named/child:\n"), "{text}");
    assert!(!text.contains("one/crash") && !text.contains("two/crash"), "{text}");
    // If no program has a case with the requested name, the command says so for each program.
    let none = workspace.run("", &["no such case"]).code(3).stdout(is_empty());
    let stderr = String::from_utf8(none.get_output().stderr.clone()).unwrap();
    assert_eq!(stderr.matches("failed to find `no such case`").count(), 3, "{stderr}");
}

fn several_programs_have_one_junit_report() {
    let workspace = Workspace::new();
    let printed = stdout(&workspace.run("", &["--format", "junit", "-o", "junit=all.xml"]).code(1));
    assert_eq!(fs::read_to_string(workspace.0.join("all.xml")).unwrap(), printed);
    let document = roxmltree::Document::parse(&printed).unwrap();
    let root = document.root_element();
    let number = |element: &Node, name: &str| element.attribute(name).map(str::to_owned).unwrap();
    assert_eq!(["tests", "failures", "errors"].map(|name| number(&root, name)), ["3", "1", "0"]);
    let suites: Vec<_> = root.children().filter(Node::is_element).collect();
    let of_suite = |suite: &Node| {
        let case = suite.children().find(|child| child.has_tag_name("testcase")).unwrap();
        assert_eq!(case.attribute("classname"), suite.attribute("name"));
        [number(suite, "name"), number(suite, "failures"), number(&case, "name")]
    };
    assert_eq!(
        suites.iter().map(of_suite).collect::<Vec<_>>(),
        [
            ["named/child", "0", "other_passes"],
            ["one/crash", "0", "passes"],
            ["two/crash", "1", "fails"],
        ]
    );
    let one = stdout(&workspace.run("", &["other_passes", "--format", "junit"]).code(0));
    let document = roxmltree::Document::parse(&one).unwrap();
    assert_eq!(document.root_element().children().filter(Node::is_element).count(), 1, "{one}");
    let none = stdout(&workspace.run("", &["no such case", "--format", "junit"]).code(3));
    roxmltree::Document::parse(&none).unwrap();
}

fn several_programs_have_one_tap_report() {
    let workspace = Workspace::new();
    let words = ["--format", "tap", "-o", "tap=all.tap", "--shuffle=7"];
    let printed = stdout(&workspace.run("", &words).code(1));
    assert_eq!(fs::read_to_string(workspace.0.join("all.tap")).unwrap(), printed);
    let lines: Vec<_> = printed.lines().filter(|line| !line.starts_with("  ")).collect();
    assert_eq!(
        lines,
        [
            "TAP version 13",
            "1..3",
            "# named/child: order: --shuffle=7",
            "ok 1 - named/child: other_passes",
            "# one/crash: order: --shuffle=7",
            "ok 2 - one/crash: passes",
            "# two/crash: order: --shuffle=7",
            "not ok 3 - two/crash: fails",
        ]
    );
    assert!(printed.ends_with("  ...\n") && printed.contains("\n  verdict: fail\n"), "{printed}");
    let one = stdout(&workspace.run("", &["other_passes", "--format", "tap"]).code(0));
    assert_eq!(one, "TAP version 13\n1..1\nok 1 - named/child: other_passes\n");
    let none = stdout(&workspace.run("", &["no such case", "--format", "tap"]).code(3));
    assert_eq!(none, "TAP version 13\n1..0\n");
}

fn several_programs_share_the_ten_annotations() {
    let workspace = Workspace::new();
    // The child lists cases that fail before the case that fails in `two/crash`.
    let source = fs::read_to_string(workspace.0.join("one/tests/crash.rs")).unwrap();
    let names = (1..=11).map(|number| format!("\\nbad{number}")).collect::<Vec<_>>().concat();
    let source = source.replace("testprog 1\\npasses", &format!("testprog 1\\npasses{names}"));
    workspace.write("one/tests/crash.rs", &source);
    let summary = workspace.0.join("summary.md");
    let mut command = workspace.command("", &["--format", "github", "-j1"]);
    let ran = command.env("GITHUB_STEP_SUMMARY", &summary).assert().code(1);
    let text = stdout(&ran);
    let lines: Vec<_> = text.lines().collect();
    assert!(
        text.starts_with("named/child:\nPASS  other_passes\none/crash:\nPASS  passes\n"),
        "{text}"
    );
    let annotations: Vec<_> = lines.iter().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(annotations.len(), 10, "{text}");
    assert_eq!(lines.last(), Some(&"2 more failures have no annotation."));
    let summary = fs::read_to_string(summary).unwrap();
    for heading in ["### named/child\n", "### one/crash\n", "### two/crash\n"] {
        assert!(summary.contains(heading), "{summary}");
    }
    assert_eq!(summary.matches("2 more failures have no annotation.").count(), 1, "{summary}");
    assert_eq!(summary.matches("| FAIL | ").count(), 12, "{summary}");
}

fn a_program_that_cannot_be_listed_is_in_each_report() {
    let workspace = Workspace::new();
    let said = r"::error::x ##[error]y <b>]]> [[ATTACHMENT|z]] \u{1b}[2J # TODO";
    let arm = r#"Some("--list") =>"#;
    let dies = format!(r#"{arm} {{ eprintln!("{said}"); std::process::exit(7) }} Some("-") =>"#);
    let source = child("passes", CHILD_FLAG).replace(arm, &dies);
    workspace.write("one/tests/crash.rs", &source);
    // A program without cases is lost, too, but a program whose cases a filter leaves out is not.
    let empty = child("other_passes", "").replace("\\nother_passes\"", "\"");
    workspace.write("named/src/bin/child.rs", &empty);
    let summary = workspace.0.join("summary.md");
    let outputs = ["junit=r.xml", "tap=r.tap", "github=r.txt", "human=r.human"];
    let mut words = vec!["--format", "json", "--name", "nightly"];
    words.extend(outputs.iter().flat_map(|output| ["-o", output]));
    let mut command = workspace.command("", &words);
    let ran = command.env("GITHUB_STEP_SUMMARY", &summary).assert().code(1);
    let report: Value = serde_json::from_slice(&ran.get_output().stdout).unwrap();
    let states: Vec<_> =
        report["rows"].as_array().unwrap().iter().map(|row| &row["state"]).collect();
    assert_eq!(states, ["failed", "failed", "ran"]);
    let reason = report["rows"][1]["reason"].as_str().unwrap();
    assert!(reason.contains("ended with status 7") && !reason.contains('\u{1b}'), "{reason}");

    let read = |name: &str| fs::read_to_string(workspace.0.join(name)).unwrap();
    let junit = read("r.xml");
    let document = roxmltree::Document::parse(&junit).unwrap();
    let counts =
        ["tests", "errors", "failures"].map(|name| document.root_element().attribute(name));
    assert_eq!(counts, ["3", "2", "1"].map(Some));
    let cases: Vec<_> =
        document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let lost = cases.iter().find(|case| case.attribute("name") == Some("one/crash")).unwrap();
    assert_eq!(lost.attribute("classname"), Some("nightly.one/crash"));
    let error = lost.children().find(|node| node.has_tag_name("error")).unwrap();
    assert_eq!(error.attribute("type"), Some("unresolved"));
    let shown = reason.replace("[[ATTACHMENT", r"\x5b[ATTACHMENT");
    assert_eq!((error.attribute("message"), error.text()), (Some(&*shown), Some(&*shown)));

    let tap = read("r.tap");
    let lines: Vec<_> = tap.lines().filter(|line| !line.starts_with("  ")).collect();
    let tests = ["not ok 1 - named/child", "not ok 2 - one/crash", "not ok 3 - two/crash: fails"];
    assert_eq!(lines, [&["TAP version 13", "1..3"], &tests[..]].concat());
    assert!(tap.contains("\n  verdict: unresolved\n  reason: \"failed to list "), "{tap}");

    let github = read("r.txt");
    let errors: Vec<_> = github.lines().filter(|line| line.starts_with("::")).collect();
    // A lost program is worse than a failed case.
    let titles =
        ["named/child", "one/crash"].map(|name| format!("::error title=UNRESOLVED%3A {name}::"));
    assert!(errors.iter().zip(&titles).all(|(line, title)| line.starts_with(title)), "{github}");
    assert_eq!(errors.len(), 3, "{github}");
    assert!(
        !github.contains("##[") && github.contains("\none/crash:\nUNRESOLVED  failed to list ")
    );
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.contains("### one/crash\n\nfailed to list "), "{summary}");
    assert!(!summary.contains("<b>"), "{summary}");
    assert!(read("r.human").contains("one/crash:\nfailed to list "), "{}", read("r.human"));
    // Without other failures, the status says that cases could not be judged.
    workspace.run("", &["--skip", "fails"]).code(4);
    workspace.run("", &["other_passes", "--skip", "fails"]).code(4);
}

fn a_row_of_a_matrix_finds_its_program() {
    let workspace = Workspace::new();
    let row = |package: &str| format!("[[row]]\nname = \"{package}\"\npackage = \"{package}\"\n");
    let rows = ["one", "two", "named", "testprog-harness", "absent"].map(row).concat();
    workspace.write("matrix.toml", &format!("{rows}[[row]]\nname = \"all\"\n"));
    let mut command = workspace.subcommand("", "matrix");
    let ran = command.args(["--format", "json"]).assert().code(1);
    let report: Value = serde_json::from_slice(&ran.get_output().stdout).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let verdict = |row: usize| rows[row]["report"]["cases"][0]["verdict"].as_str();
    assert_eq!([0, 1, 2].map(verdict), ["pass", "fail", "pass"].map(Some), "{report}");
    let reasons: Vec<_> = rows[3..].iter().map(|row| row["reason"].as_str().unwrap()).collect();
    assert_eq!(
        reasons,
        [
            "failed to find the row's program: no package here has a binary `testprog`, or a test \
             target with `harness = false` whose `main` is `testprog_harness::main!`; name the \
             row's program with the key `test` or `bin`",
            "failed to find the row's program: the workspace has no package `absent`; the packages \
             are `named`, `one`, `testprog-harness`, `two`; name the row's program with the key \
             `test` or `bin`",
            "failed to find the row's program: the workspace has named/child, one/crash, \
             two/crash; name the row's program with the key `test` or `bin`, and its package with \
             the key `package`",
        ]
    );
}

fn a_list_in_a_word_is_refused() {
    let workspace = Workspace::new();
    let run = |words: &[&str]| workspace.run("one", words);
    let source = fs::read_to_string(workspace.0.join("one/tests/crash.rs")).unwrap();
    let source = source.replace("testprog 1\\npasses", "testprog 1\\npasses\\nlate\\na,b\\na\\nb");
    workspace.write("one/tests/crash.rs", &source);
    for (words, message) in [
        (
            vec!["passes late"],
            "failed to use `passes late`: no case has a name that contains this text; for several names, write `passes late`\n",
        ),
        (vec!["passes,late"], "; for several names, write `passes late`\n"),
        (
            vec!["--skip", "late, passes"],
            "failed to use `--skip late, passes`: no case has a name that contains this text; for several names, write `--skip late --skip passes`\n",
        ),
    ] {
        run(&words).code(2).stdout(is_empty()).stderr(contains(message));
    }
    // The names that a word lists must exist, and a comma may be a part of a name.
    run(&["passes", "--skip", "late,absent"]).code(0);
    run(&["passes", "--skip", "a,b"]).code(0);
    run(&["passes", "my topic::"]).code(0);
    run(&["--may-lack", "ucontext altstack"]).code(2).stderr(
        contains(
            "failed to read `ucontext altstack`: no such capability; the known capabilities are ",
        )
        .and(contains("; commas separate the names of several capabilities\n")),
    );
    run(&["--may-lack", "ucontexts"]).code(2).stderr(contains("commas").not());
    run(&["--limit", "open-files=64,core=0"])
        .code(2)
        .stderr(contains("for several values, repeat the flag"));
    run(&["-p", "one,two"]).code(2).stderr(contains(
        "the workspace has no package `one,two`; the packages are `named`, `one`, ",
    ));
}

fn the_command_line_chooses_the_program() {
    let workspace = Workspace::new();
    let one = stdout(&workspace.run("", &["-p", "one"]).code(0));
    assert!(one.contains("passes") && !one.contains("crash:"), "{one}");
    let two = stdout(&workspace.run("two", &[]).code(1));
    assert!(two.contains("fails") && !two.contains("crash:"), "{two}");
    // If two packages have a test target `crash`, the command runs both targets.
    let both = stdout(&workspace.run("", &["--test", "crash"]).code(1));
    assert!(both.contains("one/crash:") && both.contains("two/crash:"), "{both}");
    let manifest = workspace.0.join("one/Cargo.toml");
    let manifest = ["--manifest-path", manifest.to_str().unwrap(), "--test", "crash"];
    let other = stdout(&workspace.run("named", &manifest).code(0));
    assert!(other.contains("passes") && !other.contains("crash:"), "{other}");
    let none = workspace.run("", &["--skip", "pass"]).code(1);
    assert!(stdout(&none).contains("two/crash:"), "{}", stdout(&none));
    let quiet = stdout(&workspace.run("", &["-p", "one", "--quiet"]).code(0));
    assert!(quiet.starts_with("\n1 case in "), "{quiet:?}");
}

fn an_annotation_finds_the_source_of_a_program_that_is_built_elsewhere() {
    let workspace = Workspace::new();
    let place = r"\t-\t-\t-\t-\t-\t-\t-\t-\tsource two/tests/crash.rs:3";
    workspace.write("two/tests/crash.rs", &child(&format!("fails{place}"), CHILD_FLAG));
    fs::create_dir_all(workspace.0.join(".git")).unwrap();
    // The current folder is another repository with a file of the same name.
    let other = scratch("other-repository");
    fs::create_dir_all(other.join(".git")).unwrap();
    fs::create_dir_all(other.join("sub/two/tests")).unwrap();
    fs::write(other.join("sub/two/tests/crash.rs"), "").unwrap();
    let manifest = workspace.0.join("Cargo.toml");
    for packages in [&["-p", "two"][..], &[]] {
        let mut command = workspace.command("", packages);
        command.current_dir(other.join("sub")).env("CARGO_TARGET_DIR", scratch("elsewhere"));
        command.args(["--format", "github", "--manifest-path"]).arg(&manifest);
        let printed = stdout(&command.assert().code(1));
        let place = "::error file=two/tests/crash.rs,line=3,title=FAIL%3A fails::";
        assert!(printed.contains(place), "{printed}");
    }
}

fn a_shard_of_several_programs_is_judged_without_the_other_shards() {
    let workspace = Workspace::new();
    for shard in ["1/2", "2/2"] {
        workspace.run("", &["--shard", shard, "--xfail=fails"]).code(0);
    }
}

fn a_workspace_without_scenarios_says_what_to_add() {
    let workspace = Workspace::new();
    workspace.run("testprog-harness", &[]).code(2).stdout(is_empty()).stderr(contains(
        "failed to find a program with scenarios: no package here has a binary `testprog`, or a \
         test target with `harness = false` whose `main` is `testprog_harness::main!`",
    ));
}

fn only_the_cases_that_failed_run_again() {
    let workspace = Workspace::new();
    let run = |words: &[&str]| workspace.run("", words);
    run(&["--last-failed"]).code(3).stderr(contains("no case failed when it last ran"));
    run(&[]).code(1);
    let again = stdout(&run(&["--last-failed"]).code(1));
    assert!(again.contains("fails") && !again.contains("PASS"), "{again}");
    // A run of other cases does not delete the record of the failure.
    run(&["-p", "one"]).code(0);
    run(&["--last-failed"]).code(1);
    let source = fs::read_to_string(workspace.0.join("two/tests/crash.rs")).unwrap();
    workspace.write("two/tests/crash.rs", &source.replace("!= \"fails\"", "!= \"\""));
    run(&["--last-failed"]).code(0).stdout(contains("fails"));
    run(&["--last-failed"]).code(3);
}

fn a_configuration_file_has_defaults() {
    let workspace = Workspace::new();
    let path = ".config/testprog.toml";
    workspace.write(path, "run = [\"--format=json\", \"--skip=fails\", \"--deadline=9s\"]\n");
    let text = stdout(&workspace.run("one", &[]).code(0));
    assert!(text.starts_with('{'), "{text}");
    // The command line takes precedence over the configuration file, but a flag that may be given
    // several times adds to the file's values.
    let both = ["--format=human", "--skip=no such case"];
    workspace.run("one", &both).code(0).stdout(contains("1 passed"));
    workspace.run("two", &both).code(3).stderr(contains("select none of 1 cases"));
    for (text, cause) in [
        ("run = 1\n", "line 1"),
        ("runs = []\n", "unknown field `runs`"),
        ("run = [\"--no-such-flag\"]\n", "`--no-such-flag`"),
        ("run = [\"word\"]\n", "`word`"),
    ] {
        workspace.write(path, text);
        let refused = workspace.run("one", &[]).code(2);
        refused.stderr(contains("testprog.toml`: ").and(contains(cause)));
    }
}

fn a_case_of_one_program_may_be_expected_to_fail() {
    let workspace = Workspace::new();
    let run = |words: &[&str]| workspace.run("", words);
    let both = stdout(&run(&["--xfail", "fails"]).code(0));
    assert!(both.contains("XFAIL") && both.contains("PASS"), "{both}");
    run(&["--xfail", "passes"]).code(1).stdout(contains("XPASS"));
    let unknown = "failed to use `--xfail absent`: no case has the name `absent`\n";
    run(&["--xfail", "fails,absent"]).code(2).stdout(is_empty()).stderr(contains(unknown));
    // The names of the configuration file and of the command line add up.
    workspace.write(".config/testprog.toml", "run = [\"--xfail=fails\"]\n");
    run(&[]).code(0);
    run(&["--xfail", "passes"]).code(1).stdout(contains("XFAIL").and(contains("XPASS")));
    // The name may belong to a program that cannot list its cases, so the other programs run.
    let unlisted = child("fails", CHILD_FLAG).replace("--list", "--other");
    workspace.write("two/tests/crash.rs", &unlisted);
    run(&[]).code(4).stdout(contains("PASS"));
}
