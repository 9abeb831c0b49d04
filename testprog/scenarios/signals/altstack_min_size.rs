//! An alternate signal stack of each size that the system advertises must be large enough for a
//! signal whose handler does nothing.
//!
//! The kernel stores the registers in the signal's frame, and the frame grows with the vector
//! registers of the processor (AVX-512, AMX, SVE). sigaltstack(2) accepts a stack of `MINSIGSTKSZ`
//! bytes (2,048) although the frame may be larger, and the first signal then kills the process with
//! SIGSEGV (<https://github.com/rust-lang/rust/issues/107795>). glibc 2.34 therefore has
//! `sysconf(_SC_MINSIGSTKSZ)`, which reads `AT_MINSIGSTKSZ` (getauxval(3)).
//!
//! The scenario handles one signal on a stack of each advertised size, in a child process. The page
//! directly below the stack is inaccessible.

use testprog_harness::{Alternative, Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let expected = Expectation::one_of(vec![
        Alternative::good("large-enough", Expectation::ok()),
        Alternative::known(
            "constant-too-small",
            "https://github.com/rust-lang/rust/issues/107795",
            Expectation::exits(1, "is too small: a signal killed the process"),
        ),
    ]);
    Scenario::of_module(module_path!(), run).needs(Capability::Signals).expect(expected).mutant(
        "libc-minsigstksz-small",
        Expectation::exits(1, "sigaltstack refuses an alternate stack of 512 bytes"),
    )
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_altstack_min_size() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_altstack_min_size())
}
