//! A callback from a registered stack must get the stack's true bounds, until the stack is retired
//! (unregistered).
//!
//! The runtime's estimate of 32 KiB for an unknown stack is too much for a small stack and too
//! little for a large stack (<https://go.dev/issue/62130>). Coroutine libraries such as
//! Boost.Context, libco and PHP's fibers know the bounds of their stacks, but Go has no function
//! with which a library can register the bounds.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Machine, Policy};
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

/// Size of the registered stack in bytes. Half of `SIZE` is more than the 32 KiB that the runtime
/// assumes for an unknown stack.
const SIZE: usize = 256 << 10;

pub(crate) fn scenario() -> Scenario {
    let estimated = || Expectation::exits(1, "the bounds are not those of the registered stack");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant(Policy::Exact.name(), estimated())
        .mutant(Policy::GuessEveryEntry.name(), estimated())
        .mutant("keeps-retired", Expectation::exits(1, "the bounds are those of a retired stack"))
        .mutant("keeps-end", Expectation::exits(1, "the bounds are those of a retired stack"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_registered_stack(
            size: usize,
            registered: Callback,
            retired: Callback,
        ) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // The C code of the scenario makes two rounds. Each round makes two callbacks while the stack
    // is registered, and one callback after the stack is retired.
    const CALLBACKS: u32 = 2 * (2 + 1);
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Given, CALLBACKS, || {
        csrc::done(runtime::call_c(|| half::csrc_registered_stack(SIZE, registered, retired)))
    })
}

extern "C" fn registered() {
    runtime::callback(|machine| {
        observe::check(machine);
        if !has(machine, SIZE) {
            observe::wrong(format!(
                "the bounds are not those of the registered stack: {:?}",
                machine.bounds()
            ));
        }
    });
}

extern "C" fn retired() {
    runtime::callback(|machine| {
        observe::check(machine);
        if has(machine, SIZE) {
            observe::wrong(format!(
                "the bounds are those of a retired stack: {:?}",
                machine.bounds()
            ));
        }
    });
}

/// Returns whether the bounds that `machine` has recorded are `size` bytes apart, as the bounds of
/// a registered stack of `size` bytes are.
pub(super) fn has(machine: &Machine, size: usize) -> bool {
    let bounds = machine.bounds();
    bounds.hi - bounds.lo == size
}
