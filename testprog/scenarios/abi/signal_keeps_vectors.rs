//! Code that a signal has interrupted must continue with its own vector registers, whatever the
//! signal handler has changed, also if the handler runs on an alternate stack.
//!
//! A signal may interrupt code between any two instructions, so the kernel must save all registers
//! in the signal frame, and not only those that a function call keeps. Some releases of Linux 5.2
//! and later lost the registers of AVX when the signal frame was on a page that was not yet mapped
//! (<https://go.dev/issue/35777>), and the tool `DynamoRIO` cleared the upper halves of the
//! registers (<https://github.com/DynamoRIO/dynamorio/issues/3812>). If the scenario fails, look at
//! the kernel's or the emulator's signal frame, and at the C library's code that returns from a
//! handler.
//!
//! A second thread sends the signal while the first thread holds known values in its registers, so
//! the signal does not arrive within a function call. On x86-64, the scenario checks the widest of
//! the registers of SSE, AVX and AVX-512 that the processor has.

use testprog_harness::{Capability, Expectation, Scenario, Target};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run).needs(Capability::Signals);
    let fails = |text| Expectation::exits(1, text);
    // The mutants know only the signal frames of x86-64 and aarch64.
    let scenario = if ["x86_64", "aarch64"].contains(&&*Target::current().arch) {
        let changed = "a signal on the thread's stack changed byte 0 of vector register 7";
        scenario.mutant("libc-vectors-lost", fails(changed))
    } else {
        scenario
    };
    if has_avx() {
        let changed = "a signal on the thread's stack changed byte 16 of vector register 0";
        scenario.mutant("libc-wide-vectors-lost", fails(changed))
    } else {
        scenario
    }
}

/// Returns whether the processor has vector registers of 32 bytes.
fn has_avx() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::is_x86_feature_detected!("avx");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_signal_keeps_vectors() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_signal_keeps_vectors())
}
