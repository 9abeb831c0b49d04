//! Two coroutines of one thread may each suspend themselves in a callback, and the callback that
//! began first may end first.
//!
//! A runtime that expects the last callback to end first restores the state of the wrong callback.
//! The library greenlet restored the state of a wrong coroutine
//! (<https://github.com/python-greenlet/greenlet/issues/513>).

use testprog_harness::{Capability, Expectation, Scenario};

use crate::coroutine::Task;
use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let left =
        Expectation::exits(1, "the number of calls in progress is 1 after the last callback");
    let outside = Expectation::exits(1, "the stack pointer is not within the recorded bounds");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Coroutine)
        .mutant("restores-calls", left)
        .mutant(Policy::NeverRestore.name(), outside)
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    runtime::call_c(|| csrc::thread(on_thread))?;
    observe::held(3)
}

fn on_thread() {
    let mut tasks = [(); 2].map(|()| {
        Task::new(|suspend| {
            runtime::callback(|machine| {
                observe::check(machine);
                let before = machine.bounds();
                runtime::call_c(suspend);
                observe::inside(machine);
                if machine.bounds() != before {
                    observe::wrong(format!(
                        "the other coroutine changed the bounds from {before:?} to {:?}",
                        machine.bounds()
                    ));
                }
            });
        })
    });
    // Both coroutines suspend themselves, and then the callback of the first coroutine ends first.
    for _ in 0..2 {
        tasks.iter_mut().for_each(Task::resume);
    }
    runtime::callback(|machine| {
        observe::check(machine);
        let calls = machine.calls_in_progress();
        if calls != 0 {
            observe::wrong(format!(
                "the number of calls in progress is {calls} after the last callback"
            ));
        }
    });
}
