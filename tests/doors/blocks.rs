//! Test functions with blocks that run in child processes and end in different verdicts. The tests
//! in `main.rs` run this executable.

use std::env;
use std::process::{Command, abort, exit};
use std::thread;
use std::time::Duration;

use testprog_harness::{Capability, Expectation, Scenario, Signal, in_child, skip};

#[test]
fn passes() {
    in_child!(Expectation::dies([Signal::Abrt], "going down"), {
        eprintln!("going down");
        println!("on standard output");
        abort()
    });
}

#[test]
fn fails() {
    println!("before the block");
    eprintln!("before the block");
    in_child!(Expectation::exits(3, "three"), {
        println!("in the block");
        exit(4)
    });
}

#[test]
fn panics() {
    in_child!({
        println!("in the block");
        panic!("no such luck");
    });
}

#[test]
fn leaves_its_test() {
    in_child!({
        exit(0);
    });
}

#[test]
fn hangs() {
    in_child!(Scenario::of_test().deadline(Duration::from_millis(300)), {
        loop {
            thread::park();
        }
    });
}

#[test]
fn leaks() {
    in_child!({
        println!("in the block");
        Command::new("sleep").arg("60").spawn().map(drop)
    });
}

#[test]
fn skipped() {
    let astrolabe =
        Capability::Custom { name: "astrolabe", missing: |_| Some("it is in the museum") };
    in_child!(Scenario::of_test().needs(astrolabe), { abort() });
}

#[test]
fn skips_itself() {
    in_child!({ Err(skip("no permission")) });
}

#[test]
fn stale() {
    // The capability is missing in the process of the test, but not in the child process.
    let abacus = Capability::Custom {
        name: "abacus",
        missing: |_| (!is_child()).then_some("only the oldest computers have one"),
    };
    in_child!(Scenario::of_test().needs(abacus), {});
}

#[test]
fn known() {
    in_child!(Scenario::of_test().known_bug("https://example.org/1"), { abort() });
}

#[test]
fn fixed() {
    in_child!(Scenario::of_test().known_bug("https://example.org/1"), {});
}

#[test]
fn cannot_start() {
    in_child!(Scenario::of_test().working_directory("/no/such/directory"), {});
}

#[test]
fn is_not_reached() {
    if !is_child() {
        in_child!({});
    }
}

#[test]
fn prints_much_before_the_block() {
    print_much();
    in_child!(Expectation::exits(5, ""), { exit(5) });
}

#[test]
fn prints_much_in_the_block() {
    in_child!(Expectation::exits(6, ""), {
        print_much();
        println!("the last line");
        exit(7)
    });
}

#[test]
fn prints_much_and_returns() {
    in_child!({ print_much() });
}

#[test]
fn two_blocks() {
    in_child!(Expectation::dies([Signal::Abrt], "first"), {
        eprintln!("first");
        println!("first");
        abort()
    });
    in_child!({ println!("second") });
}

/// Prints more output than the runner keeps of a child.
fn print_much() {
    for _ in 0..4000 {
        println!("{}", "x".repeat(99));
        eprintln!("{}", "y".repeat(99));
    }
}

fn is_child() -> bool {
    env::args().any(|word| word.starts_with("--skip=testprog-block "))
}
