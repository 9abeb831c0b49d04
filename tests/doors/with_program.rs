//! Test of a `main!` with a program and a closure for the settings.

use std::env;
use std::process::ExitCode;

use libtest_mimic::Trial;
use testprog_harness::{CHILD_FLAG, Program};

use crate::build::built;
use crate::lines::run;
use crate::test_functions::trials;

/// Environment variable with the path of a program. If the variable is set, this executable runs
/// the program's cases with [`main`].
const PROGRAM: &str = "DOORS_PROGRAM";

testprog_harness::main!(program(), |settings| {
    settings.env.push(("GREETING".into(), "hi".into()));
});

fn program() -> Program {
    Program::of_this_target(env::var_os(PROGRAM).unwrap()).args([CHILD_FLAG])
}

pub(crate) fn answer() -> Option<ExitCode> {
    env::var_os(PROGRAM).map(|_| main())
}

pub(crate) fn trials() -> Vec<Trial> {
    trials![the_settings_of_a_program_are_those_of_the_closure]
}

fn the_settings_of_a_program_are_those_of_the_closure() {
    let variables = [(PROGRAM, built().cases.to_str().unwrap())];
    let ran = run(&env::current_exe().unwrap(), &["--exact", "passes"], &variables);
    assert_eq!(ran.ends_with(0).tests(), ["passes: ok"]);
}
