//! A thread's first callback may come from another stack, and the next callbacks from the thread's
//! own stack.
//!
//! A runtime that asks for the stack bounds once, at a thread's first callback, keeps the bounds of
//! a stack that the thread has left, as Go 1.21 did. Every later callback from the thread's own
//! stack is outside the bounds of the stack that the thread has left. The crate stacker queries a
//! thread's stack limit once and keeps the limit until the thread exits.

use testprog_harness::{Capability, Scenario};

use crate::runtime::{self, Policy};
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant(Policy::GuessOnce.name(), observe::wrong_bounds())
        .mutant(Policy::Frozen.name(), observe::wrong_bounds())
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_switch_then_return(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // A thread calls back once from another stack, and three times from its own stack.
    const CALLBACKS: u32 = 1 + 3;
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Any, CALLBACKS, || {
        csrc::done(runtime::call_c(|| half::csrc_switch_then_return(observe::callback)))
    })
}
