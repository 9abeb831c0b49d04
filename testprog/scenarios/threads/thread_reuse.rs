//! The runtime must not keep the stack bounds of an ended thread for a new thread, even if the new
//! thread's stack overlaps the ended thread's stack.
//!
//! C libraries give the stack memory of an ended thread to the next thread, and the next thread
//! takes the `Machine` (the runtime's record of one thread) that the ended thread had. Up to Go
//! 1.22.4, the bounds of the previous thread stayed valid if they contained the stack pointer of
//! the next thread, although the new stack ended elsewhere (<https://go.dev/issue/62130>).
//!
//! The scenario chooses the memory of each stack, so the scenario also checks that the system
//! reports exactly this memory. mlibc reported bounds that were one page too low, so the bounds did
//! not contain the stack pointer at a thread's start. If this scenario fails, look at
//! `pthread_attr_setstack` and at how `pthread_getattr_np` counts the guard page.

use testprog_harness::{Alternative, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::GIVEN_STACK;
use crate::{csrc, observe};

/// Number of callbacks: 65 on each of three threads.
const CALLBACKS: u32 = 3 * 65;
/// Largest distance in bytes between the end of the given memory and the end of the stack. A C
/// library may keep the thread's static TLS between the two ends.
const TOP: usize = 64 << 10;

pub(crate) fn scenario() -> Scenario {
    let stale = Expectation::one_of([
        Alternative::good("below", Expectation::dies([Signal::Abrt], "fatal: morestack on g0")),
        Alternative::good("wrong", Expectation::fails("the runtime has the bounds")),
    ]);
    Scenario::of_module(module_path!(), run)
        .needs(GIVEN_STACK)
        .mutant("remembers-last-thread", stale)
        .mutant("libc-stack-shifted", Expectation::fails("the system reports the stack bounds"))
        .mutant("libc-setstack-ignored", Expectation::fails("did not run on the memory"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_thread_reuse(callback: Callback) -> c_int;
        fn csrc_thread_reuse_given(bounds: *mut [usize; 2]);
    }

    /// Returns the lowest and the highest address of the memory that the running thread uses as its
    /// stack.
    pub(super) fn given() -> [usize; 2] {
        let mut bounds = [0; 2];
        // SAFETY: the variable `bounds` is writable memory for two addresses.
        unsafe { csrc_thread_reuse_given(&raw mut bounds) };
        bounds
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_thread_reuse(callback)))?;
    observe::held(CALLBACKS)
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let ([lo, hi], bounds) = (half::given(), machine.bounds());
        let is_told = csrc::stack_bound().1 != 0;
        if is_told && (bounds.lo != lo || bounds.hi > hi || hi - bounds.hi > TOP) {
            observe::wrong(format!(
                "the runtime has the bounds {bounds:x?} on a stack from {lo:x} to {hi:x}"
            ));
        }
    });
}
