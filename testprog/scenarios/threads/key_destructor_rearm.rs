//! The destructor of a pthread key may store the key's value again, and must then run once more.
//!
//! Before a destructor runs, the C library sets the key's value to NULL. The destructor of a key
//! without a value, or of a deleted key, must not run. POSIX requires at least four passes over the
//! destructors. Runtimes store their keys' values again to run after the destructors of other keys:
//! on systems without `__cxa_thread_atexit_impl`, Rust's standard library stores its key's value
//! again. In mlibc, the destructor still saw the old value, and a value that the destructor stored
//! again was lost.
//!
//! If this scenario fails, look at the loop that runs the destructors at a thread's exit: the loop
//! must clear a value before it calls the destructor, and must begin again if any value is set.

use testprog_harness::{Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::THREAD_KEY;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(THREAD_KEY)
        .mutant("libc-value-kept", Expectation::fails("a key's value was not NULL in 4 of 4 calls"))
        .mutant("libc-rearm-ignored", Expectation::fails("ran 1 times instead of at least 4 times"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_key_destructor_rearm() -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_key_destructor_rearm()))
}
