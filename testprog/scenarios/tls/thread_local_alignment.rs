//! The address of a thread-local variable must have the variable's alignment on every thread, also
//! if the variable belongs to a shared object that the program has loaded by `dlopen`.
//!
//! The C library places the variables of the program relative to the thread pointer, and must round
//! the offset to the alignment of the TLS segment. mlibc placed the variables at wrong offsets
//! (<https://github.com/managarm/mlibc/issues/960>), relibc needed four fixes, and Android's C
//! library refuses programs whose TLS segment is not aligned enough
//! (<https://github.com/termux/termux-packages/issues/8273>).
//!
//! If this scenario fails, look at how the C library rounds the address of the TLS block: the
//! block's address must be equal to `p_vaddr` modulo `p_align`.

use testprog_harness::{Expectation, Scenario};

use super::plugin;
use crate::csrc;
use crate::runtime::{self, Policy};

pub(crate) fn scenario() -> Scenario {
    let text = "of the plugin that must be aligned to 64 bytes was 16 bytes above";
    Scenario::of_module(module_path!(), run).mutant("libc-tls-misaligned", Expectation::fails(text))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{c_char, c_int};

    unsafe extern "C" {
        pub(super) safe fn csrc_thread_local_alignment() -> c_int;
        pub(super) fn csrc_thread_local_alignment_plugin(path: *const c_char) -> c_int;
    }
}

/// Value whose alignment is larger than any alignment that a processor requires.
#[repr(align(1024))]
struct Aligned(u8);

thread_local! {
    static ALIGNED: Aligned = const { Aligned(5) };
}

#[expect(unsafe_code, reason = "calls C functions")]
fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_thread_local_alignment()))?;
    for _ in 0..3 {
        runtime::call_c(|| csrc::thread(check_in_rust))?;
    }
    if plugin::MISSING.is_some() {
        return Ok(());
    }
    // SAFETY: `with_path` passes a string that ends with a zero byte.
    plugin::with_path(|path| unsafe { half::csrc_thread_local_alignment_plugin(path) })
}

fn check_in_rust() {
    ALIGNED.with(|aligned| {
        let remainder = std::hint::black_box(std::ptr::from_ref(aligned).addr()) % 1024;
        assert_eq!(remainder, 0, "a variable of Rust is not aligned to 1024 bytes");
        assert_eq!(aligned.0, 5, "a variable of Rust has not its initial value");
    });
}
