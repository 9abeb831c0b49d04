//! Runs each scenario of the child `testprog` as a test.

use testprog_harness::Program;

testprog_harness::main!(Program::of_this_target(env!("CARGO_BIN_EXE_testprog")));
