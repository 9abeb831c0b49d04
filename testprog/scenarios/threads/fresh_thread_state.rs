//! A new thread must not inherit the state of an ended thread. This scenario corresponds to
//! `LockOSThreadAlt` of Go's test program `testprogcgo`.
//!
//! A thread changes its signal mask, its signal stack, its cancellation state, its thread-local
//! variables and its pthread key's value, and then exits. C libraries give the memory of the ended
//! thread to the next thread, which must start with the state of the thread that created it. Go
//! ends a thread whose state a program has changed, because another part of the program must not
//! continue on such a thread (<https://go.dev/issue/20395>). Both glibc and musl reuse stacks.
//!
//! A C library also reuses deleted pthread keys. In each thread, the value of a new key must be NULL,
//! even if the thread has stored a value for the deleted key (`pthread_key_create` in POSIX).
//!
//! If this scenario fails, look at how the C library resets the memory of a thread before the
//! memory is used again.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Number of callbacks: one on each of two threads, in eight rounds.
const CALLBACKS: u32 = 2 * 8;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("libc-mask-of-last-thread", Expectation::fails("had the signal mask of an ended"))
        .mutant("libc-thread-starts-blocked", Expectation::fails("had the signal mask of an ended"))
        .mutant("libc-key-reused", Expectation::fails("a new key had the value of a deleted key"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_fresh_thread_state(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_fresh_thread_state(observe::callback)))?;
    observe::held(CALLBACKS)
}
