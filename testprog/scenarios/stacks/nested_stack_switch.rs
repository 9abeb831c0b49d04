//! A callback may call C code that switches stacks and calls back into the runtime again. After
//! each inner callback has returned, the runtime must have restored the outer callback's stack
//! bounds.
//!
//! Go 1.22.0 refused a nested callback from another stack and killed the program, because Go could
//! not restore the outer callback's stack bounds (<https://go.dev/issue/68285>,
//! <https://go.dev/issue/69926>). Go still has no test of a stack switch inside a callback.

use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

/// Number of callbacks that are nested in each other.
const LEVELS: u32 = 4;

static LEVEL: AtomicU32 = AtomicU32::new(0);

pub(crate) fn scenario() -> Scenario {
    let refused = || Expectation::exits(2, "runtime: cgocallback with sp=0x");
    let outside = "the stack pointer is not within the recorded bounds";
    Scenario::of_module(module_path!(), || run(Policy::Exact))
        .needs(Capability::StackSwitch)
        .mutant(Policy::OutOfBounds.name(), refused())
        .mutant(Policy::AlwaysRefuse.name(), refused())
        .mutant(Policy::NeverRestore.name(), Expectation::exits(1, outside))
        .mutant("restores-outermost", Expectation::exits(1, outside))
        .mutant(Policy::GuessEveryEntry.name(), observe::wrong_bounds())
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_nested_stack_switch(callback: Callback) -> c_int;
        pub(super) safe fn csrc_nested_stack_switch_again(callback: Callback) -> c_int;
    }
}

/// Runs the scenario with `policy`, the rule by which the runtime finds stack bounds. The scenario
/// [`nested_switch_refused`](super::nested_switch_refused) calls this function with another policy.
pub(super) fn run(policy: Policy) -> Result<(), String> {
    runtime::start(policy)?;
    switchers::each(Memory::Any, LEVELS, || {
        LEVEL.store(0, Ordering::Relaxed);
        csrc::done(runtime::call_c(|| half::csrc_nested_stack_switch(callback)))
    })
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let before = machine.bounds();
        if LEVEL.fetch_add(1, Ordering::Relaxed) + 1 < LEVELS {
            if let Err(error) =
                csrc::done(runtime::call_c(|| half::csrc_nested_stack_switch_again(callback)))
            {
                observe::wrong(error);
            }
        }
        observe::inside(machine);
        if machine.bounds() != before {
            observe::wrong(format!(
                "a nested callback changed the bounds from {:?} to {:?}",
                before,
                machine.bounds()
            ));
        }
    });
}
