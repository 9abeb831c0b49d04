//! C code may cancel a thread (`pthread_cancel(3)`) that blocks in C code which a callback has
//! called. The thread must end with `PTHREAD_CANCELED`, and the runtime must get the thread's
//! `Machine` (the runtime's record of one thread) back.
//!
//! To end the canceled thread, glibc unwinds the stack and runs the destructors of the Rust frames,
//! as in `pthread_exit`, if the functions are declared as `extern "C-unwind"`. musl does not unwind
//! (<https://github.com/rust-lang/unsafe-code-guidelines/issues/211>). In relibc's sources,
//! cancellation is disabled in new threads, and bionic has no `pthread_cancel`.

use testprog_harness::{Capability, Expectation, Scenario};

use super::ended_callback;
use crate::scenarios::needs::{CANCEL, UNWINDING};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(CANCEL)
        .needs(UNWINDING)
        .expect(ended_callback::expected())
        .mutant("lost-at-exit", Expectation::exits(1, "2 machines are in use instead of 1"))
        .mutant("libc-cancel-ignored", Expectation::exits(1, "the thread was not canceled"))
        .mutant("libc-cancel-disabled", Expectation::exits(1, "the thread was not canceled"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C-unwind" {
        pub(super) safe fn csrc_cancel_in_callback(callback: extern "C-unwind" fn()) -> c_int;
        pub(super) safe fn csrc_block_in_callback();
    }
}

fn run() -> Result<(), String> {
    ended_callback::run(|| half::csrc_cancel_in_callback(callback))
}

extern "C-unwind" fn callback() {
    ended_callback::call(|| half::csrc_block_in_callback());
}
