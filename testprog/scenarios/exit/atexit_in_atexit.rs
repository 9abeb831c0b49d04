//! An exit handler may register another exit handler, and the new handler must run next. A program
//! may register more than 32 exit handlers.
//!
//! Handlers run in the reverse order of their registration. Language runtimes register handlers
//! when a program first uses a feature, which can happen while the process exits. relibc keeps 32
//! handlers in an array and never runs a handler that another handler registers. mlibc goes through
//! its list with an index that the new handler makes invalid.
//!
//! If this scenario fails, look at the loop in `exit`: the loop must take the last handler off the
//! list before it calls the handler, and must look at the list again afterwards.

use testprog_harness::{Alternative, Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let order = |order: &str, others: u32| {
        Expectation::exits(0, &format!("ran in the order {order}, and {others} others"))
    };
    let expect = if cfg!(windows) {
        // The C standard leaves open whether `atexit` succeeds in an exit handler. In Wine,
        // `atexit` succeeds, but the C runtime loses the new handler.
        Expectation::one_of([
            Alternative::good("all-run", order("boia", 40)),
            Alternative::good("late-handler-lost", order("boa", 40)),
        ])
    } else {
        order("boia", 40)
    };
    Scenario::of_module(module_path!(), run)
        .expect(expect)
        .mutant("libc-no-late-atexit", order("boa", 40))
        .mutant("libc-atexit-fifo", order("", 0))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_atexit_in_atexit() -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_atexit_in_atexit()))
}
