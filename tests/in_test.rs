//! Runs blocks of ordinary `#[test]` functions in child processes, with the macro `in_child!`.

use std::process::{Command, abort, exit};
use std::time::Duration;
use std::{env, fs, thread};

use testprog_harness::{Capability, Content, Expectation, Scenario, Signal, in_child, skip};

#[test]
fn a_block_that_aborts() {
    in_child!(Expectation::dies([Signal::Abrt], "going down"), {
        eprintln!("going down");
        abort()
    });
}

#[test]
fn a_block_that_exits() {
    in_child!(Expectation::exits(7, ""), { exit(7) });
}

#[test]
fn a_block_that_returns() {
    in_child!({});
    in_child!({
        let number: i32 = "12".parse()?;
        assert_eq!(number, 12);
        Ok::<(), std::num::ParseIntError>(())
    });
}

#[test]
fn a_block_that_panics() {
    in_child!(Expectation::exits(101, "no such luck"), { panic!("no such luck") });
}

#[test]
fn a_block_that_returns_an_error() {
    in_child!(Expectation::exits(1, "invalid digit"), { "x".parse::<i32>().map(drop) });
}

#[test]
fn a_block_may_print_to_standard_output() {
    in_child!({
        println!("this is not an answer");
        print!("nor is this");
    });
}

#[test]
fn a_requirement_on_standard_output_is_about_the_block() {
    let expected = Expectation::ok().stdout(Content::equals("first\nsecond\n"));
    in_child!(expected, { print!("first\nsecond\n") });
    in_child!(Expectation::ok().stdout("no line feed"), { print!("no line feed") });
    let even = Content::judged_by("an even number of lines", |text: &str| {
        assert_eq!(text.lines().count() % 2, 0);
    });
    in_child!(Expectation::exits(3, "").stdout(even), {
        print!("first\nsecond\n");
        exit(3)
    });
}

#[test]
fn a_block_uses_the_variables_of_its_test() {
    let text = String::from("borrowed");
    let moved = vec![1, 2, 3];
    in_child!(Expectation::exits(3, "borrowed"), {
        eprintln!("{text}");
        exit(moved.into_iter().max().unwrap_or_default())
    });
    assert_eq!(text, "borrowed");
}

#[test]
fn each_pass_of_a_loop_is_a_block_of_its_own() {
    for status in 3..6 {
        in_child!(Expectation::exits(status, ""), { exit(status) });
    }
    in_child!(Expectation::exits(9, ""), { exit(9) });
}

/// Several tests call this function, so its path is not the name of a test.
fn must_exit(status: i32) {
    in_child!(Expectation::exits(status, ""), { exit(status) });
}

#[test]
fn a_function_that_tests_share_has_a_block() {
    must_exit(11);
    must_exit(12);
}

#[test]
fn another_test_calls_the_same_function() {
    must_exit(13);
}

#[test]
fn a_thread_of_the_test_has_a_block() {
    for status in [21, 22] {
        let block = move || in_child!(Expectation::exits(status, ""), { exit(status) });
        let builder = thread::Builder::new().name("not the name of a test".to_owned());
        builder.spawn(block).unwrap().join().unwrap();
    }
}

#[test]
#[should_panic(expected = "did not end as expected")]
fn a_test_that_should_panic() {
    in_child!(Expectation::exits(1, ""), { exit(2) });
}

#[test]
#[ignore = "the child must run an ignored test"]
fn an_ignored_test() {
    in_child!(Expectation::exits(4, ""), { exit(4) });
}

mod inner {
    use super::*;

    #[test]
    fn r#fn() {
        in_child!(Expectation::exits(5, ""), { exit(5) });
    }
}

#[test]
fn a_block_has_the_environment_of_its_scenario() {
    let scenario = Scenario::of_test().env("NAME", "value").working_directory("/");
    in_child!(scenario, {
        assert_eq!(env::var("NAME").as_deref(), Ok("value"));
        assert_eq!(env::current_dir().unwrap().parent(), None);
    });
}

/// Checks that a block does not run in a further child if the child starts its own executable
/// again, because the chain of children would never end.
#[test]
fn a_child_starts_no_child_for_its_own_block() {
    let refused = "has started its executable again, without its arguments";
    in_child!(Expectation::exits(101, refused), {
        let mut again = Command::new(env::current_exe().unwrap());
        again.args(["--exact", "a_child_starts_no_child_for_its_own_block", "--nocapture"]);
        exit(again.status().unwrap().code().unwrap_or_default())
    });
}

#[test]
fn a_block_runs_in_an_empty_directory() {
    in_child!({
        assert_eq!(fs::read_dir(".").unwrap().count(), 0);
        assert!(env::var_os("CARGO_MANIFEST_DIR").is_none());
    });
}

#[test]
fn a_block_has_the_limits_of_its_scenario() {
    in_child!(Scenario::of_test().needs(NEVER), { abort() });
    in_child!({ Err(skip("not today")) });
    in_child!(Scenario::of_test().known_bug("https://example.org/1"), { abort() });
    let hangs = Scenario::of_test().deadline(Duration::from_secs(5));
    in_child!(hangs.known_bug("https://example.org/2"), { loop_without_end() });
}

const NEVER: Capability = Capability::Custom { name: "never", missing: |_| Some("it is missing") };

fn loop_without_end() {
    loop {
        thread::park();
    }
}

#[test]
fn a_block_does_not_start_a_block() {
    in_child!(Expectation::exits(101, "the code is already in a child's block"), {
        in_child!({});
    });
}
