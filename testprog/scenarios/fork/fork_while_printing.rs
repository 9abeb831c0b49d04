//! A process may fork while another thread prints, and the child must be able to print and to exit.
//!
//! POSIX allows a child of a process with several threads to call only async-signal-safe functions,
//! but runtimes and their users print in the child, and `exit` itself locks every stream. glibc
//! unlocks all streams in the child. In musl, a stream that another thread has locked stays locked,
//! so the child waits for ever (`LogCabin` kills such children after ten seconds,
//! <https://github.com/logcabin/logcabin/issues/121>). If the scenario fails, look at what `fork`
//! does with the locks of the streams and with the lock of the list of streams.

use testprog_harness::{Alternative, Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let held = "in a child of fork, a stream is locked by a thread that does not exist";
    let expected = Expectation::one_of(vec![
        Alternative::good("unlocked", Expectation::ok()),
        Alternative::known(
            "stays-locked",
            "https://pubs.opengroup.org/onlinepubs/9799919799/functions/fork.html",
            Expectation::exits(1, held),
        ),
    ]);
    let missing = Expectation::exits(1, "the line that a child of fork has printed is missing");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .expect(expected)
        .mutant("libc-exit-without-flush", missing)
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_fork_while_printing() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_fork_while_printing())
}
