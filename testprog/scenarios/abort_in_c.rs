//! `abort` in C, called by the runtime, ends the process with SIGABRT, or as Windows has it (Go: `Abort`).
//!
//! A runtime that has handlers for signals may take it for its own, or print a report of its own instead. relibc's `abort`
//! was a trap instruction: another signal, and no handler ran.

use testprog_harness::{Expectation, Scenario, Target};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    Scenario::new(module_path!(), run)
        .expect(Expectation::aborts_in_c("about to abort", &Target::current()))
        .mutant("swallow-abort", Expectation::exits(0, "about to abort"))
}

#[expect(unsafe_code, reason = "declares its C half")]
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
