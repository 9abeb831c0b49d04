//! A callback on a C thread may call `std::process::exit` while the main thread handles a signal
//! on its signal stack.
//!
//! Until a fix of August 2026, `std::process::exit` freed the signal stack of the main thread, even
//! if another thread called `std::process::exit`, and the main thread kept using the freed stack
//! (<https://github.com/rust-lang/rust/issues/161018>). The next signal that the main thread
//! handled on the freed stack killed the process by SIGSEGV. An exit handler sends the signal, so
//! the signal always arrives during the exit.
//!
//! If this scenario dies of SIGSEGV with a fixed standard library, look at what `exit` frees
//! although other threads still run.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Link to the bug of Rust's standard library, whose fix was merged in August 2026.
const FREED: &str = "https://github.com/rust-lang/rust/issues/161018";

pub(crate) fn scenario() -> Scenario {
    let link = if cfg!(std_frees_signal_stack) { FREED } else { "" };
    let killed = Expectation::dies([Signal::Segv], "about to signal the main thread");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .expect(Expectation::exits(0, "the main thread handled the signal"))
        .known_bug_failing(link, killed)
        .mutant("libc-kill-to-caller", Expectation::exits(0, "another thread handled the signal"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_exit_while_signaled(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_exit_while_signaled(callback)))
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        std::process::exit(0);
    });
}
