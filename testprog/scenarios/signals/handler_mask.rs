//! While a handler runs, the signals of the thread's mask, the signals of `sa_mask` and the handled
//! signal must be blocked. With `SA_NODEFER`, the handled signal must not be blocked. After the
//! handler, the thread must have its old mask again.
//!
//! Runtimes rely on the blocked signals to keep a handler from interrupting itself. If this
//! scenario fails, look at how the C library's sigaction(2) converts the flags and the mask for the
//! kernel: the C library's `struct sigaction` and the kernel's often differ in layout and in the
//! size of the mask.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("libc-sa-mask-ignored", Expectation::exits(1, "a signal of sa_mask is open"))
        .mutant(
            "libc-nodefer-ignored",
            Expectation::exits(1, "in a handler with SA_NODEFER, the handled signal is blocked"),
        )
        .mutant(
            "libc-nodefer-always",
            Expectation::exits(1, "in a handler, the handled signal is open"),
        )
        .mutant(
            "libc-old-mask-empty",
            Expectation::exits(1, "a signal of the thread's mask is open"),
        )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_handler_mask() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_handler_mask())
}
