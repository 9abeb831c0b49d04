//! Functions that one thread has registered by `pthread_atfork(3)` must run when another thread
//! forks: the `prepare` functions last in, first out, and the `parent` and `child` functions first
//! in, first out.
//!
//! With functions of `pthread_atfork`, allocators and language runtimes hold their locks during a
//! fork (<https://github.com/gperftools/gperftools/issues/499>). In relibc and mlibc, each thread
//! had its own list of registered functions, so a fork did not run the functions of other threads.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("libc-atfork-per-thread", Expectation::exits(1, "instead of `BAcd`"))
        .mutant("libc-atfork-fifo", Expectation::exits(1, "`ABcd` instead of `BAcd`"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_atfork_other_thread() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_atfork_other_thread())
}
