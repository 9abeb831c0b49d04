//! A callback from a stack that the C code has entered by `sigaltstack` must get the bounds of that
//! stack.
//!
//! The scenario makes the same checks as the scenario [`stack_switch_callback`], but switches stacks
//! with `sigaltstack` and `sigsetjmp`, which every POSIX libc has. If only this scenario fails, the
//! fault is in `sigaltstack`, in the delivery of a signal on the alternate stack, or in a jump from
//! one stack to another (<https://github.com/scylladb/seastar/issues/2522>).

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
