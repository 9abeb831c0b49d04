//! Makes the same checks as the scenario [`stack_switch_callback`], but switches stacks with
//! `sigaltstack` and `sigsetjmp`, which every POSIX libc has.

use testprog_harness::{Capability, Scenario};

use super::stack_switch_callback;
use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run).needs(Capability::Altstack);
    stack_switch_callback::with_mutants(scenario)
}

fn run() -> Result<(), String> {
    stack_switch_callback::run_with(csrc::csrc_on_stack_altstack)
}
