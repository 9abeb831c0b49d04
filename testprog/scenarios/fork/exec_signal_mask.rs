//! A program that a thread starts by execv(3) must start with the signal mask of this thread, not
//! with the mask of another thread. This scenario corresponds to `CgoExecSignalMask` of Go's test
//! program `testprogcgo`.
//!
//! A new program that starts with SIGTERM blocked does not end at a SIGTERM, and a program that
//! starts with SIGCHLD blocked may wait for ever. The thread that forks must also keep its own
//! signal mask. Go's runtime blocks all signals around a fork, and once left all signals blocked in
//! the new program (<https://go.dev/issue/13164>). The new program is `cat`, which prints its own
//! status from `/proc`. The new program is no shell, because a shell would reset its signal mask.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};

/// Capability to read the signal mask of a new program in `/proc`.
const PROC: Capability = Capability::Custom {
    name: "proc",
    missing: |target| (target.os != "linux").then_some("only Linux shows signal masks in /proc"),
};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(PROC)
        .mutant("blocked-in-child", Expectation::exits(1, "the mask of the new program is"))
        .mutant("libc-exec-blocks", Expectation::exits(1, "the mask of the new program is"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_exec_signal_mask() -> c_int;
    }
}

fn run() -> Result<(), String> {
    // The runtime blocks signals while the process forks.
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_exec_signal_mask()))
}
