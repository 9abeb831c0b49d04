//! A panic in a callback must print the panic's message and kill the process with SIGABRT. This
//! scenario corresponds to `CgoExternalThreadPanic` of Go's test program `testprogcgo`.
//!
//! The panic must not unwind into frames of C, which do not support unwinding (RFC 2945), and no
//! code may catch the panic and continue.

use testprog_harness::{Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .expect(Expectation::dies([Signal::Abrt], "BOOM"))
        .mutant("swallow-panic", Expectation::exits(0, "BOOM"))
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    runtime::call_c(|| csrc::thread(|| callback()))
}

extern "C" fn callback() {
    runtime::callback(|_| panic!("BOOM"));
}
