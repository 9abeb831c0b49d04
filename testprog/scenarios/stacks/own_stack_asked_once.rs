//! The runtime must query the system only once for the bounds of a thread's own stack, regardless
//! of how often and from which stacks the thread calls back.
//!
//! Go queries the system again at every callback from a stack that is not the thread's own. On
//! glibc's main thread, each query of the stack bounds reads `/proc/self/maps`, which made a
//! database driver take twice as long (<https://go.dev/issue/68587>). Without `/proc`, the query of
//! the stack bounds fails (<https://go.dev/issue/71896>).

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

/// Number of callbacks from each of a thread's two stacks.
const TIMES: u32 = 500;

/// Property of a system: the system reports the bounds of the thread's own stack, also while the
/// thread uses another stack.
const FIXED_BOUNDS: Capability = Capability::Custom {
    name: "fixed-bounds",
    missing: |target| (target.os == "windows").then_some("Windows reports the stack in use"),
};

pub(crate) fn scenario() -> Scenario {
    let times = Expectation::exits(1, "the number of queries for the stack bounds of 3 threads is");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .needs(FIXED_BOUNDS)
        .mutant("asks-again", times.clone())
        .mutant("remembers-last-thread", times)
        .mutant(Policy::GuessEveryEntry.name(), observe::wrong_bounds())
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{c_int, c_uint};

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_own_stack_asked_once(times: c_uint, callback: Callback) -> c_int;
    }
}

/// Number of threads that call back with each switcher: the main thread and two further threads.
const THREADS: u32 = 3;

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    switchers::each(Memory::Any, THREADS * TIMES * 2, count_queries)
}

/// Runs the threads with one switcher, and checks the number of queries. The runtime queries the
/// main thread's bounds once per process, so later calls of this function add 1 for the main
/// thread's query.
fn count_queries() -> Result<(), String> {
    let before = runtime::questions();
    let many = || csrc::done(half::csrc_own_stack_asked_once(TIMES, observe::callback));
    runtime::call_c(many)?;
    // Each further thread takes the `Machine` (the runtime's record of one thread) of the thread
    // before, but has another stack.
    for _ in 1..THREADS {
        runtime::call_c(|| csrc::thread(|| many().unwrap_or_else(observe::wrong)))?;
    }
    match runtime::questions() - before + u64::from(before > 0) {
        questions if questions == u64::from(THREADS) => Ok(()),
        questions => Err(format!(
            "the number of queries for the stack bounds of {THREADS} threads is {questions}"
        )),
    }
}
