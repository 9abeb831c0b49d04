//! A thread's own stack may extend below the bounds that the system reported earlier.
//!
//! The main thread's stack can grow further if the process raises its `RLIMIT_STACK`, and musl
//! reports only the part of the main thread's stack that is mapped at the time of the query. The
//! runtime queries the stack bounds only once, so the runtime must not mistake a callback from
//! below the reported bounds for a stack overflow. The scenario imitates a stack that has grown,
//! without changing a limit: a thread gets more stack than the thread's attributes say.

use testprog_harness::{Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::GIVEN_STACK;
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let morestack = Expectation::dies([Signal::Abrt], "fatal: morestack on g0");
    Scenario::of_module(module_path!(), run)
        .needs(GIVEN_STACK)
        .mutant(Policy::Frozen.name(), morestack)
        .mutant("libc-setstack-ignored", Expectation::fails("did not run on the memory"))
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
