//! Signal handlers that call write(2) may interrupt malloc on any thread, with and without an
//! alternate signal stack. This scenario corresponds to `CgoRaceSignal` of Go's test program
//! `testprogcgo`.
//!
//! write(2) is async-signal-safe, so a handler's write must neither take a lock of malloc nor fail.
//! The signal handler of Go's race detector called malloc, and hung when it interrupted malloc
//! (<https://github.com/golang/go/blob/master/src/runtime/testdata/testprogcgo/racesig.go>). If
//! this scenario fails, check which system call wrappers of the C library take locks or allocate
//! memory, for example for cancellation or for errno.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run).needs(Capability::Signals).mutant(
        "libc-write-locks-malloc",
        Expectation::exits(1, "write in a signal handler failed"),
    )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_race_signal(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_race_signal(observe::callback)))?;
    observe::held(2)
}
