//! A callback on a C thread may fork. The child process must be able to print, to catch a panic,
//! to allocate memory, and to start threads of Rust and of C that call back.
//!
//! POSIX allows only async-signal-safe functions in the child of a process with several threads,
//! but every language runtime does more. On NetBSD, a child of a process with several threads could
//! not create threads (<https://github.com/rust-lang/rust/issues/76600>). If this scenario fails,
//! check what the C library's `fork` resets in the child: the locks of malloc and of stdio, the
//! number of threads, and the list of threads.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("libc-fork-child-no-threads", Expectation::exits(1, "a child of fork"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_fork_in_callback(callback: Callback) -> c_int;
        pub(super) safe fn csrc_fork_here(body: Callback, callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_fork_in_callback(callback)))?;
    observe::held(1)
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let forked = runtime::call_c(|| half::csrc_fork_here(in_child, observe::callback));
        if let Err(error) = csrc::done(forked) {
            observe::wrong(error);
        }
    });
}

/// Uses Rust's standard library in the child process, and exits with status 6 if a thread cannot be
/// created, or with status 8 if a panic is not caught.
extern "C" fn in_child() {
    const NO_THREAD: i32 = 6;
    const NOT_CAUGHT: i32 = 8;
    eprintln!("the child of fork prints");
    let Ok(thread) = std::thread::Builder::new().spawn(|| 4) else {
        std::process::exit(NO_THREAD);
    };
    let panics = cfg!(panic = "abort")
        || std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(()))).is_err();
    if thread.join().ok() != Some(4) || !panics {
        std::process::exit(NOT_CAUGHT);
    }
}
