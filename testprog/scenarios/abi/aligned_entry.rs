//! The stack pointer must be aligned in every function that the C library or the kernel calls: a
//! thread's start function, a destructor of a pthread key, the comparison function of `qsort`, the
//! function of `pthread_once`, and a signal handler.
//!
//! A compiler uses vector instructions that fault if the stack pointer is misaligned, so a
//! misaligned entry crashes a function far from the cause. `SerenityOS`
//! (<https://github.com/SerenityOS/serenity/issues/10625>) and mlibc called signal handlers with a
//! misaligned stack pointer. The alternate signal stack of this scenario begins and ends at an odd
//! address, so the kernel must align the stack pointer. If the scenario fails, look at the assembly
//! code that starts the named function.

use testprog_harness::{Capability, Expectation, Scenario, Target};

use crate::csrc;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run).needs(Capability::Signals);
    // On processors other than x86-64, the mutant does not misalign the stack pointer.
    if Target::current().arch == "x86_64" {
        let misaligned = "the stack pointer in the start function of a thread is misaligned";
        scenario.mutant("libc-thread-misaligned", Expectation::exits(1, misaligned))
    } else {
        scenario
    }
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_aligned_entry() -> c_int;
    }
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_aligned_entry())
}
