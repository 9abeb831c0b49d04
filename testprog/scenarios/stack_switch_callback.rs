//! C threads may call back from stacks of a coroutine library. This scenario corresponds to
//! `StackSwitchCallback` of Go's test program `testprogcgo`.
//!
//! A runtime that keeps the bounds from a thread's first callback mistakes a callback from another
//! stack for a stack overflow, and aborts. Go aborted in this way with Fluent Bit's coroutines
//! (<https://go.dev/issue/62440>) and PHP's fibers (<https://go.dev/issue/62130>).
//!
//! 1. One thread calls back from stacks below and above its own stack.
//!
//! 2. A second thread calls back from two allocated stacks.
//!
//! 3. A third thread calls back from a stack that overlaps the estimate for the second thread's
//!    last stack (<https://go.dev/cl/584597>).
//!
//! [`altstack_switch_callback`](super::altstack_switch_callback) and
//! [`coroutine_switch_callback`](super::coroutine_switch_callback) make the checks of this scenario
//! on targets without `getcontext`.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    with_mutants(Scenario::new(module_path!(), run).needs(Capability::Ucontext))
}

fn run() -> Result<(), String> {
    run_with(csrc::csrc_on_stack_ucontext)
}

/// Adds the mutants under which this scenario fails with each of the three methods to switch
/// stacks.
pub(super) fn with_mutants(scenario: Scenario) -> Scenario {
    let scenario = with_mutants_of_told(scenario);
    [Policy::OutOfBounds, Policy::TrustApi]
        .into_iter()
        .fold(scenario, |scenario, policy| scenario.mutant(policy.name(), morestack()))
}

/// Adds the mutants under which this scenario fails even if each stack switch informs the operating
/// system.
///
/// An operating system that is informed of each stack switch reports the bounds of the stack in
/// use. The mutants of this function fail because the runtime then does not query the system again.
/// With the other mutants, the runtime queries the system again and gets the right bounds.
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
    // The first thread calls back 5 times for the stacks below and above, the second thread 3 times
    // for the two allocated stacks, and the third thread once from the overlapping stack.
    const CALLBACKS: u32 = 5 + 3 + 1;
    runtime::start(Policy::Exact)?;
    runtime::call_c(|| csrc::stack_switch(on_stack, observe::callback))?;
    observe::held(CALLBACKS)
}
