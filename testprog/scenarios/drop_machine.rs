//! A thread's machine goes back when the thread exits, and the next thread gets it (Go: `EnsureDropM`).
//!
//! Otherwise each thread that ever called back leaves one behind: <https://go.dev/issue/13881>.

use testprog_harness::{Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let lost = Expectation::exits(1, "drop_machine: from");
    Scenario::new(module_path!(), run).mutant("lost-at-exit", lost)
}

fn run() -> Result<(), String> {
    const THREADS: u32 = 100;
    let one_thread = || csrc::thread(|| runtime::callback(|machine| machine.system_stack(|| ())));
    runtime::start(Policy::Exact)?;
    // The first thread takes the one machine there is and makes another, so that from then on there are always enough.
    runtime::call_c(one_thread)?;
    let before = runtime::machines();
    for _ in 0..THREADS {
        runtime::call_c(one_thread)?;
    }
    let after = runtime::machines();
    if after == before {
        Ok(())
    } else {
        Err(format!("from (made, idle) {before:?} to {after:?} in {THREADS} threads"))
    }
}
