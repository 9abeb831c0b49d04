//! A coroutine that was created in a callback, and that has suspended itself in a callback of its
//! own, may continue after the outer callback has returned to C.
//!
//! A host program keeps a suspended coroutine as a handle: one call of the runtime creates the
//! coroutine, and the host resumes the coroutine later from its own loop. When the outer callback
//! returns, the inner callback's call of C is still in progress, and a runtime that counts the
//! calls as a stack loses one of them. The host may also call back from a smaller depth of its own
//! stack than before, which does not mean that a jump has left the call. This scenario corresponds
//! to `CoroCgoCallbackAfterPull` of Go's test program `testprogcgo`.

use std::hint::black_box;

use testprog_harness::{Capability, Expectation, Scenario};

use super::coroutine_in_callback::same;
use crate::coroutine::Task;
use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let lost = "0 calls are in progress in the callback between instead of 1";
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Coroutine)
        .mutant("restores-calls", Expectation::exits(1, lost))
        .mutant("keeps-outermost", Expectation::exits(1, lost))
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    runtime::call_c(|| csrc::thread(on_thread))?;
    // The callback that creates the coroutine, the callback in the coroutine, and two more.
    observe::held(4)
}

/// Creates the coroutine in a callback that runs deeper on the stack than the later callbacks.
#[inline(never)]
fn create() -> Task {
    let frame = black_box([0_u8; 4096]);
    let task = runtime::callback(|machine| {
        observe::check(machine);
        let outer = machine.bounds();
        let mut task = Task::new(|suspend| {
            runtime::callback(|machine| {
                observe::check(machine);
                let inner = machine.bounds();
                runtime::call_c(suspend);
                same(machine, inner, 0, "the inner callback");
            });
        });
        runtime::call_c(|| task.resume());
        same(machine, outer, 1, "the outer callback");
        task
    });
    black_box(frame);
    task
}

fn on_thread() {
    let mut task = create();
    runtime::callback(|machine| {
        observe::check(machine);
        same(machine, machine.bounds(), 1, "the callback between");
    });
    // C resumes the coroutine outside of any callback.
    task.resume();
    runtime::callback(|machine| {
        observe::check(machine);
        same(machine, machine.bounds(), 0, "the last callback");
    });
}
