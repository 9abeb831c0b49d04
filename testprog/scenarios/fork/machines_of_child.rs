//! A child of fork(2) must give a separate `Machine` (the runtime's record of one thread) to each
//! of its threads, with the bounds of the thread's own stack.
//!
//! A runtime that identifies threads by the system's IDs must read the ID again in the child,
//! because the child's thread has another ID than the parent's thread. With the old ID, the runtime
//! would take the child's thread for an ended thread, and would give the thread's `Machine` to
//! another thread. The child also reuses the `Machine` of the parent's main thread, whose stack can
//! grow. The thread of the child that takes this `Machine` has a stack of fixed size. `CPython` kept
//! the parent's ID in two places (<https://github.com/python/cpython/issues/100649>,
//! <https://github.com/python/cpython/issues/132542>).
//!
//! The scenario forks on a C thread, in a callback. In the child, so many threads call back at
//! the same time that the runtime searches for the `Machine`s of ended threads.

use std::sync::Mutex;

use testprog_harness::{Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Machine, Policy};
use crate::scenarios::needs::FORK;

/// Number of threads of the child that call back at the same time. The runtime searches for the
/// `Machine`s of ended threads when 8 `Machine`s are in use.
const THREADS: usize = 20;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run)
        .needs(FORK)
        .mutant("keeps-growing", Expectation::exits(1, "a child of fork ended with status 4"));
    if cfg!(target_os = "linux") {
        let shared = Expectation::exits(1, "a child of fork ended with status 3");
        scenario.mutant("keeps-parent-id", shared)
    } else {
        // The runtime can search for `Machine`s of ended threads only on Linux.
        scenario
    }
}

/// Exit status of a child in which two threads had the same `Machine`.
const SHARED: i32 = 3;
/// Exit status of a child in which a thread had wrong stack bounds.
const WRONG_BOUNDS: i32 = 4;
/// Exit status of a child that could not create a thread.
const NO_THREAD: i32 = 5;

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_machines_of_child(callback: Callback) -> c_int;
        pub(super) safe fn csrc_machines_of_child_fork(body: Callback) -> c_int;
        pub(super) safe fn csrc_machines_of_child_thread(callback: Callback) -> c_int;
    }
}

/// IDs of the `Machine`s of the child's threads.
static IDS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_machines_of_child(callback)))?;
    Ok(())
}

/// Forks in a callback of the parent's thread.
extern "C" fn callback() {
    runtime::callback(|machine| {
        let id = machine.id;
        runtime::call_c(|| {
            IDS.lock().expect("no thread panics while it holds the lock").push(id);
            half::csrc_machines_of_child_fork(in_child)
        });
    });
}

/// Starts the child's first thread. Returns if all threads had correct state.
extern "C" fn in_child() {
    next_thread();
}

/// Calls back on a thread of the child, and starts the next thread in the callback.
extern "C" fn on_thread() {
    runtime::callback(|machine| {
        check(machine);
        runtime::call_c(next_thread);
    });
}

fn next_thread() {
    let count = IDS.lock().expect("no thread panics while it holds the lock").len();
    if count <= THREADS && half::csrc_machines_of_child_thread(on_thread) != 0 {
        std::process::exit(NO_THREAD);
    }
}

/// Exits with a status that names the fault, if another thread has the same `Machine` or if the
/// bounds are not those of the thread's own stack.
fn check(machine: &Machine) {
    let mut ids = IDS.lock().expect("no thread panics while it holds the lock");
    if ids.contains(&machine.id) {
        std::process::exit(SHARED);
    }
    ids.push(machine.id);
    let (bounds, (lo, hi)) = (machine.bounds(), csrc::stack_bound());
    if hi != 0 && (bounds.lo, bounds.hi) != (lo, hi) {
        std::process::exit(WRONG_BOUNDS);
    }
}
