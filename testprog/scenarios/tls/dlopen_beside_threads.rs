//! Threads that already run must see the initial values of thread-local variables in a shared
//! object that the program loads by `dlopen`.
//!
//! The C library gives each thread memory for the variables when the thread first uses one of the
//! variables. Each thread must get its own memory, filled with the initial values. musl had a bug
//! in the function that allocates this memory (`tls_get_new-dtv` in libc-test), and mlibc reported
//! a wrong address of the initial values.
//!
//! If this scenario fails, look at `__tls_get_addr` for a module that is newer than the thread.

use testprog_harness::{Expectation, Scenario};

use super::plugin::{self, PLUGIN};
use crate::observe;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let shared = "threads did not see the initial values of the plugin's thread-local variables";
    Scenario::of_module(module_path!(), run)
        .needs(PLUGIN)
        .mutant("libc-tls-shared", Expectation::fails(shared))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{c_char, c_int};

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) fn csrc_dlopen_beside_threads(path: *const c_char, callback: Callback) -> c_int;
    }
}

#[expect(unsafe_code, reason = "calls a C function")]
fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    // SAFETY: `with_path` passes a string that ends with a zero byte.
    plugin::with_path(|path| unsafe { half::csrc_dlopen_beside_threads(path, observe::callback) })?;
    observe::held(6)
}
