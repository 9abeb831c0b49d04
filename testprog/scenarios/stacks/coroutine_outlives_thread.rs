//! A coroutine that has suspended itself in a callback may outlive the thread of the callback. The
//! runtime must refuse to continue the callback on another thread, even if the other thread has
//! taken the `Machine` (the runtime's record of one thread) of the ended thread.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use super::coroutine_changes_thread::resume_elsewhere;

pub(crate) fn scenario() -> Scenario {
    let unnoticed = "coroutine_outlives_thread: the callback continued on another thread";
    Scenario::of_module(module_path!(), || resume_elsewhere(true))
        .needs(Capability::Coroutine)
        .expect(Expectation::dies([Signal::Abrt], "fatal: callback that began on another thread"))
        .mutant("changes-thread", Expectation::exits(1, unnoticed))
        .mutant("keeps-turn", Expectation::exits(1, unnoticed))
}
