//! The backtrace of a panic in a callback must name the callback, the function of C that has called
//! back, and the Rust function that has called C. This scenario corresponds to `PanicCallback` of
//! Go's test program `testprogcgo`.
//!
//! The panic aborts the process, and the backtrace on standard error is all that a user sees. The
//! scenario sets `RUST_BACKTRACE=1`.

use testprog_harness::{Capability, Content, Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let named = ["callback_that_panics", "csrc_panic_callback", "calls_c_that_calls_back"];
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .env("RUST_BACKTRACE", "1")
        .expect(Expectation::dies([Signal::Abrt], "BOOM").stderr(Content::contains_all(named)))
        .mutant("swallow-panic", Expectation::exits(0, "BOOM"))
        .mutant("libc-backtrace-one-frame", Expectation::dies([Signal::Abrt], "BOOM"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_panic_callback(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    calls_c_that_calls_back()
}

/// Calls C. The name of this function must be in the backtrace.
#[inline(never)]
fn calls_c_that_calls_back() -> Result<(), String> {
    csrc::done(runtime::call_c(|| half::csrc_panic_callback(callback_that_panics)))
}

extern "C" fn callback_that_panics() {
    runtime::callback(|_| panic!("BOOM"));
}
