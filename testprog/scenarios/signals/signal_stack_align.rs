//! The stack pointer must be aligned as the processor's ABI demands when a signal handler begins:
//! on the thread's own stack, in a handler that interrupts a handler, and on alternate stacks with
//! odd bounds.
//!
//! Compilers store vector registers with instructions that fault at a misaligned address, so a
//! misaligned handler crashes far away from the cause, often in printf. New systems often misalign
//! the stack pointer of signal handlers (mlibc 1c200b5a,
//! <https://github.com/SerenityOS/serenity/pull/10625>,
//! <https://github.com/apache/nuttx/issues/13373>). If this scenario fails, look at the code that
//! places the signal's frame: the code must align the stack pointer after it has subtracted the
//! frame's size.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run).needs(Capability::Signals).mutant(
        "libc-handler-misaligned",
        Expectation::exits(1, "the stack pointer was misaligned"),
    )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_signal_stack_align() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_signal_stack_align())
}
