//! The byte beyond the end of a thread's stack must be inaccessible.
//!
//! A C library maps a guard page beyond the end of the stack of each thread that it creates. A runtime relies
//! on the guard page for code that does not check for overflow. relibc stores the size of the guard
//! page but maps no guard page, so an overflow silently overwrites other memory. glibc before 2.27
//! reported bounds that include the guard page, so the standard library of Rust looked for the
//! guard page at a wrong address (<https://github.com/rust-lang/rust/issues/47863>). The scenario
//! first writes to each page of the reported stack, so it also fails if the reported bounds include
//! the guard page.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::csrc;
use crate::scenarios::needs::THREAD_BOUNDS;

/// Property of a system: an inaccessible page lies right beyond the reported bounds of a thread's
/// stack.
const GUARD_PAGES: Capability = Capability::Custom {
    name: "guard-pages",
    missing: |target| match &*target.os {
        "windows" => Some("Windows extends a stack when its guard page is touched"),
        "wasi" => Some("WebAssembly has no inaccessible memory"),
        _ => None,
    },
};

pub(crate) fn scenario() -> Scenario {
    let accessible = "a thread can write to the byte beyond the end of its stack";
    Scenario::of_module(module_path!(), run)
        .needs(THREAD_BOUNDS)
        .needs(GUARD_PAGES)
        .expect(Expectation::dies([Signal::Segv, Signal::Bus], "about to write beyond the stack"))
        .mutant("libc-no-guard-page", Expectation::exits(1, accessible))
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_guard_page() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_guard_page())
}
