//! The types of the C library must have the same sizes and alignments in the `libc` crate as in the
//! C library's headers.
//!
//! The `libc` crate repeats the declarations of each C library by hand. If a structure is too small
//! in Rust, a C function that fills the structure overwrites the memory after the structure. A port
//! of the `libc` crate to a new target often copies the declarations of another target, which then
//! have wrong sizes, such as those of `pthread_attr_t`, `siginfo_t` or a 64-bit `time_t`. If the
//! scenario fails, compare the named type in the `libc` crate with the header.

use std::ffi::CStr;
use std::ptr;

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::mutant::{self, Mutant};

pub(crate) fn scenario() -> Scenario {
    let small = Expectation::exits(1, "pthread_attr_t has");
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .mutant("narrow-attributes", small)
}

#[expect(unsafe_code, reason = "calls the C function of the scenario")]
mod half {
    use std::ffi::c_char;

    unsafe extern "C" {
        pub(super) fn csrc_type(
            index: u32,
            size: *mut usize,
            alignment: *mut usize,
        ) -> *const c_char;
    }
}

#[cfg(unix)]
#[cfg_attr(
    target_env = "musl",
    expect(deprecated, reason = "the crate libc will change the size of musl's time_t on 32 bits")
)]
fn types() -> Vec<(usize, usize)> {
    macro_rules! layouts {
        ($($type:ident)*) => { vec![$((size_of::<libc::$type>(), align_of::<libc::$type>())),*] };
    }
    layouts! {
        pthread_t
        pthread_attr_t
        pthread_mutex_t
        pthread_cond_t
        pthread_rwlock_t
        pthread_key_t
        sigset_t
        stack_t
        siginfo_t
        sigaction
        rlimit
        timespec
        stat
        off_t
        time_t
    }
}

#[cfg(not(unix))]
fn types() -> Vec<(usize, usize)> {
    Vec::new()
}

/// Returns the name, the size and the alignment of a type in the C library's headers.
#[expect(unsafe_code, reason = "calls the C function of the scenario")]
fn in_c(index: u32) -> Option<(String, usize, usize)> {
    let (mut size, mut alignment) = (0, 0);
    // SAFETY: the variables `size` and `alignment` are writable.
    let name = unsafe { half::csrc_type(index, &raw mut size, &raw mut alignment) };
    if ptr::eq(name, ptr::null()) {
        return None;
    }
    // SAFETY: the function returns a string literal.
    let name = unsafe { CStr::from_ptr(name) };
    Some((name.to_string_lossy().into_owned(), size, alignment))
}

fn run() -> Result<(), String> {
    let mut wrong = Vec::new();
    let of_c: Vec<_> = (0..).map_while(in_c).collect();
    let mut of_rust = types();
    if mutant::is(Mutant::NarrowAttributes) {
        of_rust[1].0 -= 8;
    }
    if of_c.len() != of_rust.len() {
        return Err(format!("C knows {} types, and Rust {}", of_c.len(), of_rust.len()));
    }
    for ((name, size, alignment), (rust_size, rust_alignment)) in of_c.iter().zip(of_rust) {
        if (*size, *alignment) != (rust_size, rust_alignment) {
            wrong.push(format!(
                "{name} has {size} bytes with alignment {alignment} in C, and {rust_size} bytes \
                 with alignment {rust_alignment} in the crate `libc`"
            ));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}
