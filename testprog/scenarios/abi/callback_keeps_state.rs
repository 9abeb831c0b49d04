//! A callback must leave `errno`, the rounding mode, the control word of the x87 unit and the signal
//! mask of the calling thread as it has found them.
//!
//! The first callback of a thread runs more code of the runtime than later callbacks: the runtime
//! asks the system for the stack bounds, allocates memory and blocks signals. C code that calls
//! back between a system call and a look at `errno` reads the wrong error if the runtime changes
//! `errno`. Signal handlers of the Memory Pool System changed `errno` in the interrupted code
//! (<https://github.com/Ravenbrook/mps/issues/10>). `Python4Delphi` set a fixed floating-point mode
//! instead of restoring the caller's mode
//! (<https://github.com/Embarcadero/python4delphi/issues/32>). After a program in Standard ML had loaded
//! a library, the x87 unit computed with another precision
//! (<https://github.com/MLton/mlton/issues/540>). A runtime that unblocks all signals
//! instead of restoring the caller's mask lets a handler run in code that has blocked the handler's
//! signal.
//!
//! If the scenario fails in the first callback only, look at the code that attaches a thread to the
//! runtime.

use testprog_harness::{Expectation, Scenario, Target};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run)
        .mutant("changes-errno", Expectation::exits(1, "the first callback changed errno to"));
    // On processors other than x86-64, the mutant does not change the rounding mode.
    let scenario = if Target::current().arch == "x86_64" {
        let changed = Expectation::exits(1, "the first callback changed the rounding mode");
        let x87 = "the first callback changed the control word of the x87 unit";
        let scenario = scenario.mutant("changes-rounding", changed);
        // The C code cannot read the control word in a build by MSVC.
        if cfg!(target_env = "msvc") {
            scenario
        } else {
            scenario.mutant("changes-x87", Expectation::exits(1, x87))
        }
    } else {
        scenario
    };
    if cfg!(unix) {
        let opened = "the first callback unblocked a signal that its caller had blocked";
        let handled = "the first callback ran the handler of a signal that its caller had blocked";
        scenario
            .mutant("opens-mask", Expectation::exits(1, opened))
            .mutant("opens-faults", Expectation::exits(1, handled))
    } else {
        scenario
    }
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_callback_keeps_state(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    const CALLBACKS: u32 = 2;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_callback_keeps_state(observe::callback)))?;
    observe::held(CALLBACKS)
}
