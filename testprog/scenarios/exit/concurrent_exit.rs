//! Several threads may call `exit` at the same time. Each exit handler must run once, and the
//! process must end with the status of one of the threads.
//!
//! POSIX.1-2024 requires that `exit` is safe against concurrent calls. In C libraries without a
//! lock around the whole of `exit`, two threads ran the same handler, or a thread ended the process
//! while another thread was still running handlers. glibc has had the lock since version 2.41
//! (<https://sourceware.org/bugzilla/show_bug.cgi?id=31997>). Rust's `std::process::exit` has a
//! lock of its own, which does not help against callers in C
//! (<https://github.com/rust-lang/rust/issues/126600>).
//!
//! The scenario does not require that all handlers have run, because an older glibc may end the
//! process earlier. If this scenario fails, look at the lock of `exit`: only the first thread may
//! run exit handlers, and each other thread must wait until the process ends.

use testprog_harness::{Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::PTHREADS;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(PTHREADS)
        .expect(Expectation::exits(10..=13, ""))
        .mutant("libc-exit-unlocked", Expectation::exits(1, "an exit handler ran twice"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_concurrent_exit() -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_concurrent_exit()))
}
