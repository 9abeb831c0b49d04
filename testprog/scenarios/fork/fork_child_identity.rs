//! A child of fork(2) must have its own process ID and thread ID, must keep the values of
//! thread-local variables and pthread keys, and must have no pending signals. raise(3) and
//! `pthread_kill(3)` must reach the child's only thread.
//!
//! C libraries cache the process ID or the thread ID and forget to update the cached IDs in the
//! child. glibc had a cache in getpid(2) until version 2.25, and mlibc's thread ID was stale after
//! a fork (mlibc c2827f14). A signal that is sent to a stale ID reaches the parent or nobody.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run).needs(Capability::Signals).mutant(
        "libc-getpid-cached",
        Expectation::exits(1, "getpid returns the parent's process ID"),
    )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_fork_child_identity() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_fork_child_identity())
}
