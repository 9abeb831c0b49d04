//! A thread's own stack may extend below the bounds that the system reported earlier.
//!
//! The main thread's stack can grow further if its `RLIMIT_STACK` is raised, and musl reports only
//! the part that was mapped at the time. The runtime asks only once, so it must not take a callback
//! from below the reported bounds for a stack overflow. Here, a thread has more stack than its
//! attributes say, which has the same effect and depends on no limit.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Capability of `pthread_attr_setstack`, which runs a thread on given memory.
pub(super) const GIVEN_STACK: Capability = Capability::Custom {
    name: "attr-setstack",
    missing: |target| (target.os == "windows").then_some("Windows has no pthread_attr_setstack"),
};

pub(crate) fn scenario() -> Scenario {
    let morestack = Expectation::dies([Signal::Abrt], "fatal: morestack on g0");
    Scenario::new(module_path!(), run).needs(GIVEN_STACK).mutant(Policy::Frozen.name(), morestack)
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_stack_larger_than_told(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    const CALLBACKS: u32 = 3;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_stack_larger_than_told(observe::callback)))?;
    observe::held(CALLBACKS)
}
