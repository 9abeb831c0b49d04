//! Runs each scenario of the child `testprog` as a test.

use std::process::ExitCode;

use testprog_harness::Program;

fn main() -> ExitCode {
    testprog_harness::trials::run(Program::of_this_target(env!("CARGO_BIN_EXE_testprog")))
}
