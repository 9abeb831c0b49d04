//! Code that a signal handler has interrupted must continue with its own registers and its own
//! rounding mode, whatever the handler has changed.
//!
//! The kernel saves all registers before it starts a handler, and restores them when the handler
//! returns (sigreturn(2)). A C library that returns from a signal handler without sigreturn, such
//! as by its own assembly code, must restore the floating-point control register too. If the
//! scenario fails, look at the signal trampoline (`sa_restorer`), and at the kernel's or the
//! emulator's signal frame.

use testprog_harness::{Capability, Expectation, Scenario, Target};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run).needs(Capability::Signals);
    // On processors other than x86-64 and aarch64, the scenario's signal handler changes no
    // register.
    if ["x86_64", "aarch64"].contains(&&*Target::current().arch) {
        let changed = Expectation::exits(1, "a signal changed the callee-saved register");
        scenario.mutant("libc-raise-calls", changed)
    } else {
        scenario
    }
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_signal_keeps_registers() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_signal_keeps_registers())
}
