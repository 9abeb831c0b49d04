//! A thread that C code has created before `main` may handle a signal before its first callback,
//! and after the callback. This scenario corresponds to `CgoExternalThreadSIGPROF` of Go's test
//! program `testprogcgo`.
//!
//! A profiler's SIGPROF may interrupt any thread. Go's handler once crashed on a thread that
//! existed before the runtime had started (<https://go.dev/issue/9456>). A signal that a thread
//! sends to itself by raise(3) must be handled on this thread, and before raise returns.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .env("TESTPROG_EXTERNAL_THREAD_SIGPROF", "1")
        .mutant("libc-raise-to-process", Expectation::exits(1, "signals were handled"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_external_thread_sigprof(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_external_thread_sigprof(observe::callback)))?;
    observe::held(1)
}
