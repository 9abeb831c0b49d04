//! An overflow of a coroutine's stack must hit the inaccessible page below the stack.
//!
//! No check of the C library or of the kernel stops an overflow of a stack that a program has
//! allocated itself. Only the inaccessible page stops an overflow of an allocated stack, so
//! `mprotect` must work on memory that serves as a stack. Without the page, the overflow silently
//! overwrites other memory, as on thread stacks in early versions of relibc. If the scenario fails,
//! look at `mmap` and `mprotect` of the system.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::csrc;
use crate::scenarios::needs::MEMORY_PROTECTION;

pub(crate) fn scenario() -> Scenario {
    let unnoticed = "the stack overflow wrote beyond the inaccessible page";
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .needs(MEMORY_PROTECTION)
        .expect(Expectation::dies([Signal::Segv, Signal::Bus], "about to overflow a stack"))
        .mutant("libc-mprotect-ignored", Expectation::exits(1, unnoticed))
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_switched_stack_overflow() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_switched_stack_overflow())
}
