//! The number of `Machine`s (the runtime's records of one thread) in use must be the number of
//! threads that have called back and have not exited. This scenario corresponds to `NumGoroutine`
//! of Go's test program `testprogcgo`.
//!
//! A runtime that counts its threads wrongly waits for a thread that no longer exists, or stops the
//! world while a thread still runs (<https://github.com/JuliaLang/julia/issues/47532>). Each of
//! eight C threads creates the next thread in a callback, so all eight threads are attached at
//! the same time.

use testprog_harness::{Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Number of threads that exist at the same time.
const THREADS: u32 = 8;

pub(crate) fn scenario() -> Scenario {
    let shared = Expectation::dies([Signal::Abrt], "fatal: callback that began on another thread");
    Scenario::of_module(module_path!(), run)
        .mutant("lost-at-exit", Expectation::fails("after all threads have exited"))
        .mutant("shared-machine", shared)
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    let before = in_use();
    for _ in 0..2 {
        runtime::call_c(|| on_next_thread(before, 1))?;
        let after = in_use();
        if after != before {
            return Err(format!(
                "{after} machines are in use instead of {before} after all threads have exited"
            ));
        }
    }
    observe::held(THREADS * 2)
}

/// Calls back on a new thread, which has the number `number`, and creates the next thread in the
/// callback.
fn on_next_thread(before: u32, number: u32) -> Result<(), String> {
    csrc::thread(|| {
        runtime::callback(|machine| {
            observe::check(machine);
            expect_in_use(before + number);
            if number < THREADS {
                let next = runtime::call_c(|| on_next_thread(before, number + 1));
                if let Err(error) = next {
                    observe::wrong(error);
                }
                expect_in_use(before + number);
            }
        });
    })
}

fn expect_in_use(expected: u32) {
    let seen = in_use();
    if seen != expected {
        observe::wrong(format!("{seen} machines are in use instead of {expected}"));
    }
}

fn in_use() -> u32 {
    let (made, idle) = runtime::machines();
    made - idle
}
