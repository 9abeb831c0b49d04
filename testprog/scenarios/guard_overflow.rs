//! Running out of the system stack for real ends with the runtime's own message, not with a wrong access.
//!
//! The check that a stale bound sets off falsely must still be there when it is right.

use std::hint::black_box;

use testprog_harness::{Alternative, Expectation, Scenario, Signal, Target};

use crate::csrc;
use crate::runtime::{self, Machine, Policy};

pub(crate) fn scenario() -> Scenario {
    Scenario::new(module_path!(), run)
        .expect(Expectation::dies([Signal::Abrt], "fatal: morestack on g0"))
        .mutant("unguarded", faults(&Target::current()))
}

/// How a process ends that runs over its stack.
///
/// Windows leaves a few KiB for whoever handles that, here the standard library, which prints a message. When those are
/// used up too, Windows ends the process, but Wine the thread alone.
fn faults(target: &Target) -> Expectation {
    const WINE: &str =
        "https://gitlab.winehq.org/wine/wine/-/blob/wine-8.0/dlls/ntdll/unix/virtual.c";
    let dies = Expectation::dies([Signal::Segv, Signal::Bus], "");
    if target.os != "windows" {
        return dies;
    }
    let thread_gone = Expectation::exits(1, "guard_overflow: the C half failed");
    Expectation::OneOf(vec![
        Alternative::good("process-ends", dies),
        Alternative::known("thread-ends", WINE, thread_gone),
    ])
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
