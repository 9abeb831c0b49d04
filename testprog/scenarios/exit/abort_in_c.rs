//! A call of `abort` in C must kill the process with SIGABRT, or on Windows with the exit status
//! that Windows uses for `abort`. This scenario corresponds to `Abort` of Go's test program
//! `testprogcgo`.
//!
//! A runtime that handles signals may mistake the SIGABRT of `abort` for one of the runtime's own
//! signals and keep the process alive, or print the runtime's own crash report. In relibc, `abort`
//! executed a trap instruction, so the process died of another signal and no SIGABRT handler ran.

use testprog_harness::{Expectation, Scenario, Target};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .expect(Expectation::aborts_in_c("about to abort", &Target::current()))
        .mutant("swallow-abort", Expectation::exits(0, "about to abort"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_abort_in_c() -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_abort_in_c()))
}
