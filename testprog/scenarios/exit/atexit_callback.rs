//! A function that a C thread has registered with `atexit` may call back into the runtime after
//! `main` has returned, and may start a thread.
//!
//! The thread that registers the exit handler ends before the exit handler runs. A C library that
//! holds a lock while it runs exit handlers can hang, for instance if a handler starts a thread
//! whose destructors take the same lock. Libraries free their state in exit handlers, also while
//! other threads still use the state (<https://github.com/openssl/openssl/issues/24148>).
//!
//! If this scenario fails, look at which locks `exit` holds while it calls a handler.

use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    // The child prints `OK` before the exit handler runs, so the scenario also expects the text
    // that the exit handler prints.
    Scenario::of_module(module_path!(), run)
        .expect(Expectation::exits(0, "called back from an exit handler"))
        .mutant("libc-no-atexit", Expectation::ok())
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_atexit_callback(callback: Callback) -> c_int;
    }
}

/// Number of callbacks that have begun.
static CALLBACKS: AtomicU32 = AtomicU32::new(0);

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_atexit_callback(callback)))?;
    observe::held(1)
}

extern "C" fn callback() {
    let before = CALLBACKS.fetch_add(1, Ordering::Relaxed);
    runtime::callback(observe::check);
    if before > 0 {
        // This callback comes from the exit handler, so a panic aborts the process.
        let thread = std::thread::spawn(|| csrc::thread(|| observe::callback()));
        let joined = thread.join().expect("the thread does not panic");
        joined.and_then(|()| observe::held(3)).expect("the callbacks at exit work");
    }
}
