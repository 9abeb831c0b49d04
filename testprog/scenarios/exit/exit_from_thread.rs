//! A call of `exit` in a callback on a C thread must end the whole process with the given
//! status, although the main thread still waits for that thread.
//!
//! The exit handlers must run once. The thread-local variables of the main thread must not be
//! dropped, because the main thread has not ended and may still use the variables. On Linux, relibc
//! ended `exit` with the system call for the exit of one thread, so the process stayed alive.
//!
//! If this scenario fails, look at the system call at the end of `exit` (`exit_group` on Linux). If
//! the process aborts, look at whether `exit` drops the variables of a thread other than its
//! caller.

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .expect(Expectation::exits(7, "the exit handler ran 1 times"))
        .mutant("libc-exit-status-lost", Expectation::exits(0, "the exit handler ran 1 times"))
        .mutant("libc-no-atexit", Expectation::exits(7, ""))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_exit_from_thread(callback: Callback) -> c_int;
        pub(super) safe fn csrc_exit_from_callback();
    }
}

/// Value of the main thread, which must not be dropped.
struct OfMainThread;

impl Drop for OfMainThread {
    fn drop(&mut self) {
        eprintln!("the value of the main thread was dropped");
        std::process::abort();
    }
}

thread_local! {
    static OF_MAIN_THREAD: OfMainThread = const { OfMainThread };
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    OF_MAIN_THREAD.with(|_| ());
    csrc::done(runtime::call_c(|| half::csrc_exit_from_thread(callback)))
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        runtime::call_c(|| half::csrc_exit_from_callback());
    });
}
