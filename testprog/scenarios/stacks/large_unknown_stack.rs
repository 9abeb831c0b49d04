//! A callback on an unregistered stack may use more bytes of the stack than the runtime estimates.
//!
//! The runtime does not know the size of a stack that no library has registered. Go assumes 32 KiB
//! below the first stack pointer and kills a program that uses more, even if the stack has 4 MiB.
//! The runtime cannot conclude from an estimate that a stack has overflowed. Only a guard page
//! below the stack can stop an overflow.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

/// Size of the unregistered stack in bytes.
const SIZE: usize = 4 << 20;
/// Number of bytes of the stack that the callback uses.
const USED: usize = 3 << 20;

pub(crate) fn scenario() -> Scenario {
    let morestack = || Expectation::dies([Signal::Abrt], "fatal: morestack on g0");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant("believes-estimates", morestack())
        .mutant(Policy::GuessEveryEntry.name(), morestack())
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_large_unknown_stack(size: usize, callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Any, 1, || {
        csrc::done(runtime::call_c(|| half::csrc_large_unknown_stack(SIZE, callback)))
    })
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        observe::deep(machine, USED);
    });
}
