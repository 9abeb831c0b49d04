//! A handler of SIGABRT must run when a panic in a callback aborts the process. This scenario
//! corresponds to `CgoCatchPanic` (`TestCatchPanic`) of Go's test program `testprogcgo`.
//!
//! Host programs write their crash reports in a handler of SIGABRT. The function abort(3) must
//! raise SIGABRT and let the handler run before it kills the process. In relibc's sources, abort
//! executes an illegal instruction, so the handler never runs.
//!
//! In this scenario, C code installs the handler of SIGABRT after the runtime has started. In the
//! scenario `catch_panic_early`, a constructor function installs the handler before `main`.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    named(Scenario::of_module(module_path!(), run))
}

/// Adds the expectation that `catch_panic` and `catch_panic_early` share to `scenario`.
pub(super) fn named(scenario: Scenario) -> Scenario {
    scenario
        .needs(Capability::Signals)
        .expect(Expectation::exits(0, "the handler of SIGABRT ends the process"))
        .mutant("libc-abort-skips-handler", Expectation::dies([Signal::Abrt], "BOOM"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_catch_panic() -> c_int;
    }
}

pub(super) fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(half::csrc_catch_panic())?;
    runtime::call_c(|| csrc::thread(|| callback()))
}

extern "C" fn callback() {
    runtime::callback(|_| panic!("BOOM"));
}
