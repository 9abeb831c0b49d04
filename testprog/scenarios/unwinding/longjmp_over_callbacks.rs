//! C code may leave callbacks by longjmp(3), together with the calls of C that the callbacks make.
//! Many C libraries report errors by longjmp.
//!
//! The functions of the runtime that the jump leaves never return, so they restore neither the
//! bounds nor the number of calls in progress. When C returns to an outer callback, the outer
//! callback must have its own bounds again, and the number of calls in progress must not grow with
//! each jump.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

/// Number of jumps in each loop of the C code.
const JUMPS: u32 = 100;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant("keeps-calls", Expectation::exits(1, "calls count as in progress"))
        .mutant(Policy::NeverRestore.name(), Expectation::exits(1, "the jumps changed the bounds"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_longjmp_over_callbacks(
            outer: Callback,
            inner: Callback,
            after: Callback,
        ) -> c_int;
        pub(super) safe fn csrc_jump_often();
        pub(super) safe fn csrc_jump_over();
    }
}

fn run() -> Result<(), String> {
    // On each of two stacks, C code makes the outer callback, the inner callbacks of two loops, and
    // the callback after the loops.
    const CALLBACKS: u32 = 2 * (1 + 2 * JUMPS + 1);
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Given, CALLBACKS, || {
        csrc::done(runtime::call_c(|| half::csrc_longjmp_over_callbacks(outer, inner, after)))
    })
}

extern "C" fn outer() {
    runtime::callback(|machine| {
        observe::check(machine);
        let before = machine.bounds();
        runtime::call_c(|| half::csrc_jump_often());
        observe::inside(machine);
        if machine.bounds() != before {
            observe::wrong(format!(
                "the jumps changed the bounds from {before:?} to {:?}",
                machine.bounds()
            ));
        }
        no_calls(machine.calls_in_progress());
    });
}

/// Runs the inner callback, which ends by a jump during a call of C.
extern "C" fn inner() {
    runtime::callback(observe::check);
    runtime::callback(|_| runtime::call_c(|| half::csrc_jump_over()));
}

extern "C" fn after() {
    runtime::callback(|machine| {
        observe::check(machine);
        no_calls(machine.calls_in_progress());
    });
}

/// Records an error if a call of C counts as in progress.
fn no_calls(calls: u32) {
    if calls != 0 {
        observe::wrong(format!("{calls} calls count as in progress, but C has left all calls"));
    }
}
