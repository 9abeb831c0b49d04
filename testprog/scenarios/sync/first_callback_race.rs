//! Many threads may make the first callback of the process at the same time. Each thread must get
//! its own `Machine` (the runtime's record of one thread), and initialization that the threads share
//! must run once and end before any thread continues.
//!
//! Go's runtime makes a spare record for C threads when it first needs the record, and several
//! threads may need a record at the same time (`needm` in Go's `runtime/proc.go`). Libraries in C
//! start themselves by `pthread_once(3)`, and libraries in Rust by `OnceLock`. A `pthread_once`
//! that returns while another thread still runs the function lets a thread use data that is not
//! initialized yet. If the scenario fails, look at `pthread_once` and at the lock of the runtime's
//! pool.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::PTHREADS;
use crate::{csrc, observe};

/// Number of threads, as in the scenario's C code.
const THREADS: u32 = 32;

pub(crate) fn scenario() -> Scenario {
    let early = "threads before the function had returned";
    Scenario::of_module(module_path!(), run)
        .needs(PTHREADS)
        .mutant("libc-once-does-not-wait", Expectation::exits(1, early))
        .mutant("lost-at-exit", Expectation::exits(1, "32 machines of ended threads are in use"))
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_first_callback_race(callback: Callback) -> c_int;
    }
}

extern "C" fn callback() {
    static STARTED: OnceLock<u32> = OnceLock::new();
    static STARTS: AtomicU32 = AtomicU32::new(0);
    runtime::callback(|machine| {
        observe::check(machine);
        let starts = STARTED.get_or_init(|| {
            thread::yield_now();
            STARTS.fetch_add(1, Ordering::Relaxed) + 1
        });
        if *starts != 1 || STARTS.load(Ordering::Relaxed) != 1 {
            observe::wrong("a OnceLock ran its function twice".to_owned());
        }
    });
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_first_callback_race(callback)))?;
    let (made, idle) = runtime::machines();
    // The main thread keeps its `Machine`.
    if made - idle != 1 {
        return Err(format!("{} machines of ended threads are in use", made - idle - 1));
    }
    observe::held(THREADS)
}
