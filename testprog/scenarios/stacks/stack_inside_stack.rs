//! A coroutine's stack may lie within its thread's own stack. The runtime can distinguish a
//! coroutine's stack from the thread's stack only if the coroutine's stack is registered.
//!
//! While code runs on a coroutine's stack within the thread's own stack, the stack pointer is
//! within the bounds of both stacks. If a runtime knows only the bounds that the system reports, it
//! assumes too much room on the coroutine's stack, and does not notice an overflow of the
//! coroutine's stack. None of Go's rules for stack bounds distinguishes the coroutine's stack from
//! the thread's own stack.

use testprog_harness::{Capability, Expectation, Scenario};

use super::registered_stack::has;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::GIVEN_STACK;
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

/// Size of the inner stack in bytes. This size must equal `SIZE` in
/// `csrc/scenarios/stacks/stack_inside_stack.c`.
const SIZE: usize = 64 << 10;

pub(crate) fn scenario() -> Scenario {
    let wrong = || Expectation::exits(1, "the bounds are not those of the inner stack");
    Scenario::of_module(module_path!(), run)
        .needs(GIVEN_STACK)
        .needs(Capability::StackSwitch)
        .mutant(Policy::Exact.name(), wrong())
        .mutant(Policy::GuessEveryEntry.name(), wrong())
        .mutant("ignores-inner", wrong())
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
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
    // Each of two threads calls back 64 times from its own stack at different depths, once from the
    // inner stack, and twice more from its own stack.
    const ON_EACH_THREAD: u32 = 64 + 1 + 2;
    // One of the scenario's two threads also calls back once before it registers its inner stack.
    const CALLBACKS: u32 = 1 + 2 * ON_EACH_THREAD;
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Given, CALLBACKS, || {
        [0, 1].into_iter().try_for_each(|is_announced_first| {
            csrc::done(runtime::call_c(|| {
                half::csrc_stack_inside_stack(is_announced_first, own, inside)
            }))
        })
    })
}

extern "C" fn own() {
    runtime::callback(|machine| {
        observe::check(machine);
        if has(machine, SIZE) {
            observe::wrong(format!(
                "the bounds are not those of the thread's own stack: {:?}",
                machine.bounds()
            ));
        }
    });
}

extern "C" fn inside() {
    runtime::callback(|machine| {
        observe::check(machine);
        if !has(machine, SIZE) {
            observe::wrong(format!(
                "the bounds are not those of the inner stack: {:?}",
                machine.bounds()
            ));
        }
    });
}
