//! A handler of SIGSEGV that C code has installed before `main` must stay installed and must handle
//! a fault in C. This scenario corresponds to `CgoSigfwd` of Go's test program `testprogcgo`.
//!
//! Rust's standard library installs its handler only if SIGSEGV has the default action. A runtime
//! that installs its handler unconditionally must pass faults in C on to the old handler. The
//! scenario also needs a C library in which constructor functions run before `main` and can use the
//! environment and sigaction(2) (mlibc adce5c7e).

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .env("TESTPROG_SIGFWD", "1")
        .mutant("swallow-segv", Expectation::exits(1, "another handler has replaced the handler"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_sigfwd(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_sigfwd(observe::callback)))?;
    observe::held(2)
}
