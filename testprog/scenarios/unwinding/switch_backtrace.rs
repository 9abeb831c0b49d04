//! A backtrace must end on every stack: on a thread's own stack, on a stack of makecontext(3), and
//! on a stack to which assembly code has switched.
//!
//! The first frame of each stack has no caller. If the unwind table of the first frame does not
//! mark the end of the stack, the unwinder reads whatever lies above the stack, repeats a frame for
//! ever, or crashes (<https://github.com/scylladb/seastar/issues/3538>: glibc's swapcontext on
//! aarch64). A port of a C library should mark the return address of the first frame as undefined,
//! both for new threads and in makecontext.

use testprog_harness::{Capability, Expectation, Scenario, Target, capability};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("libc-backtrace-never-ends", Expectation::exits(1, "a backtrace does not end"))
        .mutant("libc-backtrace-one-frame", Expectation::exits(1, "a backtrace ends after"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_switch_backtrace(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_switch_backtrace(observe::callback)))?;
    // C code calls back once on the thread's own stack and once with each of two switchers.
    let switchers = [Capability::Ucontext, Capability::Assembly];
    let missing = |it: &Capability| capability::missing(*it, &Target::current()).is_some();
    let present = switchers.iter().filter(|it| !missing(it)).map(|_| 1).sum::<u32>();
    observe::held(1 + present)
}
