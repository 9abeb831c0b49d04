//! If the main thread of a Rust program overflows its stack, the standard library must print a
//! message and abort the process.
//!
//! The standard library handles SIGSEGV on an alternate signal stack, because the handler cannot
//! run on the overflowed stack. If `sigaltstack` does not work, the process dies of SIGSEGV without
//! a message. The handler needs the address of the main thread's guard page, which the standard
//! library cannot know with musl, because musl reports only the part of the stack that is mapped.
//! With musl, the overflow kills the process by SIGSEGV without a message
//! (<https://github.com/rust-lang/rust/issues/43347>).

use std::hint::black_box;

use testprog_harness::{Alternative, Expectation, Scenario, Signal};

pub(crate) fn scenario() -> Scenario {
    let overflowed = Expectation::dies([Signal::Abrt], "has overflowed its stack");
    let expect = if cfg!(target_env = "musl") {
        let link = "https://github.com/rust-lang/rust/issues/43347";
        let silent = Expectation::dies([Signal::Segv], "about to overflow the stack");
        Expectation::one_of(vec![
            Alternative::good("message", overflowed),
            Alternative::known("silent", link, silent),
        ])
    } else {
        overflowed
    };
    let silent = Expectation::dies([Signal::Segv], "about to overflow the stack");
    Scenario::of_module(module_path!(), run)
        .needs(OVERFLOW_HANDLER)
        .expect(expect)
        .mutant("libc-altstack-ignored", silent)
}

/// Property of a system: the standard library's handler of a stack overflow aborts the process
/// after its message.
pub(super) const OVERFLOW_HANDLER: testprog_harness::Capability =
    testprog_harness::Capability::Custom {
        name: "overflow-handler",
        missing: |target| match &*target.os {
            "windows" => Some("Windows ends the process after the message, and Wine the thread"),
            "linux" | "android" | "macos" | "freebsd" | "dragonfly" | "netbsd" | "openbsd"
            | "illumos" | "solaris" | "hurd" => None,
            _ => Some("the standard library has no handler for this system"),
        },
    };

#[expect(clippy::unnecessary_wraps, reason = "a scenario returns a `Result`")]
fn run() -> Result<(), String> {
    overflow();
    Ok(())
}

/// Recurses until the stack overflows.
pub(super) fn overflow() {
    eprintln!("about to overflow the stack");
    recurse(0);
}

#[inline(never)]
#[expect(unconditional_recursion, reason = "overflows the stack")]
fn recurse(depth: u64) {
    // Each call uses less stack than a guard page has, so no call skips the guard page.
    let frame = black_box([depth; 32]);
    recurse(depth + 1);
    black_box(frame);
}
