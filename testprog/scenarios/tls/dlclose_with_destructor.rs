//! A shared object must stay loaded until the destructors of its thread-local variables have run.
//!
//! C++ and Rust register the destructors with `__cxa_thread_atexit_impl`, together with a handle of
//! the shared object. If `dlclose` unloads the object nevertheless, the exit of the thread calls
//! code that no longer exists. Programs that unloaded libraries written in Rust crashed when a
//! thread exited (<https://github.com/rust-lang/rust/issues/91979>).
//!
//! If the process dies of SIGSEGV in this scenario, look at the last argument of
//! `__cxa_thread_atexit_impl`: glibc does not unload an object with registered destructors, and
//! musl never unloads an object.

use testprog_harness::{Expectation, Scenario, Signal};

use super::plugin::{self, PLUGIN};
use crate::observe;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let unloaded = Expectation::dies(
        [Signal::Segv, Signal::Bus],
        "about to exit a thread with a destructor of the plugin",
    );
    Scenario::of_module(module_path!(), run)
        .needs(PLUGIN)
        .mutant("libc-object-of-destructor-lost", unloaded)
        .mutant("libc-thread-locals-kept", Expectation::fails("ran 0 times instead of once"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{c_char, c_int};

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) fn csrc_dlclose_with_destructor(
            path: *const c_char,
            callback: Callback,
        ) -> c_int;
    }
}

#[expect(unsafe_code, reason = "calls a C function")]
fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    // SAFETY: `with_path` passes a string that ends with a zero byte.
    plugin::with_path(|path| unsafe {
        half::csrc_dlclose_with_destructor(path, observe::callback)
    })?;
    observe::held(1)
}
