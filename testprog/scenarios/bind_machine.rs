//! All callbacks on a thread find the same machine, and two threads never share one (Go: `EnsureBindM`).
//!
//! Go took and gave back a machine at every callback until 1.21, which was slow (<https://go.dev/issue/51676>); whatever
//! a callback had left with its machine was another thread's at the next one.

use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::{Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let shared = Expectation::exits(1, "bind_machine: threads 1, 2, 1 had machines");
    Scenario::new(module_path!(), run).mutant("unbound-machine", shared)
}

fn run() -> Result<(), String> {
    let seen = [const { AtomicU32::new(u32::MAX) }; 3];
    let note = |turn: usize| {
        let id = runtime::callback(|machine| machine.id);
        seen[turn].store(id, Ordering::Relaxed);
    };
    runtime::start(Policy::Exact)?;
    // The second thread lives and dies while the first one is alive and outside the runtime.
    runtime::call_c(|| {
        csrc::thread(|| {
            note(0);
            csrc::thread(|| note(1)).expect("a thread that was created once can be created again");
            note(2);
        })
    })?;
    let [first, second, third] = seen.map(AtomicU32::into_inner);
    if first == third && first != second {
        Ok(())
    } else {
        Err(format!("threads 1, 2, 1 had machines {first}, {second}, {third}"))
    }
}
