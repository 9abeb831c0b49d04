//! A thread that takes the `Machine` (the runtime's record of one thread) of an ended thread must
//! start with fresh state, whatever the ended thread has left behind.
//!
//! The ended thread of this scenario has left a call of C by a jump (longjmp(3)), so its `Machine`
//! still counts the call as in progress when the thread ends. If the next thread's callback counted
//! as nested in the old call, the runtime would treat stack frames of the ended thread as in use.
//! Go 1.22 refused nested callbacks from another stack and ended the process
//! (<https://go.dev/issue/68285>).

use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let nested = "1 calls of the ended thread count as in progress on the next thread";
    Scenario::of_module(module_path!(), run).mutant("keeps-depth", Expectation::exits(1, nested))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_reused_machine(first: Callback, next: Callback) -> c_int;
        pub(super) safe fn csrc_reused_machine_jump();
    }
}

/// ID of the ended thread's `Machine`.
static ENDED: AtomicU32 = AtomicU32::new(u32::MAX);

fn run() -> Result<(), String> {
    // Each of the two threads calls back once.
    const CALLBACKS: u32 = 2;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_reused_machine(first, next)))?;
    observe::held(CALLBACKS)
}

extern "C" fn first() {
    runtime::callback(|machine| {
        observe::check(machine);
        ENDED.store(machine.id, Ordering::Relaxed);
        runtime::call_c(|| half::csrc_reused_machine_jump());
    });
}

extern "C" fn next() {
    runtime::callback(|machine| {
        observe::check(machine);
        let calls = machine.calls_in_progress();
        if machine.id != ENDED.load(Ordering::Relaxed) {
            observe::wrong("the next thread has another machine than the ended thread".to_owned());
        }
        if calls != 0 {
            observe::wrong(format!(
                "{calls} calls of the ended thread count as in progress on the next thread"
            ));
        }
    });
}
