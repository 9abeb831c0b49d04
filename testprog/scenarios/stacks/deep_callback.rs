//! A thread may call back from any depth of its own stack, and the runtime must know the true
//! bounds of the stack at each depth.
//!
//! A runtime that does not ask the system for the bounds estimates them from the stack pointer of
//! the first callback. The next callback from deeper than the estimate looks like a stack overflow
//! (<https://go.dev/issue/59294>). On Alpine Linux, Go did not ask musl for the bounds, and a
//! nested callback from 32 KiB further down the stack crashed (<https://go.dev/issue/68285>).
//!
//! The scenario calls back from near the top of the stack, from 100 KiB below, and again from near
//! the top. Each callback makes a nested callback from another 100 KiB further down. If the system
//! reports the bounds of a thread's stack, all callbacks must have the same bounds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use testprog_harness::{Expectation, Scenario, Signal};

use crate::runtime::bounds::Bounds;
use crate::runtime::{self, Machine, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let morestack = Expectation::dies([Signal::Abrt], "fatal: morestack on g0");
    Scenario::of_module(module_path!(), run)
        .mutant("loses-told", Expectation::exits(1, "the bounds changed from"))
        .mutant(Policy::GuessOnce.name(), morestack.clone())
        .mutant(Policy::GuessEveryEntry.name(), morestack)
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_deep_callback(callback: Callback) -> c_int;
        pub(super) safe fn csrc_deep_callback_again(callback: Callback);
    }
}

/// Bounds of the thread's first callback.
static FIRST: Mutex<Option<Bounds>> = Mutex::new(None);
/// Whether the running callback is a nested callback.
static IS_NESTED: AtomicBool = AtomicBool::new(false);

fn run() -> Result<(), String> {
    // Each of three callbacks makes one nested callback.
    const CALLBACKS: u32 = 3 * 2;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_deep_callback(callback)))?;
    observe::held(CALLBACKS)
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        same(machine);
        if !IS_NESTED.swap(true, Ordering::Relaxed) {
            runtime::call_c(|| half::csrc_deep_callback_again(callback));
            IS_NESTED.store(false, Ordering::Relaxed);
            same(machine);
        }
    });
}

/// Records an error if the bounds differ from those of the first callback, although the system
/// reports the bounds.
fn same(machine: &Machine) {
    let now = machine.bounds();
    let first = *FIRST.lock().expect("no thread panics while it holds the lock").get_or_insert(now);
    if now != first && csrc::stack_bound().1 != 0 {
        observe::wrong(format!("the bounds changed from {first:x?} to {now:x?}"));
    }
}
