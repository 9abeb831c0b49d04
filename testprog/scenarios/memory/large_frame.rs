//! A function whose frame is larger than the rest of the stack must hit the inaccessible page below
//! the stack, and must not write to the memory below the page.
//!
//! A function with a large frame can move the stack pointer past the inaccessible page in one
//! instruction. To hit the inaccessible page, Rust touches each page of a large frame from the top
//! down (stack probes, the option `stack-probes` of a target's specification). Without stack
//! probes, an overflow silently overwrites other memory, as on `AArch64` in earlier versions of
//! LLVM (<https://github.com/WAVM/WAVM/issues/205>,
//! <https://github.com/rust-lang/rust/issues/77071>). If the scenario fails, look at `stack-probes`
//! in the target's specification. C code has stack probes only with the option
//! `-fstack-clash-protection` of the C compiler.

use std::hint::black_box;
use std::mem::MaybeUninit;

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::csrc;
use crate::runtime::mutant::{self, Mutant};
use crate::scenarios::needs::{GIVEN_STACK, MEMORY_PROTECTION};

/// Capability of Rust to touch each page of a large stack frame (stack probes).
const STACK_PROBES: Capability = Capability::Custom {
    name: "stack-probes",
    missing: |target| match &*target.arch {
        "x86" | "x86_64" | "aarch64" | "s390x" | "powerpc64" => None,
        _ => Some("Rust is not known to have stack probes for this processor"),
    },
};

/// Size of the frame in bytes. The thread's stack is 1 MiB.
const FRAME: usize = 2 << 20;

pub(crate) fn scenario() -> Scenario {
    let wrote = "a function with a large frame wrote below the inaccessible page";
    Scenario::of_module(module_path!(), run)
        .needs(GIVEN_STACK)
        .needs(MEMORY_PROTECTION)
        .needs(STACK_PROBES)
        .expect(Expectation::dies(
            [Signal::Segv, Signal::Bus],
            "about to call a function with a large frame",
        ))
        .mutant("no-stack-probes", Expectation::exits(1, wrote))
        .mutant("libc-mprotect-ignored", Expectation::exits(1, wrote))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_large_frame(callback: Callback) -> c_int;
        pub(super) fn csrc_skip_frame(size: usize);
    }
}

/// Uses only the lowest byte of a large frame.
#[inline(never)]
extern "C" fn use_large_frame() {
    if mutant::is(Mutant::NoStackProbes) {
        // SAFETY: the end of such a frame is in the memory below the inaccessible page, which the
        // scenario has mapped.
        #[expect(unsafe_code, reason = "stores a byte as a function without stack probes does")]
        unsafe {
            half::csrc_skip_frame(FRAME);
        }
        return;
    }
    with_frame();
}

#[inline(never)]
fn with_frame() {
    let mut frame = MaybeUninit::<[u8; FRAME]>::uninit();
    // SAFETY: the pointer points to the first byte of `frame`.
    #[expect(unsafe_code, reason = "writes to memory that is not initialized")]
    unsafe {
        frame.as_mut_ptr().cast::<u8>().write_volatile(1);
    }
    black_box(&frame);
}

fn run() -> Result<(), String> {
    csrc::done(half::csrc_large_frame(use_large_frame))
}
