//! After a nested callback has returned to C, a signal handler must still find the outer callback:
//! the thread has its `Machine` (the runtime's record of one thread), and one call of C is in
//! progress.
//!
//! When a nested callback returned, Go's runtime marked the thread as running only C, although the
//! outer callback was still in progress. A profiler's signal handler then counted the time of the
//! outer callback as time outside of Go (<https://go.dev/issue/72870>).
//!
//! The scenario raises SIGPROF before, between and after two nested callbacks, and after the outer
//! callback.

use testprog_harness::{Capability, Expectation, Scenario};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), system::run)
        .needs(Capability::Signals)
        .mutant("forgets-outer", Expectation::exits(1, "the handler saw"))
}

#[cfg(unix)]
mod system {
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, Ordering};

    use crate::runtime::{self, Machine, Policy};
    use crate::{csrc, observe};

    /// `Machine` of the outer callback.
    static OUTER: AtomicPtr<Machine> = AtomicPtr::new(ptr::null_mut());

    #[expect(unsafe_code, reason = "declares the C functions of the scenario")]
    mod half {
        use std::ffi::c_int;

        use crate::csrc::Callback;

        unsafe extern "C" {
            pub(super) safe fn csrc_nested_return_signaled(
                outer: Callback,
                nested: Callback,
                in_handler: Callback,
            ) -> c_int;
            pub(super) safe fn csrc_nested_return();
        }
    }

    pub(super) fn run() -> Result<(), String> {
        runtime::start(Policy::Exact)?;
        let calls = || half::csrc_nested_return_signaled(outer, observe::callback, in_handler);
        csrc::done(runtime::call_c(calls))?;
        // Each of two outer callbacks makes two nested callbacks and is interrupted three times.
        // One more signal arrives between the two outer callbacks.
        observe::held(2 * (1 + 2 + 3) + 1)
    }

    extern "C" fn outer() {
        runtime::callback(|machine| {
            observe::check(machine);
            OUTER.store(ptr::from_ref(machine).cast_mut(), Ordering::Relaxed);
            runtime::call_c(|| half::csrc_nested_return());
        });
    }

    extern "C" fn in_handler() {
        runtime::signal_callback(|machine| {
            observe::check(machine);
            let outer = OUTER.load(Ordering::Relaxed);
            if !ptr::eq(outer, machine) {
                // A handler that finds no `Machine` of its thread borrows a `Machine` from the
                // pool.
                observe::wrong(
                    "the handler saw another `Machine` than the outer callback".to_owned(),
                );
            }
        });
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no signals".to_owned())
    }
}
