//! Running out of a registered stack is noticed at its true end, where an estimate would let it run on.
//!
//! Goroutines of Go have 8 KiB, fibers often 16: less than the 32 KiB that an unknown stack is taken for. Without a guard page,
//! which costs a fiber as much again, what lies below is overwritten in silence.

use std::hint::black_box;

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Machine, Policy, stack_pointer};

/// Less than the estimate; enough for a callback in a debug build, on a processor with large frames.
const SIZE: usize = 24 << 10;

pub(crate) fn scenario() -> Scenario {
    let unnoticed =
        || Expectation::exits(1, "registered_stack_overflow: below the end of the stack");
    Scenario::new(module_path!(), run)
        .needs(Capability::StackSwitch)
        .expect(Expectation::dies([Signal::Abrt], "fatal: morestack on g0"))
        .mutant(Policy::Exact.name(), unnoticed())
        .mutant(Policy::GuessEveryEntry.name(), unnoticed())
        .mutant("unguarded", unnoticed())
}

#[expect(unsafe_code, reason = "declares its C half")]
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
    Err("below the end of the stack nothing was said".to_owned())
}

extern "C" fn overflow(lo: usize) {
    runtime::callback(|machine| recurse(machine, lo));
}

#[inline(never)]
fn recurse(machine: &Machine, lo: usize) {
    // A frame of its own, smaller than the guard so that none steps over it.
    let frame = black_box([lo; 8]);
    if stack_pointer::read() > lo {
        machine.system_stack(|| recurse(machine, lo));
    }
    black_box(frame);
}
