//! If a coroutine suspends itself in a callback and another thread resumes the coroutine, the
//! runtime must refuse to continue the callback on the other thread.
//!
//! The callback holds a reference to the first thread's `Machine` (the runtime's record of one
//! thread). If the callback continued on the second thread, the callback would write the bounds of
//! the second thread's stack into the first thread's `Machine`, which the first thread still uses.

use std::sync::Mutex;

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::coroutine::Task;
use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let unnoticed = "coroutine_changes_thread: the callback continued on another thread";
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Coroutine)
        .expect(Expectation::dies([Signal::Abrt], "fatal: callback that began on another thread"))
        .mutant("changes-thread", Expectation::exits(1, unnoticed))
}

fn run() -> Result<(), String> {
    resume_elsewhere(false)
}

/// Suspends a coroutine in a callback of one thread, and resumes the coroutine on another thread.
/// If `is_ended` is true, the first thread ends before the other thread resumes the coroutine.
pub(super) fn resume_elsewhere(is_ended: bool) -> Result<(), String> {
    static TASK: Mutex<Option<Task>> = Mutex::new(None);
    runtime::start(Policy::Registered)?;
    let resume = || {
        // The second thread has a `Machine` of its own when it resumes the coroutine.
        observe::callback();
        let task = TASK.lock().expect("no thread panics while it holds the lock").take();
        if let Some(mut task) = task {
            task.resume();
        }
    };
    let suspend = || {
        let mut task = Task::new(|suspend| {
            runtime::callback(|machine| {
                observe::check(machine);
                runtime::call_c(suspend);
            });
        });
        task.resume();
        *TASK.lock().expect("no thread panics while it holds the lock") = Some(task);
        if !is_ended {
            csrc::thread(resume).unwrap_or_else(observe::wrong);
        }
    };
    runtime::call_c(|| csrc::thread(suspend))?;
    if is_ended {
        runtime::call_c(|| csrc::thread(resume))?;
    }
    Err("the callback continued on another thread".to_owned())
}
