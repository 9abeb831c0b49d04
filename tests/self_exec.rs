//! Shows how one test executable of another crate can be both the runner and the child.

use std::process::{abort, exit};

use testprog_harness::{Capability, Expectation, Scenario, Signal};

testprog_harness::main!([
    Scenario::new("adds_up", adds_up),
    Scenario::new("uses_abacus", uses_abacus).needs(ABACUS),
    Scenario::new("must_die", must_die).expect(Expectation::dies([Signal::Abrt], "going down")),
    Scenario::new("must_exit_3", must_exit_3).expect(Expectation::exits(3, "")),
]);

/// Capability that only this crate defines.
const ABACUS: Capability = Capability::Custom {
    name: "abacus",
    missing: |target| (target.os != "antikythera").then_some("only the oldest computers have one"),
};

fn adds_up() -> Result<(), String> {
    let sum: i32 = [1, 2, 3].iter().sum();
    if sum == 6 { Ok(()) } else { Err(format!("1 + 2 + 3 is {sum}")) }
}

fn uses_abacus() -> Result<(), String> {
    Err("this must not run".into())
}

fn must_die() -> Result<(), String> {
    eprintln!("going down");
    abort()
}

fn must_exit_3() -> Result<(), String> {
    exit(3)
}
