//! A thread that exits must give its `Machine` (the runtime's record of one thread) back to the
//! pool, and the next thread must get that `Machine`. This scenario corresponds to `EnsureDropM` of
//! Go's test program `testprogcgo`.
//!
//! If exiting threads did not give their `Machine` back, every thread that ever called back would
//! leak a `Machine` (<https://go.dev/issue/13881>).

use testprog_harness::{Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let lost = Expectation::exits(1, "drop_machine: 100 threads changed the numbers of machines");
    Scenario::of_module(module_path!(), run).mutant("lost-at-exit", lost)
}

fn run() -> Result<(), String> {
    const THREADS: u32 = 100;
    let one_thread = || csrc::thread(|| runtime::callback(|machine| machine.system_stack(|| ())));
    runtime::start(Policy::Exact)?;
    // The first thread creates another `Machine`, because one `Machine` must stay in the pool.
    // After the first thread has exited, the pool has enough objects of type `Machine` for one
    // thread at a time.
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
