//! A new thread must inherit the rounding mode of the thread that has created it, as POSIX requires
//! of `pthread_create(3)`, and no thread may change the rounding mode of another thread.
//!
//! A kernel that starts threads with a floating-point control register of 0 or of another thread
//! makes computations trap or round differently (<https://github.com/HExSA-Lab/nautilus/pull/26>,
//! <https://github.com/KallistiOS/KallistiOS/pull/1519>). Windows starts each thread with the
//! default rounding mode. If the scenario fails, look at the kernel's code that creates a thread, and
//! at the code that saves the floating-point registers at a switch between threads.

use testprog_harness::{Alternative, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let expected = Expectation::one_of(vec![
        Alternative::good("inherited", Expectation::ok()),
        Alternative::known(
            "default",
            "https://pubs.opengroup.org/onlinepubs/9799919799/functions/pthread_create.html",
            Expectation::exits(1, "a new thread starts with the default rounding mode"),
        ),
    ]);
    let scenario = Scenario::of_module(module_path!(), run).expect(expected);
    // On processors other than x86-64, the mutant does not change the rounding mode.
    if cfg!(target_arch = "x86_64") {
        let other = "a new thread does not round to the nearest number, as its creator does";
        scenario.mutant("libc-thread-rounds-up", Expectation::exits(1, other))
    } else {
        scenario
    }
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_thread_rounding_mode(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    const CALLBACKS: u32 = 4;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_thread_rounding_mode(observe::callback)))?;
    observe::held(CALLBACKS)
}
