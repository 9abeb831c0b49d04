//! A C thread may have its own alternate signal stack (sigaltstack(2)), may change the alternate
//! stack between two callbacks, and may have no alternate stack. The runtime must not change the
//! alternate stack of a C thread. This scenario corresponds to `SigStack` of Go's test program
//! `testprogcgo`.
//!
//! Go's runtime once crashed in callbacks from C threads with and without alternate stacks of their
//! own (<https://go.dev/issue/22930>). If this scenario fails, check that sigaltstack returns the
//! old stack completely (address, size and flags), also if the stack is disabled.
//!
//! The scenario makes each retired alternate stack inaccessible, so a late use of the stack kills
//! the process.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("takes-altstack", Expectation::exits(1, "after a callback"))
        .mutant(
            "libc-altstack-old-lost",
            Expectation::exits(1, "the alternate stack is not the stack that the thread has set"),
        )
        .mutant(
            "libc-onstack-ignored",
            Expectation::exits(1, "did not run on the thread's alternate stack"),
        )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_sig_stack(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_sig_stack(observe::callback)))?;
    observe::held(2 * 4 + 2 * 2)
}
