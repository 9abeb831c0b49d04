//! `pthread_sigmask` must add signals to the thread's signal mask (`SIG_BLOCK`), remove signals
//! (`SIG_UNBLOCK`), or replace the mask (`SIG_SETMASK`), and must return the old mask each time.
//!
//! A runtime blocks signals while it holds a lock, and restores the old mask afterwards. If
//! `SIG_BLOCK` replaced the mask, a signal that the program has blocked would arrive while the
//! runtime holds the lock. If the old mask were wrong, the program would continue with another mask
//! than before the callback.
//!
//! The mask must have room for the real-time signals. `OSv` and `NuttX` had masks of another size
//! than their callers expected (<https://github.com/cloudius-systems/osv/issues/1255>,
//! <https://github.com/apache/nuttx/issues/8869>).
//!
//! If the scenario fails, look at `pthread_sigmask` and at the size of the mask that the C library
//! passes to the kernel.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("libc-block-replaces", Expectation::fails("after SIG_BLOCK of SIGUSR2"))
        .mutant("libc-fillset-lacks-realtime", Expectation::fails("did not add the real-time"))
        .mutant("libc-old-mask-empty", Expectation::fails("after SIG_BLOCK of SIGUSR1 is 0"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_mask_operations() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_mask_operations())
}
