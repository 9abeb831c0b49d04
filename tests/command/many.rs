//! Tests runs of many cases, and repeated runs of one case. The children are shell scripts that
//! count their runs in the file system.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, diff, is_empty, starts_with};
use serde_json::Value;
use testprog_harness::Program;
use testprog_harness::spawn::{self, End, Options};

use crate::script::{Script, refused, testprog};
use crate::trial::scratch::scratch;
use crate::trial::tools::need_terminal;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = crate::test_functions::trials![
        exact_takes_a_filter_for_a_whole_name,
        a_shuffled_order_is_repeated_by_its_seed,
        every_round_has_an_order_of_its_own_that_its_seed_repeats_alone,
        repeated_cases_are_counted_and_the_first_failure_is_kept,
        rounds_run_at_once,
        until_fail_ends_with_the_first_failure,
        stress_goes_on_for_its_time_and_runs_everything_at_least_once,
        fail_fast_starts_nothing_after_a_failure,
        every_case_is_in_one_shard_and_an_added_case_moves_no_other,
        a_shard_says_what_it_left_out_and_an_empty_one_is_refused,
        a_case_that_passes_when_it_is_retried_is_flaky_and_no_pass,
        a_known_bug_may_fail_and_must_not_pass,
        a_known_fault_is_a_failure_of_a_strict_run_in_every_format,
        an_expected_failure_is_accepted_and_an_unexpected_pass_is_not,
        an_expected_failure_is_shown_in_every_format,
        an_expected_failure_that_no_case_can_have_is_refused,
        a_slow_case_is_told_of_once,
        a_log_has_no_progress_bar,
        memory_does_not_grow_with_the_number_of_rounds,
        a_program_that_cannot_fork_itself_is_refused,
        a_wrong_number_is_refused,
    ];
    trials.push(crate::test_functions::gated_trial!(a_terminal_has_a_progress_bar, need_terminal));
    trials
}

/// Returns a child with the cases `a1`, `a2`, and so on.
fn numbered(name: &str, count: usize, body: &str) -> Script {
    let names = (1..=count).map(|number| format!("a{number}\\n"));
    Script::listing(name, &format!("testprog 1\\n{}", names.collect::<String>()), body)
}

/// Returns code for a shell script that is the child. The code sets `$count` to the number of the
/// child's current run.
/// Simultaneous runs get different numbers, because only one run can create a directory of a given
/// name.
fn counting(name: &str) -> String {
    let folder = scratch(name);
    fs::create_dir_all(&folder).unwrap();
    format!(
        "count=1; while ! mkdir {}/$count 2>/dev/null; do count=$((count + 1)); done",
        folder.display()
    )
}

/// Returns how often a child that uses [`counting`] has run so far.
fn counted(name: &str) -> usize {
    fs::read_dir(scratch(name)).unwrap().count()
}

fn json(script: &Script, arguments: &[&str], status: i32) -> Value {
    let assert = script.run(&[&["--format", "json"], arguments].concat()).code(status);
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

/// Returns the first line of the report, and the names of the cases in the order of the report.
fn order(script: &Script, arguments: &[&str]) -> (String, Vec<String>) {
    let assert = script.run(&[&["-j1"], arguments].concat()).code(0);
    let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let first = text.lines().next().unwrap().to_owned();
    let names = text.lines().filter(|line| line.contains(" s  a"));
    (first, names.map(|line| line.split_whitespace().last().unwrap().to_owned()).collect())
}

fn exact_takes_a_filter_for_a_whole_name() {
    let script = Script::listing("exact", "testprog 1\\none\\none_more\\n", "echo OK");
    script.run(&["one"]).code(0).stdout(contains("2 cases in "));
    script.run(&["--exact", "one"]).code(0).stdout(contains("1 case (1 left out by the filter)"));
    refused(
        script.run(&["--exact", "one", "on"]),
        3,
        "failed to find `on`: none of 2 cases has this name",
    );
    script.run(&["--exact"]).code(2);
}

fn a_shuffled_order_is_repeated_by_its_seed() {
    let script = numbered("shuffle", 12, "echo OK");
    let (first, shuffled) = order(&script, &["--shuffle"]);
    let seed = first.strip_prefix("order: ").unwrap();
    assert_eq!(order(&script, &[seed]), (first.clone(), shuffled.clone()));
    let listed: Vec<_> = (1..=12).map(|number| format!("a{number}")).collect();
    assert_eq!(order(&script, &[]).1, listed);
    // Two random orders of 12 cases are equal with a probability of 1 in 479,001,600 (12!).
    assert_ne!(order(&script, &["--shuffle=1"]).1, order(&script, &["--shuffle=2"]).1);
    assert_eq!(json(&script, &["--shuffle=7"], 0)["seed"], 7);
    assert_eq!(json(&script, &[], 0)["seed"], Value::Null);
}

fn every_round_has_an_order_of_its_own_that_its_seed_repeats_alone() {
    let log = scratch("rounds.log");
    let script = numbered("rounds", 12, &format!("echo $1 >>{}; echo OK", log.display()));
    let ran = |arguments: &[&str]| {
        let _ = fs::remove_file(&log);
        script.run(&[&["-j1"], arguments].concat()).code(0);
        fs::read_to_string(&log).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let both = ran(&["--shuffle=5", "--repeat", "2"]);
    assert_eq!(both[..12], ran(&["--shuffle=5"]));
    assert_eq!(both[12..], ran(&["--shuffle=6"]));
    assert_ne!(both[..12], both[12..]);
}

fn repeated_cases_are_counted_and_the_first_failure_is_kept() {
    let body =
        counting("repeat") + "; [ $count -eq 4 ] || { echo OK; exit; }; echo bad >&2; exit 1";
    let script = Script::new("repeat.sh", &body);
    let report = json(&script, &["--repeat", "10", "-j1", "--shuffle=100"], 1);
    let case = &report["cases"][0];
    assert_eq!((&case["runs"], &case["passes"]), (&10.into(), &9.into()));
    assert_eq!(case["verdict"], "fail");
    assert_eq!(case["stderr"], "bad\n");
    assert_eq!(case["first_failure"], serde_json::json!({ "iteration": 4, "seed": 103 }));
    assert_eq!(counted("repeat"), 10);

    let rest = counting("again") + "; [ $count -eq 4 ] || { echo OK; exit; }; echo bad >&2; exit 1";
    let script = Script::new("again.sh", &rest);
    script.run(&["--repeat", "10", "-j1"]).code(1).stdout(
        contains("9 of 10 runs passed; first failure in round 4")
            .and(contains("1 case, 10 runs in "))
            .and(contains("| bad")),
    );
}

fn rounds_run_at_once() {
    // Each of two runs waits until the other run has started, so the runs pass only if they
    // overlap.
    let meeting = scratch("meeting");
    fs::create_dir_all(&meeting).unwrap();
    let meeting = meeting.display();
    let body = format!(
        ": >{meeting}/$$; while [ $(ls {meeting} | wc -l) -lt 2 ]; do sleep 0.01; done; echo OK"
    );
    Script::new("meeting.sh", &body).run(&["--repeat", "2", "-j2"]).code(0);
}

fn until_fail_ends_with_the_first_failure() {
    let fails = |name| counting(name) + "; [ $count -eq 3 ] && exit 1; echo OK";
    let script = Script::new("until.sh", &fails("until"));
    script.run(&["--until-fail", "-j1"]).code(1).stdout(contains("2 of 3 runs passed"));
    assert_eq!(counted("until"), 3);

    let script = Script::new("until-bound.sh", &fails("until-bound"));
    script.run(&["--until-fail", "--repeat", "2", "-j1"]).code(0);
    assert_eq!(counted("until-bound"), 2);
    script.run(&["--until-fail", "--stress", "1h", "-j1"]).code(1);
    assert_eq!(counted("until-bound"), 3);
}

fn stress_goes_on_for_its_time_and_runs_everything_at_least_once() {
    let script = numbered("stress", 3, "sleep 0.05; echo OK");
    let report = json(&script, &["--stress", "1ms", "-j1"], 0);
    assert_eq!(report["counts"]["pass"], 3);
    let clock = Instant::now();
    json(&script, &["--stress", "700ms", "-j1"], 0);
    assert!(clock.elapsed() >= Duration::from_millis(700));
    // A run for one hour cannot end after its first round, even on a busy computer, so the failure
    // of the third round ends the run.
    let fails = counting("stressed") + "; [ $count -eq 3 ] && exit 1; echo OK";
    let script = Script::new("stressed.sh", &fails);
    let report = json(&script, &["--stress", "1h", "--until-fail", "-j1"], 1);
    assert_eq!(report["cases"][0]["runs"], 3, "{report}");
}

fn fail_fast_starts_nothing_after_a_failure() {
    let script = numbered("fail-fast", 5, "[ $1 = a2 ] && exit 1; echo OK");
    let report = json(&script, &["--fail-fast", "-j1"], 1);
    let verdicts: Vec<_> = (0..5).map(|index| &report["cases"][index]["verdict"]).collect();
    assert_eq!(verdicts, ["pass", "fail", "not_run", "not_run", "not_run"]);
    assert_eq!(report["counts"]["not_run"], 3);
    script.run(&["--fail-fast", "-j1"]).code(1).stdout(contains("1 passed, 1 failed, 3 not run"));
}

fn every_case_is_in_one_shard_and_an_added_case_moves_no_other() {
    let shards = |script: &Script| -> Vec<BTreeSet<String>> {
        ["1/3", "2/3", "3/3"]
            .map(|shard| {
                let report = json(script, &["--shard", shard], 0);
                let cases = report["cases"].as_array().unwrap();
                cases.iter().map(|case| case["name"].as_str().unwrap().to_owned()).collect()
            })
            .into()
    };
    let few = shards(&numbered("shard", 20, "echo OK"));
    let more = shards(&numbered("shard-more", 30, "echo OK"));
    assert_eq!(few.iter().map(BTreeSet::len).sum::<usize>(), 20);
    assert_eq!(few.iter().flatten().collect::<BTreeSet<_>>().len(), 20);
    assert!(few.iter().zip(&more).all(|(few, more)| few.is_subset(more)), "{few:?} {more:?}");
}

fn a_shard_says_what_it_left_out_and_an_empty_one_is_refused() {
    let script = numbered("shard-one", 1, "echo OK");
    let report = json(&script, &["--shard", "1/1"], 0);
    assert_eq!(report["shard"], serde_json::json!({ "index": 1, "total": 1 }));
    // The FNV-1a hash of the name `a1` is odd, so the case `a1` is in the second of two shards.
    let text = "failed to use `--shard 1/2`: this shard contains none of the 1 chosen cases";
    refused(script.run(&["--shard", "1/2"]), 3, text);
    for shard in ["0/2", "3/2", "2", "1/0"] {
        script.run(&["--shard", shard]).code(2).stdout(is_empty());
    }
}

fn a_case_that_passes_when_it_is_retried_is_flaky_and_no_pass() {
    let flaky = |name| {
        let body =
            counting(name) + "; [ $count -lt 3 ] && { echo try $count >&2; exit 1; }; echo OK";
        Script::new(&format!("{name}.sh"), &body)
    };
    let report = json(&flaky("flaky"), &["--retries", "2"], 1);
    let case = &report["cases"][0];
    assert_eq!((&case["verdict"], &case["accepted"]), (&"flaky".into(), &false.into()));
    assert_eq!((&report["counts"]["flaky"], &report["counts"]["pass"]), (&1.into(), &0.into()));
    let attempts = case["earlier_attempts"].as_array().unwrap();
    let told: Vec<_> = attempts.iter().map(|attempt| attempt["stderr"].as_str().unwrap()).collect();
    assert_eq!(told, ["try 1\n", "try 2\n"]);

    flaky("flaky-human").run(&["--retries", "2"]).code(1).stdout(
        contains("FLAKY")
            .and(contains("0 passed, 0 failed, 1 flaky"))
            .and(contains("but passed at attempt 3"))
            .and(contains("| try 1").and(contains("| try 2"))),
    );
    let report = json(&flaky("flaky-accepted"), &["--retries", "2", "--accept-flaky"], 0);
    assert_eq!(report["counts"]["flaky"], 1);
    let report = json(&flaky("flaky-fails"), &["--retries", "1"], 1);
    assert_eq!(report["counts"]["fail"], 1);
    assert_eq!(report["cases"][0]["earlier_attempts"].as_array().unwrap().len(), 1);
}

fn a_known_bug_may_fail_and_must_not_pass() {
    let listing = "testprog 1\\na\\t-\\tok\\t-\\t-\\t-\\thttps://example.org/1\\n";
    let fails = Script::listing("known", listing, "exit 1");
    for arguments in [&[][..], &["--strict"]] {
        fails.run(arguments).code(0).stdout(
            contains("XFAIL")
                .and(contains("a known bug: https://example.org/1"))
                .and(contains("0 passed, 0 failed, 1 failed because of a known bug (XFAIL)")),
        );
    }
    let passes = Script::listing("unexpected", listing, "echo OK");
    passes
        .run(&[])
        .code(1)
        .stdout(contains("XPASS").and(contains("1 passed unexpectedly (XPASS)")));
    let path = passes.path.to_str().unwrap();
    testprog(&["list", "--prog", path]).code(0).stdout(diff(
        "a
    expects  status 0 and the answer OK
    bug      https://example.org/1

1 registered, 0 cannot run on this target, 1 with a known bug
",
    ));
}

fn a_known_fault_is_a_failure_of_a_strict_run_in_every_format() {
    let listing =
        "testprog 1\\na\\t-\\toneof held good ok | left known https://example.org/1 exits 3\\n";
    let script = Script::listing("fault", listing, "exit 3");
    script.run(&[]).code(0).stdout(contains("PASS").and(contains("left, a known fault: ")));
    let reason = "ended as `left`, a known fault, which --strict refuses: https://example.org/1";
    for (format, word) in [
        ("human", "       FAIL"),
        ("json", "\"verdict\": \"fail\""),
        ("junit", "<failure"),
        ("tap", "not ok 1 - a"),
        ("github", "::error title=FAIL%3A a"),
        ("markdown", "**FAIL**"),
        ("html", "FAIL"),
    ] {
        let assert = script.run(&["--strict", "--format", format]).code(1);
        let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        // The check leaves out Markdown, which escapes underscores, JUnit, which escapes quotes,
        // and the HTML page, which turns the address into a link.
        let has_reason = text.contains(reason) || matches!(format, "markdown" | "html" | "junit");
        assert!(text.contains(word) && has_reason, "{format}: {text}");
    }
}

/// Returns a child whose case `fault` has two known faults, `left` (status 3) and `lost` (status 4),
/// and which runs the shell code `body`.
fn faulty(name: &str, body: &str) -> Script {
    let ends = "good good ok | left known https://example.org/1 exits 3 \
                | lost known https://example.org/2 exits 4";
    let listing = format!("testprog 1\\nfault\\t-\\toneof {ends}\\nplain\\nskips\\n");
    Script::listing(name, &listing, body)
}

/// Verdicts of `fault`, `plain` and `skips` for each value of `--xfail`. The verdicts do not depend
/// on `--strict`, except the verdict of a case that `--xfail` does not name.
fn an_expected_failure_is_accepted_and_an_unexpected_pass_is_not() {
    let verdicts = |status: i32, xfail: &[&str], strict: bool| {
        let body = format!("[ $1 = skips ] && echo SKIP: no && exit\necho OK; exit {status}");
        let script = faulty(&format!("xfail-{status}"), &body);
        let flags = xfail.iter().flat_map(|list| ["--xfail", list]);
        let strict = if strict { &["--strict", "--may-lack=run-time"][..] } else { &[] };
        let words: Vec<_> = flags.chain(strict.iter().copied()).collect();
        let assert = script.run(&[&words[..], &["--format", "json"]].concat());
        let output = assert.get_output();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let cases = report["cases"].as_array().unwrap().iter();
        let verdicts: Vec<_> =
            cases.map(|case| case["verdict"].as_str().unwrap().to_owned()).collect();
        (verdicts.join(" "), output.status.code().unwrap())
    };
    for (status, xfail, expected, code) in [
        // Any failure is expected.
        (3, &["fault,plain"][..], "xfail xfail unsupported", 0),
        (7, &["fault", "plain"], "xfail xfail unsupported", 0),
        (0, &["plain"], "pass xpass unsupported", 1),
        (0, &["fault"], "xpass pass unsupported", 1),
        // A skip is neither a failure nor a pass.
        (0, &["skips"], "pass pass unsupported", 0),
        // Only one known fault is expected.
        (3, &["fault=left,plain"], "xfail xfail unsupported", 0),
        (4, &["fault=left,plain"], "fail xfail unsupported", 1),
        (7, &["fault=left,plain"], "fail xfail unsupported", 1),
        (0, &["fault=left"], "xpass pass unsupported", 1),
        // Several ends are expected.
        (4, &["fault=left/lost,plain"], "xfail xfail unsupported", 0),
        (3, &["fault=left/pass,plain=fail/pass"], "xfail xfail unsupported", 0),
        (0, &["fault=left/pass,plain=fail/pass"], "pass pass unsupported", 0),
        (4, &["fault=left/pass,plain"], "fail xfail unsupported", 1),
        // The last time that a case is named counts.
        (3, &["plain,fault=lost", " fault=left ,,"], "xfail xfail unsupported", 0),
    ] {
        for strict in [false, true] {
            assert_eq!(
                verdicts(status, xfail, strict),
                (expected.to_owned(), code),
                "{status} {xfail:?} {strict}"
            );
        }
    }
    assert_eq!(verdicts(3, &["plain"], false), ("pass xfail unsupported".to_owned(), 0));
    assert_eq!(verdicts(3, &["plain"], true), ("fail xfail unsupported".to_owned(), 1));
}

fn an_expected_failure_is_shown_in_every_format() {
    let script = faulty("xfail-formats", "[ $1 = fault ] && exit 3; exit 7");
    let xfail = ["--xfail", "fault=left/pass,plain,skips"];
    for (format, words) in [
        (
            "human",
            &["      XFAIL", "left, a known fault: https", "7, as the run expects (--xfail)"][..],
        ),
        ("json", &["\"verdict\": \"xfail\"", "\"xfail\": \"left/pass\"", "\"xfail\": \"fail\""]),
        ("junit", &["<skipped"]),
        ("tap", &["not ok 1 - fault # TODO", "not ok 2 - plain # TODO"]),
        ("markdown", &["XFAIL"]),
    ] {
        let assert = script.run(&[&xfail[..], &["--format", format]].concat()).code(0);
        let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        for word in words {
            assert!(text.contains(word), "{format}: {text}");
        }
    }
    let passes = faulty("xfail-passes", "echo OK");
    let report = passes.run(&["--xfail", "plain"]).code(1);
    report.stdout(contains("      XPASS").and(contains("the run expects a failure (--xfail)")));
}

fn an_expected_failure_that_no_case_can_have_is_refused() {
    // If no case ran, no file exists.
    let log = scratch("xfail-ran");
    let script = faulty("xfail-refused", &format!("echo >'{}'; echo OK", log.display()));
    for (xfail, cause) in [
        ("plane", "failed to use `--xfail plane`: no case has the name `plane`\n"),
        ("plain,plane=fail", "failed to use `--xfail plane=fail`: no case has the name `plane`\n"),
        (
            "fault=lest",
            "failed to use `--xfail fault=lest`: `lest` is no end of this case; the ends are \
             `left`, `lost`, `fail`, `pass`\n",
        ),
        (
            "plain=pass",
            "failed to use `--xfail plain=pass`: without another end, `pass` expects no failure\n",
        ),
    ] {
        refused(script.run(&["--xfail", xfail]), 2, cause);
    }
    assert!(!log.exists());
    // A case that the filters leave out is a case nevertheless.
    script.run(&["plain", "--xfail", "fault=left"]).code(0);
}

fn a_slow_case_is_told_of_once() {
    // The child runs until the command has printed a line, and for another 0.5 s, in which the
    // command could print a second line.
    let log = scratch("slow.log");
    let body = format!(
        "while [ ! -s '{0}' ] && [ -e '{0}' ]; do sleep 0.01; done; sleep 0.5; echo OK",
        log.display()
    );
    let script = Script::new("slow", &body);
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    command.args(["--slow", "100ms", "--prog"]).arg(&script.path);
    let status = command.stderr(fs::File::create(&log).unwrap()).status().unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(fs::read_to_string(&log).unwrap(), "slow: a has been running for 0.100 s\n");
    fs::remove_file(log).unwrap();
    script.run(&[]).code(0).stderr(is_empty());
}

fn a_log_has_no_progress_bar() {
    let script = numbered("log", 3, "sleep 0.1; echo OK");
    script.run(&[]).code(0).stderr(is_empty());
    script.run(&["--color", "always"]).code(0).stderr(is_empty());
}

fn a_terminal_has_a_progress_bar() {
    let child = numbered("terminal", 3, "sleep 0.3; echo OK");
    let run = |kind: &str, redirect: &str| {
        let (command, prog) = (env!("CARGO_BIN_EXE_cargo-testprog"), child.path.display());
        let command = format!("{command} --prog {prog} -j1 {redirect}");
        let mut terminal = Command::new("script");
        terminal.env("TERM", kind).args(["-qec", &command, "/dev/null"]);
        let output = terminal.stdin(std::process::Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = run("xterm", "");
    assert!(shown.contains("2/3") && shown.contains("3 passed"), "{shown:?}");
    // The command draws the progress bar on standard error, so the bar also appears if standard
    // output is not a terminal.
    assert!(run("xterm", ">/dev/null").contains("2/3"));
    // A terminal of the type `dumb` cannot overwrite a line, so the command draws no progress bar
    // on a `dumb` terminal.
    assert!(!run("dumb", "").contains("2/3"));
    let log = run("xterm", "2>/dev/null");
    assert!(log.contains("3 passed") && !log.contains("2/3"), "{log:?}");
}

fn memory_does_not_grow_with_the_number_of_rounds() {
    // Each run prints 8 KiB, so the command's memory would grow by 8 MiB if the command kept the
    // output of 1000 runs.
    let script = Script::new("memory", "head -c 8192 /dev/zero >&2; echo OK");
    let peak = |rounds: &str| {
        let mut program = Program::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        let prog = script.path.to_str().unwrap();
        program.args = ["--prog", prog, "--repeat", rounds].map(Into::into).into();
        let mut options = Options::default();
        options.deadline = Duration::from_secs(300);
        let outcome = spawn::run(&program, "a", &options).unwrap();
        assert_eq!(outcome.end, End::Exited(0));
        outcome.max_rss
    };
    let (few, many) = (peak("20"), peak("1000"));
    assert!(many < few + (2 << 20), "{few} bytes after 20 rounds, {many} after 1000");
}

fn a_program_that_cannot_fork_itself_is_refused() {
    let script = Script::new("no-zygote", "echo OK");
    let cause = if cfg!(any(target_os = "linux", target_os = "android")) {
        "--zygote ended with status 0, saying: OK"
    } else {
        "only on Linux and Android"
    };
    refused(script.run(&["--zygote", "--repeat", "3"]), 2, cause);
}

fn a_wrong_number_is_refused() {
    for arguments in [
        &["--repeat", "0"][..],
        &["--retries", "11"],
        &["--stress", "0s"],
        &["--stress", "5"],
        &["--shuffle=x"],
        &["--accept-flaky"],
    ] {
        testprog(arguments).code(2).stdout(is_empty()).stderr(starts_with("error: "));
    }
}
