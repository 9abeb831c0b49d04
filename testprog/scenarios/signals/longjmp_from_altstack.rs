//! A handler that runs on the alternate signal stack may end by siglongjmp(3), and the next signal
//! must find the alternate stack free again.
//!
//! Programs that recover from a stack overflow, such as R and users of libsigsegv, leave the signal
//! handler by siglongjmp. After each of three jumps, the flags of the alternate stack must be 0,
//! the handled signal must be unblocked, and a signal that the thread had blocked must still be
//! blocked. A C library that records "on the alternate stack" in its own variable, or whose checked
//! longjmp refuses a jump to a higher stack, fails this scenario
//! (<https://github.com/FEX-Emu/FEX/issues/4558>,
//! <https://github.com/scylladb/seastar/issues/2522>).

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("libc-siglongjmp-keeps-mask", Expectation::exits(1, "the signal is still blocked"))
        .mutant("libc-onstack-ignored", Expectation::exits(1, "did not run on the alternate stack"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_longjmp_from_altstack() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_longjmp_from_altstack())
}
