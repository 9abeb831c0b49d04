//! C code that runs on the main thread may switch stacks and call back into the runtime.
//!
//! Go 1.27 still refuses a callback from another stack on the main thread and exits with status 2,
//! because the main thread's M is not one of Go's extra Ms for C threads. The main thread differs
//! from other threads only in that the runtime knows the main thread's stack bounds from the start
//! of the process.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let refused = || Expectation::exits(2, "runtime: cgocallback with sp=0x");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant(Policy::OutOfBounds.name(), refused())
        .mutant(Policy::AlwaysRefuse.name(), refused())
        .mutant(Policy::GuessEveryEntry.name(), observe::wrong_bounds())
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_main_thread_stack_switch(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // The main thread calls back from its own stack, from each of two other stacks, and from its
    // own stack again.
    const CALLBACKS: u32 = 4;
    runtime::start(Policy::Exact)?;
    switchers::each(Memory::Any, CALLBACKS, || {
        csrc::done(runtime::call_c(|| half::csrc_main_thread_stack_switch(observe::callback)))
    })
}
