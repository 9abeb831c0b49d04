//! A thread may call back in the last pass over the destructors of its pthread keys, when the
//! runtime can no longer request a notification of the thread's exit.
//!
//! POSIX systems call the destructors of a thread's keys in up to `PTHREAD_DESTRUCTOR_ITERATIONS`
//! passes, usually four. A thread that takes its `Machine` (the runtime's record of one thread) in
//! the last pass ends without giving the `Machine` back. The runtime must find each `Machine` of a
//! thread that has ended, so that the number of `Machine`s does not grow with the number of ended
//! threads. The search for the ended threads makes system calls that fail, and must leave the
//! caller's `errno` unchanged.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Capability of the runtime to find out whether a thread still exists.
const THREAD_EXISTS: Capability = Capability::Custom {
    name: "thread-exists",
    missing: |target| {
        (!matches!(&*target.os, "linux" | "android"))
            .then_some("only Linux tells whether a thread exists (tgkill)")
    },
};

/// Number of threads that call back only in the last pass, and of threads that also call back
/// earlier.
const THREADS: u32 = 100;
/// Largest accepted number of `Machine`s, although only one thread at a time needs a `Machine`. The
/// runtime searches for `Machine`s of ended threads when 8 `Machine`s are in use, and a thread may
/// still exist for a moment after another thread has joined it.
const MOST_MACHINES: u32 = 32;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(THREAD_EXISTS)
        .mutant("never-reclaims", Expectation::exits(1, "one thread at a time needed"))
        .mutant("changes-errno", Expectation::fails("a callback changed errno"))
        .mutant("libc-rearm-ignored", Expectation::exits(1, "failed to run the C code"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_last_destructor_pass(
            threads: u32,
            is_early: c_int,
            callback: Callback,
        ) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // With `is_early`, a thread calls back once before it exits and once in each of four passes;
    // without `is_early`, a thread calls back only in the last pass.
    const CALLBACKS: u32 = THREADS + THREADS * 5;
    runtime::start(Policy::Registered)?;
    for is_early in [0, 1] {
        let threads = || half::csrc_last_destructor_pass(THREADS, is_early, observe::callback);
        csrc::done(runtime::call_c(threads))?;
    }
    let (made, _) = runtime::machines();
    if made > MOST_MACHINES {
        return Err(format!("one thread at a time needed {made} `Machine`s"));
    }
    observe::held(CALLBACKS)
}
