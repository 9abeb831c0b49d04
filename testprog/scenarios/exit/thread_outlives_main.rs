//! A C thread may call back into the runtime while the process exits, after `main` has returned
//! and after the exit handlers have run.
//!
//! A return from `main` stops no other thread, so a detached thread still calls back after the
//! runtime's exit handlers have run. The thread of this scenario also starts new threads, and each
//! new thread makes its first callback while the process exits. A runtime or a library that frees
//! its state in an exit handler crashes in a callback of a thread that still runs
//! (<https://github.com/openssl/openssl/issues/24148>).
//!
//! If this scenario fails without a mutant (a deliberate fault), look at what an exit handler or a
//! destructor function frees, although threads may still use the freed memory.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::PTHREADS;
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let torn_down =
        Expectation::dies([Signal::Abrt], "fatal: callback after the runtime was torn down");
    Scenario::of_module(module_path!(), run)
        .needs(PTHREADS)
        .needs(Capability::Destructor)
        .expect(Expectation::exits(0, "the thread called back after main"))
        .mutant("torn-down", torn_down)
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_thread_outlives_main(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_thread_outlives_main(observe::callback)))
}
