//! The runtime must not change the flags of a signal handler that the host program has installed.
//!
//! A handler without `SA_ONSTACK` runs on the interrupted stack and may need more memory than the
//! alternate signal stack has. Go's runtime adds `SA_ONSTACK` to each handler that it finds, so the
//! handler of a host program overflowed a small alternate stack (<https://go.dev/issue/78883>).

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("adds-onstack", Expectation::exits(1, "ran on the alternate stack"))
        .mutant("libc-onstack-always", Expectation::exits(1, "ran on the alternate stack"))
        .mutant("libc-restart-lost", Expectation::exits(1, "changed the host's handler"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_host_handler_install() -> c_int;
        pub(super) safe fn csrc_host_handler_small_altstack(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_host_handler_install())?;
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_host_handler_small_altstack(observe::callback)))?;
    observe::held(1)
}
