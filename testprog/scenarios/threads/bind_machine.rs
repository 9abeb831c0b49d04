//! A thread must keep one `Machine` (the runtime's record of one thread) for all its callbacks, and
//! two threads must never share a `Machine`. This scenario corresponds to `EnsureBindM` of Go's
//! test program `testprogcgo`.
//!
//! Up to Go 1.20, Go's runtime took an M (its counterpart of a `Machine`) at each callback of a C
//! thread, and gave the M back after the callback. Taking an M at each callback was slow
//! (<https://go.dev/issue/51676>), and state that a callback left in the M could reach another
//! thread.

use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::{Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let shared =
        Expectation::exits(1, "bind_machine: callbacks on threads 1, 2 and 1 had the machines");
    Scenario::of_module(module_path!(), run).mutant("unbound-machine", shared)
}

fn run() -> Result<(), String> {
    let seen = [const { AtomicU32::new(u32::MAX) }; 3];
    let note = |turn: usize| {
        let id = runtime::callback(|machine| machine.id);
        seen[turn].store(id, Ordering::Relaxed);
    };
    runtime::start(Policy::Exact)?;
    // The second thread starts and exits while the first thread is alive and runs no callback.
    runtime::call_c(|| {
        csrc::thread(|| {
            note(0);
            csrc::thread(|| note(1)).expect("a second thread can be created");
            note(2);
        })
    })?;
    let [first, second, third] = seen.map(AtomicU32::into_inner);
    if first == third && first != second {
        Ok(())
    } else {
        Err(format!(
            "callbacks on threads 1, 2 and 1 had the machines {first}, {second} and {third}"
        ))
    }
}
