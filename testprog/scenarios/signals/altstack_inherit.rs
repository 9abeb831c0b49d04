//! A new thread must start without an alternate signal stack, and a child of fork(2) must keep the
//! alternate stack of the thread that forked.
//!
//! POSIX lets a system decide what a new thread inherits, but two threads on one alternate stack
//! overwrite each other's frames (<https://man7.org/linux/man-pages/man2/sigaltstack.2.html>).
//! While a handler runs on the alternate stack, the flags must be `SS_ONSTACK` and a change must
//! fail with EPERM. After the handler, the flags must be 0. musl's test suite has a regression test
//! `sigaltstack.c` for the error cases. If this scenario fails, look at the code that creates
//! threads, and at the check of `ss_size`, which must not apply to `SS_DISABLE`.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant(
            "libc-altstack-inherited",
            Expectation::exits(
                1,
                "a new thread has the alternate stack of the thread that created it",
            ),
        )
        .mutant(
            "libc-altstack-old-lost",
            Expectation::exits(1, "does not have its parent's alternate stack"),
        )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_altstack_inherit() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_altstack_inherit())
}
