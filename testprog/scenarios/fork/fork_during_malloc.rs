//! A child of fork(2) must be able to allocate memory, even if other threads of the parent were
//! allocating at the moment of the fork.
//!
//! POSIX allows only async-signal-safe functions in a child of a process with several threads.
//! Language runtimes still allocate memory in a child of a process with several threads, and some C
//! libraries support these allocations: musl since 1.2.2
//! (<https://git.musl-libc.org/cgit/musl/commit/?id=167390f05564e0a4d3fcb4329377fd7743267560>). The
//! function `fork` must take the locks of malloc before it copies the process. If fork did not take
//! the locks, the child would wait for a lock that no thread of the child will release
//! (<https://github.com/gperftools/gperftools/issues/499>).

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run).needs(Capability::Signals).mutant(
        "libc-malloc-locked-in-child",
        Expectation::exits(1, "malloc failed in a child of fork"),
    )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_fork_during_malloc() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_fork_during_malloc())
}
