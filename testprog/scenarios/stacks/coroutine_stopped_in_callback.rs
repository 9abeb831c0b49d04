//! A coroutine that has suspended itself in a callback may be dropped instead of resumed. When the
//! coroutine is dropped, the runtime must forget the callback's call of C, and the thread must
//! continue with its own bounds.
//!
//! A coroutine library that drops a suspended coroutine unwinds the coroutine's stack, so that the
//! variables on the stack are dropped. If the coroutine has stopped in a callback, the unwinding
//! also passes through the frames of the runtime that called C. A runtime that restores its state
//! only when a call of C returns keeps the bounds of the dropped stack. This scenario corresponds
//! to `CoroCgoStopCallback` of Go's test program `testprogcgo`.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::coroutine::Task;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::UNWINDING;
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let left = "the number of calls in progress is 1 after the coroutine was dropped";
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Coroutine)
        .needs(UNWINDING)
        .mutant("forgets-unwinding", Expectation::exits(1, left))
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    runtime::call_c(|| csrc::thread(on_thread))?;
    // The coroutine makes one callback, and the thread makes two callbacks.
    observe::held(3)
}

fn on_thread() {
    observe::callback();
    let mut task = Task::new(|suspend| {
        runtime::callback(|machine| {
            observe::check(machine);
            runtime::call_c(suspend);
            observe::wrong("the dropped coroutine continued".to_owned());
        });
    });
    task.resume();
    drop(task);
    runtime::callback(|machine| {
        observe::check(machine);
        let calls = machine.calls_in_progress();
        if calls != 0 {
            observe::wrong(format!(
                "the number of calls in progress is {calls} after the coroutine was dropped"
            ));
        }
    });
}
