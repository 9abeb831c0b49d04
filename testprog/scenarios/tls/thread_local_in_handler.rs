//! A signal handler may be the first code of its thread that uses the thread-local variables of a
//! shared object. The handler must see the initial values, and the thread must later see the values
//! that the handler has stored.
//!
//! Many C libraries allocate the memory of these variables at the first use. If the handler has
//! interrupted `malloc`, the first use then waits for ever for the lock of `malloc`
//! (<https://github.com/bytecodealliance/wasmtime/issues/12787>,
//! <https://github.com/dotnet/runtime/issues/121345>,
//! <https://github.com/rust-lang/rust/issues/43146>). The runtime under test therefore keeps its own
//! thread-local variables in the executable. A C library that allocates the memory in `dlopen` and
//! `pthread_create`, as musl does, has no such fault.
//!
//! If this scenario fails, look at `__tls_get_addr` for a module that is newer than the thread.

use testprog_harness::{Expectation, Scenario};

use super::plugin::{self, PLUGIN};
use crate::observe;
use crate::runtime::{self, Policy};

/// The bug of glibc, the only C library for which the build script makes the plugin.
const BUG: &str = "https://sourceware.org/bugzilla/show_bug.cgi?id=16133";

pub(crate) fn scenario() -> Scenario {
    let allocates = "first use of a thread-local variable in a handler called malloc";
    let shared =
        "the handler did not see the initial values of the plugin's thread-local variables";
    Scenario::of_module(module_path!(), run)
        .needs(PLUGIN)
        .known_bug_failing(BUG, Expectation::fails(allocates))
        .mutant("libc-tls-shared", Expectation::fails(shared))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{c_char, c_int};

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) fn csrc_thread_local_in_handler(
            path: *const c_char,
            callback: Callback,
            in_handler: Callback,
        ) -> c_int;
    }
}

#[expect(unsafe_code, reason = "calls a C function")]
fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    plugin::with_path(|path| {
        // SAFETY: `with_path` passes a string that ends with a zero byte.
        unsafe { half::csrc_thread_local_in_handler(path, observe::callback, in_handler) }
    })?;
    // Each of four threads calls back once, and once in its handler. The main thread calls back only
    // in its handler.
    observe::held(4 + 4 + 1)
}

extern "C" fn in_handler() {
    #[cfg(unix)]
    runtime::signal_callback(observe::check);
}
