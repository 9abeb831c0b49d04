//! The main thread of a process may end by `pthread_exit(3)` while another thread goes on. The
//! process must end with status 0 when its last thread has ended, and must run the functions of
//! atexit(3).
//!
//! POSIX defines the end of the last thread as a call of `exit(0)`. A C library that does not count
//! its threads does not run the functions of atexit, or the process never ends. mlibc's code for
//! the end of the last thread was only a TODO comment. In musl up to 1.2.3, a thread that joins the
//! main thread of a child of fork waits for ever.
//!
//! The main thread of a Rust program cannot call `pthread_exit`, because glibc unwinds the thread's
//! stack up to a function of Rust's standard library that aborts. The scenario therefore forks on a
//! C thread, because the thread that forks becomes the main thread of the child process.

use testprog_harness::{Alternative, Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let expected = Expectation::one_of(vec![
        Alternative::good("ends", Expectation::ok()),
        Alternative::known(
            "never-ends",
            "https://git.musl-libc.org/cgit/musl/tree/WHATSNEW",
            Expectation::exits(1, "the process went on after its last thread had ended"),
        ),
    ]);
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .expect(expected)
        .mutant("libc-pthread-exit-skips-atexit", Expectation::exits(1, "bytes instead of 3"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_main_pthread_exit() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_main_pthread_exit())
}
