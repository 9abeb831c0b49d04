//! Callbacks from two small, adjacent stacks must work, although the runtime's estimate for the
//! upper stack reaches into the lower stack.
//!
//! A stack pointer within estimated bounds does not prove that the estimate was made for the stack
//! in use. The stacks of PHP's fibers are small and adjacent (<https://go.dev/issue/62130>).

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let morestack = Expectation::dies([Signal::Abrt], "fatal: morestack on g0");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant(Policy::OutOfBounds.name(), morestack)
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_overlapping_estimates(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // The C code makes one callback on the thread's own stack, then two callbacks on each of the
    // two small stacks.
    const CALLBACKS: u32 = 1 + 2 * 2;
    runtime::start(Policy::Exact)?;
    switchers::each(Memory::Given, CALLBACKS, || {
        csrc::done(runtime::call_c(|| half::csrc_overlapping_estimates(observe::callback)))
    })
}
