//! Another thread may retire (unregister) a stack while a callback looks up the stack's bounds. The
//! next callback from the stack must not get the retired bounds from the cache.
//!
//! The runtime marks each cached result with the generation (a number that each change of the
//! registered stacks increases). The generation must be read before the lookup. With a generation
//! that is read after the lookup, a result from before the change counts as valid, and stays in the
//! cache until the next change. Every runtime that fills a cache of stack bounds without a lock can
//! return outdated bounds.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use testprog_harness::{Capability, Expectation, Scenario};

use super::registered_stack::has;
use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Size of the registered stack in bytes, large enough for a callback in a debug build.
const SIZE: usize = 128 << 10;

pub(crate) fn scenario() -> Scenario {
    let stale = "the second callback has the bounds of the retired stack";
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant("late-generation", Expectation::exits(1, stale))
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::{c_int, c_void};

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_retired_during_lookup(
            size: usize,
            callback: Callback,
            arm: extern "C" fn(lo: *mut c_void),
        ) -> c_int;
    }
}

/// Lowest address of the stack that the next lookup retires, or 0.
static RETIRES: AtomicUsize = AtomicUsize::new(0);
/// Number of callbacks since the start of the C code.
static CALLBACK: AtomicU32 = AtomicU32::new(0);

fn run() -> Result<(), String> {
    // The thread calls back once from its own stack and twice from the other stack.
    const CALLBACKS: u32 = 1 + 2;
    runtime::start(Policy::Registered)?;
    runtime::after_lookup(retire);
    csrc::done(runtime::call_c(|| half::csrc_retired_during_lookup(SIZE, callback, arm)))?;
    observe::held(CALLBACKS)
}

extern "C" fn arm(lo: *mut c_void) {
    RETIRES.store(lo.addr(), Ordering::Relaxed);
}

/// Retires the stack on another thread, at the first lookup after the C code has called `arm`. The
/// runtime calls this function after a lookup.
fn retire() {
    let lo = RETIRES.swap(0, Ordering::Relaxed);
    if lo != 0 {
        let retire =
            || runtime::retire_stack(lo).unwrap_or_else(|error| observe::wrong(error.to_string()));
        csrc::thread(retire).unwrap_or_else(observe::wrong);
    }
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let is_registered = has(machine, SIZE);
        let is_armed = RETIRES.load(Ordering::Relaxed) != 0;
        match CALLBACK.fetch_add(1, Ordering::Relaxed) {
            1 if is_armed => {
                observe::wrong("the first callback from the stack made no lookup".to_owned());
            }
            1 if !is_registered => {
                observe::wrong(format!(
                    "the first callback from the stack has other bounds: {:?}",
                    machine.bounds()
                ));
            }
            2 if is_registered => {
                observe::wrong(format!(
                    "the second callback has the bounds of the retired stack: {:?}",
                    machine.bounds()
                ));
            }
            _ => {}
        }
    });
}
