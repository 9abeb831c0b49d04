//! The same as [`stack_switch_callback`], by the one switch that every POSIX libc has:
//! `sigaltstack` and `sigsetjmp`.

use testprog_harness::{Capability, Scenario};

use super::stack_switch_callback;
use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::new(module_path!(), run).needs(Capability::Altstack);
    stack_switch_callback::with_mutants(scenario)
}

fn run() -> Result<(), String> {
    stack_switch_callback::run_with(csrc::csrc_on_stack_altstack)
}
