//! The bounds of a thread's own stack must be exactly those of the memory that the thread was
//! created with (`pthread_attr_setstack`).
//!
//! A runtime that gets no bounds from the system still passes most scenarios, because it estimates
//! the bounds. The scenario therefore compares the memory that the test has given to the thread
//! with the bounds that the system reports, and with the bounds that the runtime records. The C
//! library mlibc reports the address of the guard page with a size that excludes the guard page, so
//! the highest page of the stack lies outside the reported bounds. The scenario runs two threads at
//! the same time, so it also fails if both threads share one record of the bounds.
//!
//! If the scenario fails, look at `pthread_getattr_np` of the C library, and at the file in
//! `csrc/stack_bound/` that the target uses.

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::GIVEN_STACK;
use crate::scenarios::needs::THREAD_BOUNDS;
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let others = || Expectation::exits(1, "the runtime recorded the bounds");
    let scenario = Scenario::of_module(module_path!(), run)
        .needs(GIVEN_STACK)
        .needs(THREAD_BOUNDS)
        .mutant("loses-told", others())
        .mutant("shifts-told", others())
        .mutant("counts-guard", others())
        .mutant(Policy::GuessEveryEntry.name(), others());
    if cfg!(target_os = "linux") {
        let wrong = || Expectation::exits(1, "the system reports a stack from");
        scenario.mutant("libc-stack-shifted", wrong()).mutant("libc-getattr-fails", wrong())
    } else {
        scenario
    }
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_own_stack_bounds(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // Each of two threads calls back twice.
    const CALLBACKS: u32 = 2 * 2;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_own_stack_bounds(callback)))?;
    observe::held(CALLBACKS)
}

/// Compares the bounds that the runtime has recorded with the bounds that the system reports, which
/// the C code has compared with the thread's memory.
pub(super) extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let (bounds, (lo, hi)) = (machine.bounds(), csrc::stack_bound());
        if (bounds.lo, bounds.hi) != (lo, hi) {
            observe::wrong(format!(
                "the runtime recorded the bounds [{:#x}, {:#x}], but the stack is [{lo:#x}, {hi:#x}]",
                bounds.lo, bounds.hi
            ));
        }
    });
}
