//! The system is asked for a thread's own stack once, however often and from wherever the thread calls back.
//!
//! Go asks again at every callback from another stack. With glibc that reads `/proc/self/maps` on the main thread: a
//! database driver took twice as long (<https://go.dev/issue/68587>), and without `/proc` it fails
//! (<https://go.dev/issue/71896>).

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// How often each thread calls back from each of its two stacks.
const TIMES: u32 = 500;

pub(crate) fn scenario() -> Scenario {
    let times = Expectation::exits(1, "times for the own stacks of 3 threads");
    Scenario::new(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant("asks-again", times.clone())
        .mutant("remembers-last-thread", times)
        .mutant(Policy::GuessEveryEntry.name(), observe::wrong_bounds())
}

#[expect(unsafe_code, reason = "declares its C half")]
mod half {
    use std::ffi::{c_int, c_uint};

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_own_stack_asked_once(times: c_uint, callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    const THREADS: u32 = 3;
    runtime::start(Policy::Registered)?;
    let many = || csrc::done(half::csrc_own_stack_asked_once(TIMES, observe::callback));
    runtime::call_c(many)?;
    // The second thread has the machine that the first one gave back, and a stack of its own.
    for _ in 1..THREADS {
        runtime::call_c(|| csrc::thread(|| many().unwrap_or_else(observe::wrong)))?;
    }
    observe::held(THREADS * TIMES * 2)?;
    match runtime::questions() {
        questions if questions == THREADS.into() => Ok(()),
        questions => Err(format!(
            "the system was asked {questions} times for the own stacks of {THREADS} threads"
        )),
    }
}
