//! Code on another stack still runs on the same thread, so `errno`, thread-local variables,
//! `pthread_self` and the values of pthread keys must be the same as on the thread's own stack.
//!
//! The library `LinuxThreads` computed the address of a thread's data from the stack pointer, so a
//! thread that switched stacks lost its identity. A C library for a processor without a register
//! for the thread pointer may make the same mistake. If a compiler keeps the address of `errno`
//! across a switch, code that continues on another thread reads the wrong `errno`
//! (<https://github.com/mozy/mordor/issues/18>). The scenario stays on one thread, where the
//! address must not change. If the scenario fails, look at `__errno_location` and at the code that
//! finds the thread's data.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let fails = |text| Expectation::exits(1, text);
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant("libc-errno-by-stack", fails("errno is 0 on the other stack instead of"))
        .mutant("libc-self-by-stack", fails("pthread_self on the other stack is not the thread"))
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_switch_keeps_thread(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Any, 1, || {
        csrc::done(runtime::call_c(|| half::csrc_switch_keeps_thread(observe::callback)))
    })
}
