//! A destructor function of C may call back into the runtime after `main` has returned. This
//! scenario corresponds to `DestructorCallback` of Go's test program `testprogcgo`.
//!
//! When `main` returns, a runtime may wrongly free or stop something that a later callback needs
//! (<https://go.dev/issue/59711>).

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    // The child prints `OK` before the destructor function runs, so the scenario also expects the
    // text that the destructor function prints.
    let torn_down =
        Expectation::dies([Signal::Abrt], "fatal: callback after the runtime was torn down");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Destructor)
        .expect(Expectation::exits(0, "called back after main"))
        .mutant("torn-down", torn_down)
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_destructor_callback(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(half::csrc_destructor_callback(callback))
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        match observe::held(1) {
            Ok(()) => eprintln!("called back after main"),
            Err(reason) => eprintln!("failed to call back after `main`: {reason}"),
        }
    });
}
