//! A thread that exits must give its machine (the runtime's object for the thread) back, and the
//! next thread must get that machine. This scenario corresponds to `EnsureDropM` of Go's test
//! program `testprogcgo`.
//!
//! If an exiting thread did not give its machine back, every thread that ever called back would
//! leak a machine (<https://go.dev/issue/13881>).

use testprog_harness::{Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let lost = Expectation::exits(1, "drop_machine: 100 threads changed the numbers of machines");
    Scenario::new(module_path!(), run).mutant("lost-at-exit", lost)
}

fn run() -> Result<(), String> {
    const THREADS: u32 = 100;
    let one_thread = || csrc::thread(|| runtime::callback(|machine| machine.system_stack(|| ())));
    runtime::start(Policy::Exact)?;
    // The first thread makes a second machine, because one machine must stay in the pool. After the
    // first thread, the pool has enough machines for one thread at a time.
    runtime::call_c(one_thread)?;
    let before = runtime::machines();
    for _ in 0..THREADS {
        runtime::call_c(one_thread)?;
    }
    let after = runtime::machines();
    if after == before {
        Ok(())
    } else {
        Err(format!(
            "{THREADS} threads changed the numbers of machines (made, idle) from {before:?} to {after:?}"
        ))
    }
}
