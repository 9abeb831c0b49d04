//! A child of fork(2) must be able to use the runtime, even if other threads of the parent held
//! locks of the runtime at the moment of the fork.
//!
//! In the child, only the thread that called `fork` exists. If another thread held a lock of the
//! runtime, no thread of the child would release the lock, and the child would hang at its next
//! callback or registration of a stack. In the child, each `Machine` (the runtime's record of one
//! thread) of another thread of the parent must return to the pool.
//!
//! In the emulator qemu-user 7.2, a child that creates a thread may wait for ever, with all signals
//! blocked, probably for a lock that another thread held at the fork (`docs/findings.md`). The
//! scenario kills such a child by SIGKILL and skips itself.
//!
//! The scenario forks from the main thread, from a thread with a `Machine` and from a thread
//! without a `Machine`, while other threads take `Machine`s, register stacks and allocate memory.

use std::sync::atomic::{AtomicBool, Ordering};

use testprog_harness::{Alternative, Capability, Expectation, Scenario, skip};

use crate::csrc;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::FORK;

/// Exit status of a child in which a `Machine` of one of the parent's threads did not return to the
/// pool.
const LOST_MACHINES: i32 = 3;
/// Exit status of a child in which C code failed.
const FAILED: i32 = 4;

pub(crate) fn scenario() -> Scenario {
    let failed = Expectation::one_of(vec![
        Alternative::good("hung", Expectation::exits(1, "signal 14 killed a child")),
        Alternative::good("lost", Expectation::exits(1, "a child lost `Machine`s")),
    ]);
    Scenario::of_module(module_path!(), run)
        .needs(FORK)
        .needs(Capability::Signals)
        .mutant("unprepared-fork", failed)
        .mutant("owns-late", Expectation::exits(1, "a child lost `Machine`s"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        fn csrc_fork_with_threads_busy(
            callback: Callback,
            in_child: extern "C" fn() -> c_int,
            status: *mut c_int,
        ) -> c_int;
        pub(super) safe fn csrc_fork_child(callback: Callback) -> c_int;
    }

    pub(super) fn run(
        callback: Callback,
        in_child: extern "C" fn() -> c_int,
        status: &mut c_int,
    ) -> c_int {
        // SAFETY: the variable `status` is writable memory for a number.
        unsafe { csrc_fork_with_threads_busy(callback, in_child, status) }
    }
}

/// Status of a child that SIGALRM could not kill, and that SIGKILL killed.
const IGNORED_ALARM: i32 = -9;

fn run() -> Result<(), Box<dyn std::error::Error>> {
    runtime::start(Policy::Registered)?;
    hold_longer();
    let mut status = 0;
    csrc::done(runtime::call_c(|| half::run(callback, in_child, &mut status)))?;
    match status {
        0 => Ok(()),
        LOST_MACHINES => {
            Err("a child lost `Machine`s of threads that do not exist in the child".into())
        }
        IGNORED_ALARM => Err(skip("a child hung with all signals blocked, as in qemu-user"))?,
        ..0 => Err(format!("signal {} killed a child", -status).into()),
        _ => Err(format!("a child exited with status {status}").into()),
    }
}

extern "C" fn callback() {
    runtime::callback(|machine| machine.system_stack(|| ()));
}

/// Uses the runtime in a child, and returns the child's exit status. This function takes no lock
/// that a thread of the parent may have held at the fork, such as the lock in `observe.rs`.
extern "C" fn in_child() -> i32 {
    IS_CHILD.store(true, Ordering::Relaxed);
    callback();
    for _ in 0..4 {
        if half::csrc_fork_child(callback) != 0 {
            return FAILED;
        }
    }
    let (made, idle) = runtime::machines();
    // The only `Machine` in use is that of the thread that forked.
    if made - idle == 1 { 0 } else { LOST_MACHINES }
}

/// Whether this process is a child of `fork`. Threads of a child do not yield their processor,
/// because a child that yields often would exceed its deadline on a busy computer.
static IS_CHILD: AtomicBool = AtomicBool::new(false);

/// Makes threads yield their processor while they take a `Machine`, so that a fork more often meets
/// a thread that holds the pool's lock.
#[cfg(unix)]
fn hold_longer() {
    runtime::at_each_step(|| {
        if !IS_CHILD.load(Ordering::Relaxed) {
            for _ in 0..4 {
                std::thread::yield_now();
            }
        }
    });
}

#[cfg(not(unix))]
fn hold_longer() {}
