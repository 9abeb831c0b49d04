//! Tests that a real-time thread can make its first callback while another thread holds a lock of
//! the runtime.
//!
//! A thread with the policy `SCHED_FIFO` that waits for a lock by yielding its processor keeps
//! every thread of normal priority from that processor. If the lock's holder has normal priority,
//! both threads make no progress until Linux throttles real-time threads, after 0.95 s of each
//! second (sched(7)). To let the lock's holder run, a thread that waits for a lock of the runtime
//! must sleep.
//!
//! The scenario sets `RLIMIT_RTTIME`, so that the kernel sends SIGXCPU to a real-time thread that
//! runs for 0.3 s without sleeping.

use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::{Capability, Expectation, Scenario, Signal, skip};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Capability of the system to start threads with the policy `SCHED_FIFO` on one processor.
const REALTIME: Capability = Capability::Custom {
    name: "realtime",
    missing: |target| {
        (!matches!(&*target.os, "linux" | "android")).then_some("only Linux has RLIMIT_RTTIME")
    },
};

/// Number of steps of taking a `Machine` that all threads together have made so far.
static STEPS: AtomicU32 = AtomicU32::new(0);

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(REALTIME)
        .mutant("spins", Expectation::dies([Signal::Xcpu], ""))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_realtime_first_callback(callback: Callback) -> c_int;
        pub(super) safe fn csrc_realtime_is_held();
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    set_step();
    match runtime::call_c(|| half::csrc_realtime_first_callback(observe::callback)) {
        libc::EPERM => Err(skip("this user may not start threads with SCHED_FIFO").to_string()),
        code => csrc::done(code).and_then(|()| observe::held(2)),
    }
}

#[cfg(unix)]
fn set_step() {
    runtime::at_each_step(step);
}

#[cfg(not(unix))]
fn set_step() {}

/// Wakes the real-time thread at the second step of taking a `Machine`, when the other thread holds
/// the lock of the runtime's pool.
#[cfg_attr(not(unix), expect(dead_code, reason = "only Unix has real-time threads"))]
fn step() {
    if STEPS.fetch_add(1, Ordering::Relaxed) == 1 {
        half::csrc_realtime_is_held();
    }
}
