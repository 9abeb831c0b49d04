//! A shared object that has created a pthread key with a destructor must delete the key when the
//! object is unloaded.
//!
//! A key does not keep the shared object loaded that contains the key's destructor. If the object
//! is unloaded first, the exit of a thread with a value of the key calls code that no longer
//! exists, and the process dies (<https://github.com/aws/s2n-tls/issues/3987>). The scenario checks
//! that `pthread_key_delete` prevents the crash, and then that the process crashes if the C library
//! unloads a plugin that has not deleted its key. On a C library that never unloads an object, the
//! destructor runs and the process survives.
//!
//! If the process dies before the second thread starts, look at `pthread_key_delete`.

use testprog_harness::{Alternative, Expectation, Scenario, Signal};

use super::plugin::{self, PLUGIN};
use crate::observe;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let dies = |text: &str| Expectation::dies([Signal::Segv, Signal::Bus], text);
    Scenario::of_module(module_path!(), run)
        .needs(PLUGIN)
        .expect(Expectation::one_of([
            Alternative::good("unloaded", dies("about to exit a thread whose key was kept")),
            Alternative::good("stays-loaded", Expectation::ok()),
        ]))
        .mutant("libc-key-delete-ignored", dies("about to exit a thread whose key was deleted"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{c_char, c_int};

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) fn csrc_dlclose_with_key(path: *const c_char, callback: Callback) -> c_int;
    }
}

#[expect(unsafe_code, reason = "calls a C function")]
fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    // SAFETY: `with_path` passes a string that ends with a zero byte.
    plugin::with_path(|path| unsafe { half::csrc_dlclose_with_key(path, observe::callback) })?;
    observe::held(2)
}
