//! After `longjmp`, the callee-saved registers must have the values that they had at the call of
//! `setjmp`.
//!
//! `setjmp` must save every callee-saved register of the ABI, also the floating-point registers. On
//! 64-bit RISC-V, the `setjmp` of `SerenityOS` saved no floating-point registers
//! (<https://github.com/SerenityOS/serenity/pull/23295>). Coroutine libraries that switch stacks by
//! `siglongjmp` also lose registers that `setjmp` does not save. If the scenario fails, compare the
//! registers in the C library's `setjmp` with the callee-saved registers of the processor's ABI.

use testprog_harness::{Expectation, Scenario, Target};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run);
    // On processors other than x86-64 and aarch64, the mutant changes no register.
    if ["x86_64", "aarch64"].contains(&&*Target::current().arch) {
        let changed = Expectation::exits(1, "longjmp changed the callee-saved register");
        scenario.mutant("libc-jump-registers", changed)
    } else {
        scenario
    }
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_jump_keeps_registers() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_jump_keeps_registers())
}
