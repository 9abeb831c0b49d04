//! A thread's own stack may reach further than the system said when it was asked.
//!
//! The main thread's does when its `RLIMIT_STACK` is raised, and musl tells only what was in use when it was asked. The
//! runtime asks once, so it must not take the part below for an overflow. Here a thread has more stack than its attributes
//! say, which is the same and does not depend on a limit.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// A thread's stack can be given to it.
pub(super) const GIVEN_STACK: Capability = Capability::Custom {
    name: "attr-setstack",
    missing: |target| (target.os == "windows").then_some("Windows has no pthread_attr_setstack"),
};

pub(crate) fn scenario() -> Scenario {
    let morestack = Expectation::dies([Signal::Abrt], "fatal: morestack on g0");
    Scenario::new(module_path!(), run).needs(GIVEN_STACK).mutant(Policy::Frozen.name(), morestack)
}

#[expect(unsafe_code, reason = "declares its C half")]
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
