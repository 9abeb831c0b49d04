//! A Rust variable (`thread_local!`) of the main thread is dropped once before the exit handlers
//! run, or never.
//!
//! C++ requires the drop before the exit handlers, and glibc also drops Rust's variables. On musl
//! and on Android, the variables of the main thread are never dropped, because a return from `main`
//! runs no destructors of pthread keys (<https://github.com/rust-lang/rust/issues/126858>). A
//! second drop would free memory twice.
//!
//! If this scenario reports 0 drops on a system with `__cxa_thread_atexit_impl`, look at whether
//! `exit` runs the destructors of the calling thread's variables, and at what time.

use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::{Alternative, Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::GLIBC_DROPS;

pub(crate) fn scenario() -> Scenario {
    let dropped = |times: u32| Expectation::exits(0, &format!("dropped {times} times before"));
    let expect = if GLIBC_DROPS {
        dropped(1)
    } else {
        Expectation::one_of([
            Alternative::good("dropped", dropped(1)),
            Alternative::good("never", dropped(0)),
        ])
    };
    Scenario::of_module(module_path!(), run)
        .expect(expect)
        .mutant("libc-thread-locals-kept", dropped(0))
        .mutant("libc-thread-locals-twice", dropped(2))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_main_thread_local_at_exit(callback: Callback) -> c_int;
    }
}

static DROPS: AtomicU32 = AtomicU32::new(0);

struct Dropped;

impl Drop for Dropped {
    fn drop(&mut self) {
        DROPS.fetch_add(1, Ordering::Relaxed);
    }
}

thread_local! {
    static DROPPED: Dropped = const { Dropped };
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(half::csrc_main_thread_local_at_exit(at_exit))?;
    DROPPED.with(|_| ());
    Ok(())
}

extern "C" fn at_exit() {
    let drops = DROPS.load(Ordering::Relaxed);
    eprintln!("the variable was dropped {drops} times before the exit handler");
}
