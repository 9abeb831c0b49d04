//! A write to address 0 in C, called by the runtime, ends the process with SIGSEGV (Go: `SegvInCgo`).
//!
//! Rust's standard library handles SIGSEGV to report a stack overflow, and must let this one through; so must any runtime.
//! Go keeps a list of the ways in which platforms got it wrong: <https://go.dev/issue/39457>, 49182, 50504, 50979, 59947.

use testprog_harness::{Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    Scenario::new(module_path!(), run)
        .expect(Expectation::dies([Signal::Segv, Signal::Bus], "about to write to address 0"))
        .mutant("swallow-segv", Expectation::exits(0, "about to write to address 0"))
}

#[expect(unsafe_code, reason = "declares its C half")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_segv_in_c() -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_segv_in_c()))
}
