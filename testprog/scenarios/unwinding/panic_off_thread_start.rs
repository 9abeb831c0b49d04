//! A panic that reaches the start function of a C thread must abort the process, after the
//! panic's message.
//!
//! The callback is `extern "C-unwind"`, so nothing stops the panic before the first frame of the
//! thread. The unwinder must recognize the thread's first frame as the end of the stack. In mlibc,
//! a backtrace continued past the thread's first frame at address 0 (mlibc fcf98d1b). A port of a C
//! library should mark the first frame in the code that starts threads, for example with an
//! undefined return address in the unwind table.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .expect(Expectation::dies([Signal::Abrt], "BOOM"))
        .mutant("swallow-panic", Expectation::exits(0, "BOOM"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C-unwind" {
        pub(super) safe fn csrc_panic_off_thread_start(callback: extern "C-unwind" fn()) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_panic_off_thread_start(callback)))?;
    Err("the process went on after the panic".to_owned())
}

extern "C-unwind" fn callback() {
    runtime::callback(|_| panic!("BOOM"));
}
