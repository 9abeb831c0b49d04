//! The only thread of a child of fork(2) may call `pthread_exit(3)`. The child must then end as if
//! it had called `exit(0)`, and must run the exit handlers that atexit(3) has registered.
//!
//! The thread that calls fork becomes the main thread of the child, even if the thread was not the
//! main thread of the parent. In musl up to 1.2.3, the child could hang, because the list of
//! threads still contained the thread's old ID. If this scenario fails, check which records of a
//! thread the C library's `fork` must update in the child.

use testprog_harness::{Alternative, Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let expected = Expectation::one_of(vec![
        Alternative::good("ends", Expectation::ok()),
        Alternative::known(
            "never-ends",
            "https://git.musl-libc.org/cgit/musl/tree/WHATSNEW",
            Expectation::exits(1, "the process went on after its last thread"),
        ),
    ]);
    Scenario::of_module(module_path!(), run).needs(Capability::Signals).expect(expected).mutant(
        "libc-pthread-exit-skips-atexit",
        Expectation::exits(1, "the function of atexit did not run"),
    )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_fork_child_main_pthread_exit() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_fork_child_main_pthread_exit())
}
