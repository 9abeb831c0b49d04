//! A switch to another stack and back must keep the callee-saved registers, the rounding mode and
//! the signal mask, and the code on the other stack must start with an aligned stack pointer.
//!
//! `swapcontext` saves and restores the registers, the rounding mode and the signal mask. The
//! `swapcontext` of Mac OS X 10.7 lost two registers (<https://openradar.appspot.com/12581792>),
//! and early versions of libucontext did not save the floating-point control registers. If
//! `makecontext` misaligns the stack pointer, a vector instruction crashes the first function that
//! needs the alignment. The scenario makes the same checks with each switcher of the target, and
//! the last line on standard error that begins with `switcher:` names the last switcher.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;
use crate::switchers::{self, Memory};

pub(crate) fn scenario() -> Scenario {
    let fails = |text| Expectation::exits(1, text);
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant(
            "libc-swapcontext-registers",
            fails("a stack switch changed the callee-saved register"),
        )
        .mutant("libc-swapcontext-rounding", fails("the switch back changed the rounding mode"))
        .mutant("libc-swapcontext-mask", fails("the stack switch unblocked a signal"))
        .mutant(
            "libc-makecontext-misaligned",
            fails("the stack pointer on the other stack is misaligned"),
        )
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_switch_keeps_state() -> c_int;
    }
}

fn run() -> Result<(), String> {
    switchers::each(Memory::Any, 0, || csrc::done(half::csrc_switch_keeps_state()))
}
