//! Two small stacks side by side: the runtime's estimate for the upper one reaches into the lower one.
//!
//! A stack pointer inside an estimate says nothing about whose stack it is: PHP's fibers are such neighbors
//! (<https://go.dev/issue/62130>).

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let morestack = Expectation::dies([Signal::Abrt], "fatal: morestack on g0");
    Scenario::new(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant(Policy::OutOfBounds.name(), morestack)
}

#[expect(unsafe_code, reason = "declares its C half")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_overlapping_estimates(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // On the thread's own stack, then twice on each of the two.
    const CALLBACKS: u32 = 1 + 2 * 2;
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_overlapping_estimates(observe::callback)))?;
    observe::held(CALLBACKS)
}
