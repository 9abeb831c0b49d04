//! A new thread must start with cancellation enabled and deferred, and `pthread_cancel(3)` must end
//! a thread that blocks in read(2). The thread's cleanup functions must run last in, first out.
//!
//! In relibc's sources, cancellation is disabled in new threads, so a program that cancels a
//! blocked thread and joins it hangs. bionic has no `pthread_cancel` at all.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;
use crate::scenarios::needs::CANCEL;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(CANCEL)
        .mutant(
            "libc-cancel-disabled",
            Expectation::exits(1, "a new thread starts with cancellation disabled"),
        )
        .mutant("libc-cancel-ignored", Expectation::exits(1, "pthread_cancel did not end a thread"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_cancel_state_default() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_cancel_state_default())
}
