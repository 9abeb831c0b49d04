//! `malloc`, `calloc` and `realloc` must return memory that is aligned for every standard type.
//! `aligned_alloc` must return memory with the requested alignment.
//!
//! The standard library of Rust calls `malloc` for each allocation whose alignment is at most that
//! of a standard type (`MIN_ALIGN` in `library/std/src/sys/alloc`), without a check of the result.
//! Compiled code accesses memory from `malloc` with vector instructions, which fault if the memory
//! is misaligned. A C library takes small, medium and large blocks from different places, so the
//! scenario tries sizes from 16 bytes to 3 MiB.

use testprog_harness::{Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let misaligned = Expectation::exits(1, "malloc(200000) returned memory at");
    Scenario::of_module(module_path!(), run).mutant("libc-malloc-misaligned", misaligned)
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_malloc_alignment() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_malloc_alignment())
}
