//! The runtime must report an overflow of a registered stack at the stack's true end.
//!
//! The runtime does not know the size of an unregistered stack, so it cannot report an overflow of
//! such a stack. Without a guard page, the overflow overwrites the memory below the stack. A
//! fiber's stack often has only 16 KiB, so a guard page needs much address space in comparison with
//! the stack.

use std::hint::black_box;

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Machine, Policy, stack_pointer};

/// Size of the registered stack in bytes. This size is less than the 32 KiB that the runtime
/// assumes for an unknown stack, and enough for a callback in a debug build on a processor with
/// large stack frames.
pub(super) const SIZE: usize = 24 << 10;

pub(crate) fn scenario() -> Scenario {
    let unnoticed = || {
        Expectation::exits(
            1,
            "registered_stack_overflow: the runtime did not report the stack overflow",
        )
    };
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .expect(Expectation::dies([Signal::Abrt], "fatal: morestack on g0"))
        .mutant(Policy::Exact.name(), unnoticed())
        .mutant(Policy::GuessEveryEntry.name(), unnoticed())
        .mutant("unguarded", unnoticed())
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_registered_stack_overflow(
            size: usize,
            overflow: extern "C" fn(lo: usize),
        ) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_registered_stack_overflow(SIZE, overflow)))?;
    Err("the runtime did not report the stack overflow".to_owned())
}

pub(super) extern "C" fn overflow(lo: usize) {
    runtime::callback(|machine| recurse(machine, lo));
}

#[inline(never)]
fn recurse(machine: &Machine, lo: usize) {
    // Each call of this function must use some stack, but less than the size of the guard, so that
    // no call skips over the guard.
    let frame = black_box([lo; 8]);
    if stack_pointer::read() > lo {
        machine.system_stack(|| recurse(machine, lo));
    }
    black_box(frame);
}
