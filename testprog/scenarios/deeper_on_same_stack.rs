//! A second callback from the same switched stack may come from any depth.
//!
//! A runtime that keeps its estimate as long as the stack pointer is in it finds no room left when the second callback comes
//! from almost as deep as the estimate reaches: a false overflow in a band of about 1 KiB, which Go had from 1.22.0 to
//! 1.22.4 (<https://go.dev/cl/584597>). So every depth is tried, in steps smaller than that band.

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
        pub(super) safe fn csrc_deeper_on_same_stack(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // On the thread's own stack, then a pair for each depth from 0 to 40 KiB in steps of 8 bytes.
    const CALLBACKS: u32 = 1 + 2 * ((40 << 10) / 8 + 1);
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_deeper_on_same_stack(observe::callback)))?;
    observe::held(CALLBACKS)
}
