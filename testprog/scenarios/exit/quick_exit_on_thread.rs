//! `quick_exit(3)` on a C thread must run the handlers of `at_quick_exit`, last in, first out,
//! and no handlers of `atexit`. A callback in a handler of `at_quick_exit` must work.
//!
//! A host program calls `quick_exit` when its other threads still run, so that no destructor takes
//! data away from them. A C library that runs the handlers of `atexit` too brings the crash back.
//! If the scenario fails, look at `__cxa_at_quick_exit` and at the list of handlers. Darwin and the
//! C library of `MinGW` have no `quick_exit`.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Capability of a C library to exit by `quick_exit`.
const QUICK_EXIT: Capability = Capability::Custom {
    name: "quick-exit",
    missing: |target| match &*target.os {
        "linux" | "android" | "freebsd" => None,
        _ => Some("this system is not known to have quick_exit"),
    },
};

pub(crate) fn scenario() -> Scenario {
    let exits = |code, text| Expectation::exits(code, text);
    Scenario::of_module(module_path!(), run)
        .needs(QUICK_EXIT)
        .expect(exits(6, "the handlers ran in the order cba"))
        .mutant("libc-quick-exit-runs-atexit", exits(1, "quick_exit ran a handler of atexit"))
        .mutant("libc-quick-exit-fifo", exits(6, "the handlers ran in the order a"))
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_quick_exit_on_thread(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_quick_exit_on_thread(observe::callback)))
}
