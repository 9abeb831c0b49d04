//! The backtrace of a callback must name the callback, the function of C that has called back, and
//! the Rust function that has called C. This scenario corresponds to `CgoTraceback` of Go's test
//! program `testprogcgo`.
//!
//! Crash reports rely on backtraces through C. The unwinder needs the unwind tables of C code, and
//! must stop at the end of the stack: in mlibc, a backtrace jumped to address 0 (mlibc fcf98d1b).
//! If a name is missing, check that the C compiler emits unwind tables
//! (`-fasynchronous-unwind-tables`) and that `dl_iterate_phdr(3)` reports the program.

use std::backtrace::Backtrace;

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::backtrace::names;
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("libc-backtrace-one-frame", Expectation::exits(1, "the backtrace does not name"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_traceback(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    calls_c_for_traceback()?;
    observe::held(1)
}

/// Calls C. The name of this function must be in the backtrace.
#[inline(never)]
fn calls_c_for_traceback() -> Result<(), String> {
    csrc::done(runtime::call_c(|| half::csrc_traceback(callback_for_traceback)))
}

extern "C" fn callback_for_traceback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let trace = Backtrace::force_capture().to_string();
        let expected = ["callback_for_traceback", "csrc_traceback", "calls_c_for_traceback"];
        if let Err(error) = names(&trace, &expected) {
            observe::wrong(error);
        }
    });
}
