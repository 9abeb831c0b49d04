//! If a thread or a process ends while it holds a robust mutex, the next lock must return
//! EOWNERDEAD, and the mutex must be usable again after `pthread_mutex_consistent(3)`.
//!
//! The kernel walks through the ended thread's list of robust mutexes (`set_robust_list(2)`), so
//! the C library must keep this list in the kernel's format. In mlibc's sources, robust mutexes
//! trap. qemu-user does not implement the list of robust mutexes.

use testprog_harness::{Alternative, Capability, Expectation, Scenario};

use crate::csrc;

/// Capability of robust mutexes to report that their owner has ended.
const ROBUST: Capability = Capability::Custom {
    name: "robust-mutex",
    missing: |target| {
        (target.os != "linux").then_some("only Linux is known to have robust mutexes")
    },
};

pub(crate) fn scenario() -> Scenario {
    let expected = Expectation::one_of(vec![
        Alternative::good("reported", Expectation::ok()),
        Alternative::known(
            "not-reported",
            "https://gitlab.com/qemu-project/qemu/-/blob/master/linux-user/syscall.c",
            Expectation::exits(1, "instead of EOWNERDEAD"),
        ),
    ]);
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(ROBUST)
        .expect(expected)
        .mutant(
            "libc-robust-stays-inconsistent",
            Expectation::exits(1, "a mutex that was made consistent could not be used"),
        )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_robust_mutex_foreign_death() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_robust_mutex_foreign_death())
}
