//! The stack of a thread that has ended may be a coroutine's next.
//!
//! The next thread takes the machine of the ended one. What that remembered, that all of this memory is a thread's own
//! stack, is wrong by now: an overflow of the coroutine's would not be noticed. Bounds that outlive their stack are what Go
//! 1.21 failed by (<https://go.dev/issue/62440>).

use testprog_harness::{Capability, Expectation, Scenario};

use super::stack_larger_than_told::GIVEN_STACK;
use crate::runtime::bounds::Bounds;
use crate::runtime::{self, Policy, stack_pointer};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::new(module_path!(), run)
        .needs(GIVEN_STACK)
        .needs(Capability::StackSwitch)
        .mutant("remembers-last-thread", Expectation::exits(1, "are those of the ended thread"))
}

#[expect(unsafe_code, reason = "declares its C half")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_stack_of_ended_thread(own: Callback, elsewhere: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // The first thread's, and the second one's two.
    const CALLBACKS: u32 = 64 + 2;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_stack_of_ended_thread(observe::callback, elsewhere)))?;
    observe::held(CALLBACKS)
}

extern "C" fn elsewhere() {
    runtime::callback(|machine| {
        observe::check(machine);
        let (bounds, estimate) = (machine.bounds(), Bounds::estimate(stack_pointer::read()));
        if bounds.hi - bounds.lo != estimate.hi - estimate.lo {
            observe::wrong(format!("{bounds:x?} are those of the ended thread"));
        }
    });
}
