//! C code may turn a fault into an error return: the handler of SIGSEGV ends by siglongjmp(3). C
//! code must recover from several faults, on the main thread and on other threads, and must be able
//! to call back afterwards. This scenario corresponds to `Crash` (`TestCgoCrashHandler`) of Go's
//! test program `testprogcgo`.
//!
//! After a jump out of the handler, SIGSEGV must be unblocked again: if SIGSEGV stayed blocked, the
//! kernel would kill the process at the next fault. If this scenario fails, check that sigsetjmp(3)
//! with a second argument other than 0 saves the mask, and that siglongjmp restores it.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("libc-siglongjmp-keeps-mask", Expectation::dies([Signal::Segv, Signal::Bus], ""))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_crash_handler(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_crash_handler(observe::callback)))?;
    observe::held(5)
}
