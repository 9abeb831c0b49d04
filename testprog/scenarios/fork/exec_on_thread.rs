//! A callback on a C thread may replace the process by another program (execv(3)). The new
//! program must have the process ID of the old program, no other thread may survive, and the
//! parent must get the exit status of the new program.
//!
//! When a thread other than the main thread calls `execv`, the kernel must end the main thread, and
//! give the main thread's ID to the calling thread. In Gramine, the process became a zombie
//! (<https://github.com/gramineproject/gramine/issues/1265>), and in `DragonOS`, the parent waited
//! for ever (<https://github.com/DragonOS-Community/DragonOS/issues/2153>). If the program does not
//! exist, `execv` must return ENOENT, and all threads must continue: a kernel must not end the other
//! threads before it has loaded the new program
//! (<https://github.com/SerenityOS/serenity/pull/1242>). If the C library starts a new process in
//! place of replacing the old process, as on Windows, the program has another process ID.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::FORK;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(FORK)
        .needs(Capability::Signals)
        .mutant("libc-exec-starts-process", Expectation::fails("has another process ID"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_exec_on_thread(callback: Callback, exec: Callback) -> c_int;
        pub(super) safe fn csrc_exec_on_thread_now();
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_exec_on_thread(callback, exec)))
}

extern "C" fn callback() {
    runtime::callback(|machine| machine.system_stack(|| ()));
}

/// Replaces the process in a call of C that a callback makes.
extern "C" fn exec() {
    runtime::callback(|_| runtime::call_c(|| half::csrc_exec_on_thread_now()));
}
