//! C code may call into the runtime before `main`, from a constructor function, on the main thread
//! and on a new thread. Thread-local variables, threads, printing and the environment must work
//! before `main`.
//!
//! The dynamic loader runs constructor functions in an order that the program does not choose, so
//! the runtime may not have started. The C library must have set up standard output, thread-local
//! storage and the environment before it runs constructor functions (mlibc adce5c7e). The thread
//! that ends before `main` must give its `Machine` (the runtime's record of one thread) back.

use std::cell::Cell;
use std::sync::Mutex;
use std::{env, thread};

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(Capability::Destructor)
        .env(ENV, "1")
        .mutant("lost-at-exit", Expectation::exits(1, "2 machines are in use instead of 1"))
}

/// Environment variable that makes the C code call back before `main`.
const ENV: &str = "TESTPROG_CALLBACK_DURING_INIT";

/// Error of the first callback before `main` that failed.
static FAILED: Mutex<Option<String>> = Mutex::new(None);

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_callback_during_init() -> c_int;
    }
}

/// Callback that the constructor function makes before `main`, once on the main thread and once on
/// another thread.
#[expect(unsafe_code, reason = "exports a function to C")]
#[unsafe(no_mangle)]
extern "C" fn runtime_during_init() {
    if let Err(error) = during_init() {
        FAILED.lock().expect("no thread panics while it holds the lock").get_or_insert(error);
    }
}

fn during_init() -> Result<(), String> {
    if thread::current().id() == first_thread() {
        // The function `main` has not run yet, so the process has not read the mutant from the
        // environment.
        runtime::mutant::read()?;
        runtime::start(Policy::Exact)?;
    }
    runtime::callback(observe::check);
    let calls = CALLS.get() + 1;
    CALLS.set(calls);
    if calls != 1 {
        return Err(format!("a thread-local variable has the value {calls} instead of 1"));
    }
    if env::var(ENV).as_deref() != Ok("1") {
        return Err("std found no environment before `main`".to_owned());
    }
    let sum = thread::spawn(|| 40 + 2).join().map_err(|_| "a thread before `main` panicked")?;
    eprintln!("called back before main: {sum}");
    Ok(())
}

/// Returns the ID of the thread that called this function first.
fn first_thread() -> thread::ThreadId {
    static FIRST: std::sync::OnceLock<thread::ThreadId> = std::sync::OnceLock::new();
    *FIRST.get_or_init(|| thread::current().id())
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_callback_during_init())?;
    if let Some(error) = FAILED.lock().expect("no thread panics while it holds the lock").take() {
        return Err(error);
    }
    let (made, idle) = runtime::machines();
    if made - idle != 1 {
        return Err(format!("{} machines are in use instead of 1", made - idle));
    }
    observe::held(2)
}
