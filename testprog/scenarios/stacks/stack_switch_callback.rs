//! C threads may call back into the runtime from stacks of a coroutine library. This scenario
//! corresponds to `StackSwitchCallback` of Go's test program `testprogcgo`.
//!
//! A runtime that keeps the stack bounds of a thread's first callback mistakes a callback from
//! another stack for a stack overflow, and aborts. Go mistook callbacks from Fluent Bit's
//! coroutines (<https://go.dev/issue/62440>) and from PHP's fibers (<https://go.dev/issue/62130>)
//! for stack overflows.
//!
//! 1. The scenario's first thread calls back from stacks below and above its own stack.
//!
//! 2. The scenario's second thread calls back from two allocated stacks.
//!
//! 3. The scenario's third thread calls back from a stack that overlaps the estimate for the second
//!    thread's last stack (<https://go.dev/cl/584597>).
//!
//! [`altstack_switch_callback`](super::altstack_switch_callback) and
//! [`coroutine_switch_callback`](super::coroutine_switch_callback) make the same checks as this
//! scenario on targets without `getcontext`.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    with_mutants(Scenario::of_module(module_path!(), run).needs(Capability::Ucontext))
}

fn run() -> Result<(), String> {
    run_with(csrc::csrc_on_stack_ucontext)
}

/// Adds the mutants (deliberate faults of the runtime) under which this scenario fails with each of
/// the three methods to switch stacks.
pub(super) fn with_mutants(scenario: Scenario) -> Scenario {
    let scenario = with_mutants_of_told(scenario);
    [Policy::OutOfBounds, Policy::TrustApi]
        .into_iter()
        .fold(scenario, |scenario, policy| scenario.mutant(policy.name(), morestack()))
}

/// Adds the mutants under which this scenario fails even if each stack switch informs the operating
/// system of the new stack, as a switch by corosensei does on Windows.
///
/// If the operating system is informed of each stack switch, it reports the bounds of the stack in
/// use. Under the mutants of this function, the runtime does not query the operating system again,
/// so the scenario fails. Under the other mutants, the runtime queries the operating system again
/// and gets the right bounds.
pub(super) fn with_mutants_of_told(scenario: Scenario) -> Scenario {
    [Policy::Frozen, Policy::GuessOnce]
        .into_iter()
        .fold(scenario, |scenario, policy| scenario.mutant(policy.name(), morestack()))
}

fn morestack() -> Expectation {
    Expectation::dies([Signal::Abrt], "fatal: morestack on g0")
}

/// Runs the scenario, which switches stacks with the function `on_stack`.
pub(super) fn run_with(on_stack: csrc::OnStack) -> Result<(), String> {
    // The first thread calls back 5 times, to visit the stacks below and above. The second thread
    // calls back 3 times, to visit two allocated stacks, and the third thread once, from the
    // overlapping stack.
    const CALLBACKS: u32 = 5 + 3 + 1;
    runtime::start(Policy::Exact)?;
    runtime::call_c(|| csrc::stack_switch(on_stack, observe::callback))?;
    observe::held(CALLBACKS)
}
