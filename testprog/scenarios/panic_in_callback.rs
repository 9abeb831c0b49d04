//! A panic in a callback ends the process with its message (Go: `CgoExternalThreadPanic`).
//!
//! It must not unwind into C, whose frames know nothing of it (RFC 2945), nor vanish.

use testprog_harness::{Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    Scenario::new(module_path!(), run)
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
