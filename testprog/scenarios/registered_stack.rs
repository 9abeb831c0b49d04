//! A stack that a coroutine library announces has its true bounds in a callback, until the library takes that back.
//!
//! Every runtime that guesses gets it wrong for some stack: 32 KiB are too many on a small stack and too few on a large one
//! (<https://go.dev/issue/62130>). Boost.Context, libco and PHP's fibers know the bounds and had nobody to tell.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Machine, Policy};
use crate::{csrc, observe};

/// More than the estimate, and half of it still is.
const SIZE: usize = 256 << 10;

pub(crate) fn scenario() -> Scenario {
    let estimated = || Expectation::exits(1, "are not those of the registered stack");
    Scenario::new(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant(Policy::Exact.name(), estimated())
        .mutant(Policy::GuessEveryEntry.name(), estimated())
        .mutant("keeps-retired", Expectation::exits(1, "are those of a retired stack"))
}

#[expect(unsafe_code, reason = "declares its C half")]
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
    // Each time, two while it is registered and one afterwards.
    const CALLBACKS: u32 = 2 * (2 + 1);
    runtime::start(Policy::Registered)?;
    let done =
        csrc::done(runtime::call_c(|| half::csrc_registered_stack(SIZE, registered, retired)));
    observe::held(CALLBACKS)?;
    done
}

extern "C" fn registered() {
    runtime::callback(|machine| {
        observe::check(machine);
        if !has(machine, SIZE) {
            observe::wrong(format!("{:?} are not those of the registered stack", machine.bounds()));
        }
    });
}

extern "C" fn retired() {
    runtime::callback(|machine| {
        observe::check(machine);
        if has(machine, SIZE) {
            observe::wrong(format!("{:?} are those of a retired stack", machine.bounds()));
        }
    });
}

/// Returns whether the recorded bounds are those of a stack that was announced with this size.
pub(super) fn has(machine: &Machine, size: usize) -> bool {
    let bounds = machine.bounds();
    bounds.hi - bounds.lo == size
}
