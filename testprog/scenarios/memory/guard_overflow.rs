//! If a thread's stack overflows, the runtime must print a message and abort the process, before
//! the overflow causes a memory fault.
//!
//! Other scenarios check that the runtime's stack check reports no overflow that has not happened.
//! This scenario checks that the runtime's stack check does report a real overflow.

use std::hint::black_box;

use testprog_harness::{Alternative, Expectation, Scenario, Signal, Target};

use crate::csrc;
use crate::runtime::{self, Machine, Policy};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .expect(Expectation::dies([Signal::Abrt], "fatal: morestack on g0"))
        .mutant("unguarded", faults(&Target::current()))
}

/// Returns the expectation for a process whose stack overflows if the runtime does not check for
/// stack overflow.
///
/// Windows reserves a few KiB of stack for the handler of a stack overflow. The handler in this
/// process belongs to the Rust standard library and prints a message. If the reserved stack
/// overflows too, Windows kills the process, but Wine kills only the thread.
fn faults(target: &Target) -> Expectation {
    const WINE: &str =
        "https://gitlab.winehq.org/wine/wine/-/blob/wine-8.0/dlls/ntdll/unix/virtual.c";
    let dies = Expectation::dies([Signal::Segv, Signal::Bus], "");
    if target.os != "windows" {
        return dies;
    }
    let thread_gone =
        Expectation::exits(1, "guard_overflow: failed to run the C code of the scenario");
    Expectation::one_of(vec![
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
    // Each call of `recurse` must use some stack, but less than the size of the guard, so that no
    // call skips over the guard.
    let frame = black_box([depth; 8]);
    machine.system_stack(|| recurse(machine, depth + 1));
    black_box(frame);
}
