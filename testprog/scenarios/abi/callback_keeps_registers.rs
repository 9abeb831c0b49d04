//! A callback must leave the callee-saved registers of the processor as it has found them.
//!
//! A compiler keeps variables of the calling C function in callee-saved registers during a call. If
//! the runtime changes a callee-saved register, the C function continues with wrong values in its
//! variables, and often crashes far from the cause. This scenario corresponds to `CgoCallbackX15`
//! of Go's test program `testprogcgo`. Runtimes enter callbacks through assembly code that saves
//! the registers by hand, or through code that the runtime generates for each callback.
//!
//! The scenario fills all callee-saved registers with known values before each callback, including
//! the floating-point registers that the ABI names. If a register has changed, look at the code
//! with which the runtime enters and leaves a callback.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let changed = "the first callback changed the callee-saved register";
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Assembly)
        .mutant("clobbers-register", Expectation::exits(1, changed))
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_callback_keeps_registers(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // A thread calls back twice from its own stack, and once from another stack.
    const CALLBACKS: u32 = 3;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_callback_keeps_registers(observe::callback)))?;
    observe::held(CALLBACKS)
}
