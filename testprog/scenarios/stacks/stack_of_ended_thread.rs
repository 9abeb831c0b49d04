//! The stack memory of an ended thread may become a coroutine's stack on the next thread.
//!
//! The next thread takes the `Machine` (the runtime's record of one thread) that the ended thread
//! had. If the `Machine` still contained the bounds of the ended thread's stack, the runtime would
//! not notice an overflow of the coroutine's smaller stack. Go 1.21 crashed because the runtime
//! kept stack bounds longer than their stack existed (<https://go.dev/issue/62440>).

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::bounds::Bounds;
use crate::runtime::{self, Policy, stack_pointer};
use crate::scenarios::needs::GIVEN_STACK;
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(GIVEN_STACK)
        .needs(Capability::StackSwitch)
        .mutant(
            "remembers-last-thread",
            Expectation::exits(1, "the bounds are those of the ended thread"),
        )
        .mutant("libc-setstack-ignored", Expectation::fails("did not run on the memory"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_stack_of_ended_thread(own: Callback, elsewhere: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // The first thread calls back 64 times, and the second thread calls back twice.
    const CALLBACKS: u32 = 64 + 2;
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Given, CALLBACKS, || {
        csrc::done(runtime::call_c(|| {
            half::csrc_stack_of_ended_thread(observe::callback, elsewhere)
        }))
    })
}

extern "C" fn elsewhere() {
    runtime::callback(|machine| {
        observe::check(machine);
        let (bounds, estimate) = (machine.bounds(), Bounds::estimate(stack_pointer::read()));
        if bounds.hi - bounds.lo != estimate.hi - estimate.lo {
            observe::wrong(format!("the bounds are those of the ended thread: {bounds:x?}"));
        }
    });
}
