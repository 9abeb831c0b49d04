//! A write to address 0 in C must kill the process with SIGSEGV. This scenario corresponds to
//! `SegvInCgo` of Go's test program `testprogcgo`.
//!
//! The Rust standard library handles SIGSEGV to report stack overflows, but must let any other
//! SIGSEGV kill the process. On several platforms, Go did not let a SIGSEGV in C kill the process
//! (<https://go.dev/issue/39457>, and issues 49182, 50504, 50979 and 59947).

use testprog_harness::{Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .expect(Expectation::dies([Signal::Segv, Signal::Bus], "about to write to address 0"))
        .mutant("swallow-segv", Expectation::exits(0, "about to write to address 0"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
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
