//! A callback from a coroutine's stack must get the bounds of that stack.
//!
//! The scenario makes the same checks as the scenario [`stack_switch_callback`], but switches stacks
//! with the crate corosensei, which needs no support from the libc. If this scenario passes and
//! `stack_switch_callback` fails, the fault is in the libc's `swapcontext` and not in the runtime.

use testprog_harness::{Capability, Scenario};

use super::stack_switch_callback;
use crate::coroutine;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run).needs(Capability::Coroutine);
    if coroutine::TELLS_THE_SYSTEM {
        stack_switch_callback::with_mutants_of_told(scenario)
    } else {
        stack_switch_callback::with_mutants(scenario)
    }
}

fn run() -> Result<(), String> {
    stack_switch_callback::run_with(coroutine::on_stack)
}
