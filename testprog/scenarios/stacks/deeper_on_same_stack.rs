//! If a thread calls back into the runtime twice from the same coroutine stack, the second callback
//! may come from any depth of the stack.
//!
//! From 1.22.0 to 1.22.4, Go kept its estimated stack bounds as long as the stack pointer was
//! within the estimated bounds. If the second callback came from a depth near the low end of the
//! estimated bounds, Go reported a false stack overflow (<https://go.dev/cl/584597>). Only
//! callbacks from depths in a range of about 1 KiB make Go report the false stack overflow, so the
//! scenario tries all depths from 0 to 40 KiB in steps of 8 bytes.

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
        pub(super) safe fn csrc_deeper_on_same_stack(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // The C code makes one callback on the thread's own stack, then two callbacks for each depth
    // from 0 to 40 KiB in steps of 8 bytes.
    const CALLBACKS: u32 = 1 + 2 * ((40 << 10) / 8 + 1);
    runtime::start(Policy::Exact)?;
    switchers::each(Memory::Any, CALLBACKS, || {
        csrc::done(runtime::call_c(|| half::csrc_deeper_on_same_stack(observe::callback)))
    })
}
