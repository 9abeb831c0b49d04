//! If a panic ends a call of C and a callback catches the panic, the runtime must restore the state
//! that the thread had before the call of C.
//!
//! In this scenario, C code switches to another stack and calls back there. The callback sets the
//! bounds in the thread's `Machine` (the runtime's record of one thread) to those of the other
//! stack, and then the panic begins. If a runtime restored its state only where C returns, the
//! bounds and the number of calls in progress would stay wrong after the panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Machine, Policy};
use crate::scenarios::needs::UNWINDING;
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let left = Expectation::exits(1, "the panic left the number of calls in progress at 2");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .needs(UNWINDING)
        .mutant("forgets-unwinding", left)
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_panic_through_call_c(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // Each of the two outer callbacks counts once, and each outer callback made one nested
    // callback.
    const CALLBACKS: u32 = 4;
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Given, CALLBACKS, || {
        runtime::call_c(|| csrc::thread(|| callback()))?;
        runtime::callback(|machine| panics(machine, 0));
        Ok(())
    })
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        // The panic happens in the second of two calls of C in progress, so the number of calls in
        // progress must be 1 after the panic.
        runtime::call_c(|| panics(machine, 1));
    });
}

/// Calls C, panics during the call, catches the panic, and checks that the thread's state is the
/// same as before the call.
fn panics(machine: &Machine, calls: u32) {
    observe::check(machine);
    let before = machine.bounds();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        runtime::call_c(|| {
            let done = csrc::done(half::csrc_panic_through_call_c(observe::callback));
            panic!("a panic ends the call of C: {done:?}");
        });
    }));
    if caught.is_ok() {
        observe::wrong("no panic was caught".to_owned());
    }
    observe::inside(machine);
    if machine.bounds() != before {
        observe::wrong(format!("the panic left the bounds {:?}, not {before:?}", machine.bounds()));
    }
    if machine.calls_in_progress() != calls {
        observe::wrong(format!(
            "the panic left the number of calls in progress at {}, not at {calls}",
            machine.calls_in_progress()
        ));
    }
}
