//! C code may call `pthread_exit(3)` inside of `catch_unwind`. Where `pthread_exit` unwinds the
//! stack like an exception, Rust must abort the process. Where `pthread_exit` does not unwind, the
//! thread ends.
//!
//! glibc's unwinding must not be stopped, so glibc aborts with "FATAL: exception not rethrown" as
//! soon as Rust catches the unwinding
//! (<https://github.com/rust-lang/unsafe-code-guidelines/issues/404>). Under glibc, `pthread_exit`
//! in `main` or in a thread of Rust's standard library aborts, because the standard library catches
//! the unwinding. A process that goes on after a caught `pthread_exit` would run on a thread that
//! has partly ended.

use std::panic::{AssertUnwindSafe, catch_unwind};

use testprog_harness::{Alternative, Capability, Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::UNWINDING;

pub(crate) fn scenario() -> Scenario {
    let aborts = Expectation::dies([Signal::Abrt], "about to call pthread_exit");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(UNWINDING)
        .expect(Expectation::one_of(vec![
            Alternative::good("aborts", aborts),
            Alternative::good("ends", Expectation::ok().stderr("about to call pthread_exit")),
        ]))
        .mutant(
            "libc-pthread-exit-ends-process",
            Expectation::exits(0, "about to call pthread_exit"),
        )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C-unwind" {
        pub(super) safe fn csrc_pthread_exit_catch(callback: extern "C-unwind" fn()) -> c_int;
        pub(super) safe fn csrc_exit_caught();
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_pthread_exit_catch(callback)))
}

extern "C-unwind" fn callback() {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        runtime::callback(|_| {
            eprintln!("about to call pthread_exit");
            runtime::call_c(|| half::csrc_exit_caught());
        });
    }));
    eprintln!("pthread_exit returned to Rust: {}", caught.is_err());
}
