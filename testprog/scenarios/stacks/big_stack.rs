//! A thread may have a large stack, and may call back after a C frame has used most of the stack.
//!
//! A runtime that assumes a usual size for the stacks of C threads treats the deep callback as an
//! overflow, or records a lower end that is far from the true one. On Windows, Go misjudged the
//! bounds of a C thread's large stack (<https://go.dev/issue/20975>). This scenario corresponds to
//! `BigStack` of Go's test program `testprogcgo`.
//!
//! The stack of the scenario's thread has 64 MiB, of which a C frame uses 60 MiB. The runtime must
//! record the bounds that the system reports, both near the top and near the lower end of the
//! stack.

use testprog_harness::{Expectation, Scenario, Signal};

use super::own_stack_bounds::callback;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::THREAD_BOUNDS;
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let morestack = Expectation::dies([Signal::Abrt], "fatal: morestack on g0");
    Scenario::of_module(module_path!(), run)
        .needs(THREAD_BOUNDS)
        .mutant("loses-told", Expectation::exits(1, "the runtime recorded the bounds"))
        .mutant(Policy::GuessOnce.name(), morestack)
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_big_stack(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    const CALLBACKS: u32 = 3;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_big_stack(callback)))?;
    observe::held(CALLBACKS)
}
