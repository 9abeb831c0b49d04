//! C threads may call back from stacks that a coroutine library made (Go: `StackSwitchCallback`).
//!
//! A runtime that believes in the stack of the first callback takes the next one for a stack overflow, and dies. It met
//! Fluent Bit's coroutines (<https://go.dev/issue/62440>) and PHP's fibers (<https://go.dev/issue/62130>). The thread that
//! overlaps the last one's estimate is <https://go.dev/cl/584597>.
//!
//! Its twins [`altstack_switch_callback`](super::altstack_switch_callback) and
//! [`coroutine_switch_callback`](super::coroutine_switch_callback) do the same where there is no `getcontext`.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    with_mutants(Scenario::new(module_path!(), run).needs(Capability::Ucontext))
}

fn run() -> Result<(), String> {
    run_with(csrc::csrc_on_stack_ucontext)
}

/// Adds the mutants of all three twins.
pub(super) fn with_mutants(scenario: Scenario) -> Scenario {
    let scenario = with_mutants_of_told(scenario);
    [Policy::OutOfBounds, Policy::TrustApi]
        .into_iter()
        .fold(scenario, |scenario, policy| scenario.mutant(policy.name(), morestack()))
}

/// Adds those that are faults even where the system is told of each switch, and so tells the bounds of the stack in use:
/// they do not ask it again. To ask it and to believe it is no fault there.
pub(super) fn with_mutants_of_told(scenario: Scenario) -> Scenario {
    [Policy::Frozen, Policy::GuessOnce]
        .into_iter()
        .fold(scenario, |scenario, policy| scenario.mutant(policy.name(), morestack()))
}

fn morestack() -> Expectation {
    Expectation::dies([Signal::Abrt], "fatal: morestack on g0")
}

/// What all three twins do.
pub(super) fn run_with(on_stack: csrc::OnStack) -> Result<(), String> {
    // Between memory: own stack, below, own stack, above, own stack. Switching: own stack, first, second. Overlapping: one.
    const CALLBACKS: u32 = 5 + 3 + 1;
    runtime::start(Policy::Exact)?;
    runtime::call_c(|| csrc::stack_switch(on_stack, observe::callback))?;
    observe::held(CALLBACKS)
}
