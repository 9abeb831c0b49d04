//! A callback may run a coroutine that calls back itself and suspends itself in the inner callback.
//! The outer callback must get its own bounds back, and the inner callback the bounds of the
//! coroutine's stack, each time that the thread switches between the two.
//!
//! A generator in a host program runs this way: C calls the runtime, the runtime resumes the
//! generator, and the generator's body calls a function of the runtime that yields. This scenario
//! corresponds to `CoroCgoIterCallbackYield` and `CoroCgoCallbackIterCallbackYield` of Go's test
//! program `testprogcgo`. If the scenario fails, look at the code that saves and restores the bounds
//! around a call of C.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::coroutine::Task;
use crate::runtime::{self, Bounds, Machine, Policy};
use crate::{csrc, observe};

/// Number of times that the coroutine suspends itself.
const YIELDS: u32 = 3;

pub(crate) fn scenario() -> Scenario {
    let outside = Expectation::exits(1, "the stack pointer is not within the recorded bounds");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Coroutine)
        .mutant(Policy::NeverRestore.name(), outside)
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    runtime::call_c(|| csrc::thread(on_thread))?;
    // The outer callback, one callback in the coroutine, and one callback at the end.
    observe::held(3)
}

/// Records an error if the bounds are not `before`, or if another number of calls of C than `calls`
/// is in progress.
pub(super) fn same(machine: &Machine, before: Bounds, calls: u32, which: &str) {
    observe::inside(machine);
    if machine.bounds() != before {
        observe::wrong(format!(
            "the bounds of {which} changed from {before:?} to {:?}",
            machine.bounds()
        ));
    }
    if machine.calls_in_progress() != calls {
        observe::wrong(format!(
            "{} calls are in progress in {which} instead of {calls}",
            machine.calls_in_progress()
        ));
    }
}

fn on_thread() {
    runtime::callback(|machine| {
        observe::check(machine);
        let outer = machine.bounds();
        let mut task = Task::new(|suspend| {
            runtime::callback(|machine| {
                observe::check(machine);
                let inner = machine.bounds();
                for _ in 0..YIELDS {
                    runtime::call_c(suspend);
                    same(machine, inner, 1, "the inner callback");
                }
            });
        });
        for _ in 0..=YIELDS {
            runtime::call_c(|| task.resume());
        }
        same(machine, outer, 0, "the outer callback");
    });
    runtime::callback(|machine| {
        observe::check(machine);
        same(machine, machine.bounds(), 0, "the last callback");
    });
}
