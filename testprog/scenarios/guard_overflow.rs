//! Running out of the system stack for real ends with the runtime's own message, not with a wrong access.
//!
//! The check that a stale bound sets off falsely must still be there when it is right.

use std::hint::black_box;

use harness::{Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Machine, Policy};

pub(crate) fn scenario() -> Scenario {
    Scenario::new(module_path!(), run)
        .expect(Expectation::dies([Signal::Abrt], "fatal: morestack on g0"))
        .mutant("unguarded", Expectation::dies([Signal::Segv, Signal::Bus], ""))
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    runtime::call_c(|| csrc::thread(|| runtime::callback(|machine| recurse(machine, 0))))
}

#[inline(never)]
fn recurse(machine: &Machine, depth: u64) {
    // A frame of its own, smaller than the guard so that none steps over it.
    let frame = black_box([depth; 8]);
    machine.system_stack(|| recurse(machine, depth + 1));
    black_box(frame);
}
