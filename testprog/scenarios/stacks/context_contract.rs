//! `makecontext` and `swapcontext` must behave as POSIX.1-2001 defines them: `makecontext` passes
//! eight arguments, a context's function that returns continues with the context in `uc_link`, and
//! `swapcontext` returns 0.
//!
//! If `uc_link` is lost, the return from the context's function ends the thread. The end of the
//! last thread ends the process with status 0, so a test that checks only the exit status passes.
//! On FreeBSD for 64-bit PowerPC, `swapcontext` crashed with `uc_link`
//! (<https://github.com/freebsd/freebsd-src/pull/1759>). Early versions of libucontext passed at
//! most six arguments. The size of the stacks in this scenario is no multiple of 16, so
//! `makecontext` must align the stack pointer.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Ucontext)
        .mutant("libc-uc-link-lost", Expectation::exits(0, "about to run two contexts"))
        .mutant(
            "libc-makecontext-misaligned",
            Expectation::exits(1, "the function of a context got wrong arguments"),
        )
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_context_contract() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_context_contract())
}
