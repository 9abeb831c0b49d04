//! `abort` must kill the process by SIGABRT, although the program blocks or ignores SIGABRT, or
//! handles SIGABRT and returns from the handler. `abort` must also kill the process if a thread
//! other than the main thread calls `abort`.
//!
//! Rust's standard library calls `abort` for every failure after which the process must not
//! continue, so an `abort` that returns or ends the process normally hides these failures. In
//! relibc, `abort` executed a trap instruction, so the process died of another signal.
//!
//! If this scenario fails, look at `abort`: it must unblock SIGABRT and raise it, then set the
//! default action and raise it again.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::FORK;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(FORK)
        .needs(Capability::Signals)
        .mutant("libc-abort-raises-once", Expectation::fails("when SIGABRT was blocked"))
        .mutant("libc-abort-by-trap", Expectation::fails("when SIGABRT was blocked"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_abort_always_kills() -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_abort_always_kills()))
}
