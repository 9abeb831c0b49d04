//! A panic that reaches a frame of C without unwind tables must abort the process, after the
//! panic's message and a message that says that the panic could not begin.
//!
//! The unwinder searches the whole stack for a handler before it unwinds the first frame, so the
//! unwinder must notice the missing table, and must not guess where the caller's frame lies. If a
//! target's C compiler emits no unwind tables, every panic that reaches a frame of C aborts the
//! process (<https://github.com/llvm/llvm-project/issues/85097>). The scenario `panic_through_c`
//! checks panics through C code that has unwind tables.

use std::panic::{AssertUnwindSafe, catch_unwind};

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::UNWINDING;

/// Capability to compile C code without unwind tables.
const NO_TABLES: Capability = Capability::Custom {
    name: "no-unwind-tables",
    missing: |target| match (&*target.os, &*target.arch) {
        ("linux", "arm") => Some("32-bit ARM has its unwind tables in another format"),
        ("linux", _) => None,
        _ => Some(
            "this project does not know how to compile C code without unwind tables for this target",
        ),
    },
};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(NO_TABLES)
        .needs(UNWINDING)
        .expect(Expectation::dies([Signal::Abrt], "failed to initiate panic").stderr("BOOM"))
        .mutant("swallow-panic", Expectation::exits(0, "BOOM"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C-unwind" {
        pub(super) safe fn csrc_panic_through_c_no_tables(
            callback: extern "C-unwind" fn(),
        ) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    let caught = catch_unwind(AssertUnwindSafe(|| {
        csrc::done(runtime::call_c(|| half::csrc_panic_through_c_no_tables(callback)))
    }));
    Err(format!("the process went on after the panic, which was caught: {}", caught.is_err()))
}

extern "C-unwind" fn callback() {
    runtime::callback(|_| panic!("BOOM"));
}
