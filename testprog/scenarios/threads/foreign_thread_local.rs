//! A Rust variable (`thread_local!`) that a callback uses on a C thread must be dropped exactly
//! once when the thread exits.
//!
//! The drop must happen before `pthread_join` returns, and also on a detached thread. Rust's
//! standard library runs no code of its own at the end of a thread that C created. The drop depends
//! on the C library: on `__cxa_thread_atexit_impl`, or on the destructors of pthread keys. Early
//! versions of `__cxa_thread_atexit_impl` in Android's C library lost destructors
//! (<https://github.com/android/ndk/issues/1200>).
//!
//! If this scenario fails, look at what the C library runs when a thread exits. If the scenario
//! hangs, the variable of the detached thread was not dropped.

use std::cell::Cell;
use std::sync::{Condvar, Mutex};

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Number of threads that the scenario joins.
const THREADS: u32 = 100;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .mutant("libc-thread-locals-kept", Expectation::fails("dropped 0 times after 1 threads"))
        .mutant("libc-thread-locals-twice", Expectation::fails("dropped 2 times after 1 threads"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_foreign_thread_local(callback: Callback) -> c_int;
    }
}

struct Dropped(Cell<u32>);

impl Drop for Dropped {
    fn drop(&mut self) {
        *DROPS.lock().expect("no thread panics while it holds the lock") += self.0.get();
        HAS_DROPPED.notify_all();
    }
}

static DROPS: Mutex<u32> = Mutex::new(0);
static HAS_DROPPED: Condvar = Condvar::new();

thread_local! {
    static DROPPED: Dropped = const { Dropped(Cell::new(0)) };
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    for count in 1..=THREADS {
        runtime::call_c(|| csrc::thread(|| callback()))?;
        let drops = *DROPS.lock().expect("no thread panics while it holds the lock");
        if drops != count {
            return Err(format!("the variable was dropped {drops} times after {count} threads"));
        }
    }
    csrc::done(runtime::call_c(|| half::csrc_foreign_thread_local(callback)))?;
    let drops = DROPS.lock().expect("no thread panics while it holds the lock");
    drop(HAS_DROPPED.wait_while(drops, |drops| *drops <= THREADS));
    observe::held(THREADS + 1)
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        DROPPED.with(|Dropped(uses)| uses.set(uses.get() + 1));
    });
}
