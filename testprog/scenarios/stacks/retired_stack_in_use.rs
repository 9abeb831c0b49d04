//! A thread may retire (unregister) a stack while a callback of another thread runs on the stack.
//! The running callback must keep the stack's bounds, and later callbacks from the stack must get
//! estimated bounds.

use std::ffi::c_void;

use testprog_harness::{Capability, Expectation, Scenario};

use super::registered_stack::has;
use crate::runtime::{self, Policy};
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

/// Size of the registered stack in bytes. The stack has room for a nested callback in a debug
/// build.
const SIZE: usize = 128 << 10;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant(
            Policy::Exact.name(),
            Expectation::exits(1, "the running callback has wrong bounds: "),
        )
        .mutant(
            Policy::GuessEveryEntry.name(),
            Expectation::exits(1, "the running callback has wrong bounds: "),
        )
        .mutant("keeps-retired", Expectation::exits(1, "the next callback has wrong bounds: "))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{c_int, c_void};

    unsafe extern "C" {
        pub(super) safe fn csrc_retired_stack_in_use(
            size: usize,
            body: extern "C" fn(lo: *mut c_void),
        ) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // The outer callback checks the bounds before and after the stack is retired. After the stack
    // is retired, a nested callback and a later callback check the bounds once each.
    const CALLBACKS: u32 = 4;
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Given, CALLBACKS, || {
        csrc::done(runtime::call_c(|| half::csrc_retired_stack_in_use(SIZE, body)))
    })
}

extern "C" fn body(lo: *mut c_void) {
    let lo = lo.addr();
    let look = |is_registered: bool, which: &str| {
        runtime::callback(|machine| {
            observe::check(machine);
            if has(machine, SIZE) != is_registered {
                observe::wrong(format!("{which} has wrong bounds: {:?}", machine.bounds()));
            }
        });
    };
    runtime::callback(|machine| {
        observe::check(machine);
        let retire =
            || runtime::retire_stack(lo).unwrap_or_else(|error| observe::wrong(error.to_string()));
        runtime::call_c(|| csrc::thread(retire)).unwrap_or_else(observe::wrong);
        observe::check(machine);
        if !has(machine, SIZE) {
            observe::wrong(format!(
                "the running callback has wrong bounds: {:?}",
                machine.bounds()
            ));
        }
        runtime::call_c(|| look(false, "a nested callback"));
        if !has(machine, SIZE) {
            observe::wrong(format!(
                "after a nested callback, the bounds are wrong: {:?}",
                machine.bounds()
            ));
        }
    });
    look(false, "the next callback");
}
