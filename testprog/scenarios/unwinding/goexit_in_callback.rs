//! A callback may call C code that ends the thread by `pthread_exit(3)`. The thread must end, the
//! value that it passes to `pthread_exit` must reach `pthread_join(3)`, and the runtime must get
//! the thread's `Machine` (the runtime's record of one thread) back. This scenario corresponds to
//! `CgoToGoCallGoexit` of Go's test program `testprogcgo`.
//!
//! C libraries differ: glibc unwinds the stack like an exception, so the destructors of the Rust
//! frames run. musl, bionic, relibc and mlibc do not unwind, so no destructor runs
//! (<https://github.com/rust-lang/unsafe-code-guidelines/issues/404>). The scenario accepts both
//! outcomes (destructors ran, or did not run), and the report names the outcome. The scenario fails
//! if the process hangs, or if the thread continues after `pthread_exit`.

use testprog_harness::{Capability, Expectation, Scenario};

use super::ended_callback;
use crate::scenarios::needs::UNWINDING;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(UNWINDING)
        .expect(ended_callback::expected())
        .mutant("lost-at-exit", Expectation::exits(1, "2 machines are in use instead of 1"))
        .mutant("libc-pthread-exit-ends-process", Expectation::exits(0, ""))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C-unwind" {
        pub(super) safe fn csrc_goexit_in_callback(callback: extern "C-unwind" fn()) -> c_int;
        pub(super) safe fn csrc_exit_thread();
    }
}

fn run() -> Result<(), String> {
    ended_callback::run(|| half::csrc_goexit_in_callback(callback))
}

extern "C-unwind" fn callback() {
    ended_callback::call(|| half::csrc_exit_thread());
}
