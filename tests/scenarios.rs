//! One trial for each case of the child.

use std::process::ExitCode;

use harness::Program;

fn main() -> ExitCode {
    harness::trials::run(Program::of_this_target(env!("CARGO_BIN_EXE_testprog")))
}
