//! One thread may retire a stack on which another one is in a callback: that callback keeps its bounds, later ones do not
//! have them.

use std::ffi::c_void;

use testprog_harness::{Capability, Expectation, Scenario};

use super::registered_stack::has;
use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Room for a callback from a callback, in a debug build.
const SIZE: usize = 128 << 10;

pub(crate) fn scenario() -> Scenario {
    Scenario::new(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant(Policy::Exact.name(), Expectation::exits(1, "in the callback: "))
        .mutant(Policy::GuessEveryEntry.name(), Expectation::exits(1, "in the callback: "))
        .mutant("keeps-retired", Expectation::exits(1, "in the next one: "))
}

#[expect(unsafe_code, reason = "declares its C half")]
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
    // Before, at once after, in a nested one and in the next one.
    const CALLBACKS: u32 = 4;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_retired_stack_in_use(SIZE, body)))?;
    observe::held(CALLBACKS)
}

extern "C" fn body(lo: *mut c_void) {
    let lo = lo.addr();
    let look = |is_registered: bool, when: &str| {
        runtime::callback(|machine| {
            observe::check(machine);
            if has(machine, SIZE) != is_registered {
                observe::wrong(format!("{when}: {:?}", machine.bounds()));
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
            observe::wrong(format!("in the callback: {:?}", machine.bounds()));
        }
        runtime::call_c(|| look(false, "in one from it"));
        if !has(machine, SIZE) {
            observe::wrong(format!("after one from it: {:?}", machine.bounds()));
        }
    });
    look(false, "in the next one");
}
