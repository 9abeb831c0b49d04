//! Detached threads must release all their resources when they exit, although no thread joins them.
//!
//! 400 detached C threads call back once each, and at most eight of the threads exist at the
//! same time. The number of `Machine`s (the runtime's records of one thread) must depend on the
//! eight threads that exist at a time, not on the 400 threads in total. mlibc leaked the control
//! block of each ended thread.
//!
//! If this scenario fails, look at the exit of a detached thread: the exit must run the destructors
//! of pthread keys. If this scenario hangs, the destructors of pthread keys did not run on a
//! detached thread.

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::THREAD_KEY;
use crate::{csrc, observe};

const THREADS: u32 = 400;
/// Largest accepted number of `Machine`s: one for each of the eight threads, one for the main
/// thread, and one that stays in the pool for signal handlers. Each of the eight threads may have
/// created another `Machine` for the pool.
const MOST_MACHINES: u32 = 2 * 8 + 2;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(THREAD_KEY)
        .mutant("lost-at-exit", Expectation::fails("eight threads at a time needed"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_detached_churn(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_detached_churn(observe::callback)))?;
    let (made, _) = runtime::machines();
    if made > MOST_MACHINES {
        return Err(format!("eight threads at a time needed {made} `Machine`s"));
    }
    observe::held(THREADS)
}
