//! A SIGSEGV that a thread sends must kill the process, as a SIGSEGV of a fault does. This scenario
//! corresponds to `TgkillSegvInCgo` of Go's test program `testprogcgo`.
//!
//! A fault of the program happens again after a handler has returned, but a SIGSEGV that a thread
//! has sent does not come again. The handler of Rust's standard library restores the default action
//! of SIGSEGV and returns, so the process survives the first SIGSEGV that a thread sends
//! (<https://github.com/rust-lang/rust/issues/140662>).
//!
//! If this scenario fails in another way, look at `pthread_kill` and at the default action of
//! SIGSEGV.

use testprog_harness::{Capability, Content, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

const SURVIVED: &str = "https://github.com/rust-lang/rust/issues/140662";

/// Whether Rust's standard library handles SIGSEGV on this target to report stack overflows.
const STD_HANDLES_SEGV: bool = cfg!(any(
    target_os = "linux",
    target_os = "macos",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "hurd",
    target_os = "solaris",
    target_os = "illumos",
));

pub(crate) fn scenario() -> Scenario {
    let at_once = Expectation::dies([Signal::Segv], "about to send SIGSEGV")
        .stderr(Content::contains_none(["the first SIGSEGV was ignored"]));
    let survived = Expectation::dies([Signal::Segv], "the first SIGSEGV was ignored");
    let link = if STD_HANDLES_SEGV { SURVIVED } else { "" };
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .expect(at_once)
        .known_bug_failing(link, survived)
        .mutant("swallow-segv", Expectation::exits(0, "about to send SIGSEGV"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_sent_segv(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_sent_segv(observe::callback)))
}
