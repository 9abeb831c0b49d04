//! A fault on a thread that C code has created must kill the process, as a fault on the main thread
//! does. This scenario corresponds to `CgoExternalThreadSignal` of Go's test program `testprogcgo`.
//!
//! The thread is unknown to the language runtime, so the runtime's signal handler finds no record
//! of the thread. Go's handler once returned to the faulting instruction again and again
//! (<https://go.dev/issue/10139>). The handler of Rust's standard library must restore the default
//! action of the signal, which kills the process.

use testprog_harness::{Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let expected = Expectation::dies(
        [Signal::Segv, Signal::Bus],
        "about to write to address 0 on a thread of C",
    );
    Scenario::of_module(module_path!(), run)
        .expect(expected)
        .mutant("swallow-segv", Expectation::exits(0, "about to write to address 0"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_external_thread_signal() -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_external_thread_signal()))
}
