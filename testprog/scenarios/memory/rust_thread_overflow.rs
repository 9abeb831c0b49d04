//! If a thread that the standard library of Rust has created overflows its stack, the standard
//! library must print a message and abort the process.
//!
//! The standard library handles SIGSEGV on an alternate signal stack, because the handler cannot
//! run on the overflowed stack. If `sigaltstack` does not work, the process dies of SIGSEGV without
//! a message. The standard library computes the address of the guard page from the bounds that the
//! C library reports. glibc moved the guard page in version 2.27, and the message was lost
//! (<https://github.com/rust-lang/rust/issues/47863>).

use testprog_harness::{Expectation, Scenario, Signal};

use super::main_thread_overflow::{OVERFLOW_HANDLER, overflow};

pub(crate) fn scenario() -> Scenario {
    let expect = Expectation::dies([Signal::Abrt], "has overflowed its stack");
    let silent = Expectation::dies([Signal::Segv], "about to overflow the stack");
    Scenario::of_module(module_path!(), run)
        .needs(OVERFLOW_HANDLER)
        .expect(expect)
        .mutant("libc-altstack-ignored", silent)
}

fn run() -> Result<(), String> {
    std::thread::spawn(overflow).join().map_err(|_| "the thread panicked".to_owned())
}
