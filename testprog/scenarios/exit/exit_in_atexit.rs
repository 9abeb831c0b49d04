//! A call of `exit` in an exit handler must run each remaining handler once, and must set the exit
//! status.
//!
//! The C standard leaves a second call of `exit` undefined, but programs call `exit` in an exit
//! handler to report an error, and glibc and musl go on with the remaining handlers. In relibc, a
//! second call of `exit` runs all handlers again from the start, without end. In Rust,
//! `std::process::exit` in a handler aborts if Rust itself has begun the exit.
//!
//! If this scenario fails, look at whether `exit` takes a handler off the list before it calls the
//! handler.

use testprog_harness::{Alternative, Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let all_run = Expectation::exits(5, "the exit handlers ran in the order cba\n");
    let expect = if cfg!(windows) {
        // On Windows, a second call of `exit` skips the remaining handlers.
        let skipped = Alternative::good("others-skipped", Expectation::exits(5, ""));
        Expectation::one_of([Alternative::good("all-run", all_run), skipped])
    } else {
        all_run
    };
    Scenario::of_module(module_path!(), run)
        .expect(expect)
        .mutant("libc-exit-restarts", Expectation::exits(5, "ran in the order cbcbcba\n"))
        .mutant("libc-first-exit-status", Expectation::exits(3, "ran in the order cba\n"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_exit_in_atexit() -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_exit_in_atexit()))
}
