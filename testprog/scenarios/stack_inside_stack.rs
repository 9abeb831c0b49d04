//! A coroutine's stack may lie in its thread's own stack, where only its announcement tells it from that.
//!
//! The system's answer contains the stack pointer, so a runtime that goes by it alone believes in more room than there is,
//! and finds no overflow. No policy of Go's can do better.

use testprog_harness::{Capability, Expectation, Scenario};

use super::registered_stack::has;
use super::stack_larger_than_told::GIVEN_STACK;
use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// As in the C half.
const SIZE: usize = 64 << 10;

pub(crate) fn scenario() -> Scenario {
    Scenario::new(module_path!(), run)
        .needs(GIVEN_STACK)
        .needs(Capability::StackSwitch)
        .mutant(Policy::Exact.name(), Expectation::exits(1, "are not those of the inner stack"))
        .mutant(
            Policy::GuessEveryEntry.name(),
            Expectation::exits(1, "are not those of the inner stack"),
        )
}

#[expect(unsafe_code, reason = "declares its C half")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_stack_inside_stack(
            is_announced_first: c_int,
            own: Callback,
            inside: Callback,
        ) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // From its own stack as far down as 64 pages, from the inner one, from its own twice.
    const ON_EACH_THREAD: u32 = 64 + 1 + 2;
    // One thread calls back before the announcement as well.
    const CALLBACKS: u32 = 1 + 2 * ON_EACH_THREAD;
    runtime::start(Policy::Registered)?;
    for is_announced_first in [0, 1] {
        csrc::done(runtime::call_c(|| {
            half::csrc_stack_inside_stack(is_announced_first, own, inside)
        }))?;
    }
    observe::held(CALLBACKS)
}

extern "C" fn own() {
    runtime::callback(|machine| {
        observe::check(machine);
        if has(machine, SIZE) {
            observe::wrong(format!("{:?} are not those of the thread", machine.bounds()));
        }
    });
}

extern "C" fn inside() {
    runtime::callback(|machine| {
        observe::check(machine);
        if !has(machine, SIZE) {
            observe::wrong(format!("{:?} are not those of the inner stack", machine.bounds()));
        }
    });
}
