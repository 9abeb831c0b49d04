//! The runtime must report an overflow of a registered stack that lies within the main thread's own
//! stack.
//!
//! The main thread's own stack can grow, so a stack pointer below the recorded bounds is not always
//! an overflow. A runtime that asks the system for the limit of the main thread's stack must not
//! take the overflow of an inner stack for growth: the overflow would overwrite local variables of
//! the functions that the main thread has called.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use super::registered_stack_overflow::{SIZE, overflow};
use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let unnoticed = Expectation::exits(1, "the runtime did not report the stack overflow");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .expect(Expectation::dies([Signal::Abrt], "fatal: morestack on g0"))
        .mutant("grows-any-stack", unnoticed)
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_inner_stack_overflow(
            size: usize,
            overflow: extern "C" fn(lo: usize),
        ) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_inner_stack_overflow(SIZE, overflow)))?;
    Err("the runtime did not report the stack overflow".to_owned())
}
