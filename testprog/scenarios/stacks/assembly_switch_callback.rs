//! Makes the same checks as the scenario [`stack_switch_callback`], but switches stacks with a few
//! instructions of assembly code, which call no function of the C library.
//!
//! The crate stacker and the Boost library switch stacks by assembly code.

use testprog_harness::{Capability, Scenario};

use super::stack_switch_callback;
use crate::{coroutine, switchers};

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run).needs(Capability::Assembly);
    if coroutine::TELLS_THE_SYSTEM {
        stack_switch_callback::with_mutants_of_told(scenario)
    } else {
        stack_switch_callback::with_mutants(scenario)
    }
}

fn run() -> Result<(), String> {
    stack_switch_callback::run_with(switchers::csrc_on_stack_assembly)
}
