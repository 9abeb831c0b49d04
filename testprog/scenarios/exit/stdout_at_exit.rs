//! If `exit` ends a process, buffered output must reach standard output exactly once, also if
//! another thread than the main thread calls `exit`. If `_exit` ends the process, buffered output
//! must be lost.
//!
//! The buffer of Rust's `print!` belongs to Rust's standard library, which writes the buffer when
//! `main` returns or in `std::process::exit`. If C code calls `exit`, the text of an unfinished
//! line in Rust's buffer is lost, because `print!` does not write an unfinished line at once
//! (<https://github.com/rust-lang/rust/issues/23818>).
//!
//! If this scenario fails, look at whether `exit` writes the buffers of all streams after it has
//! run the exit handlers, and whether `_exit` leaves the buffers alone.

use std::io::Write;

use testprog_harness::{Expectation, Scenario};

use crate::csrc;
use crate::runtime::{self, Policy};
use crate::scenarios::needs::FORK;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(FORK)
        .mutant("libc-exit-without-flush", Expectation::fails("exit: the output was ``"))
        .mutant("libc-quiet-exit-flushes", Expectation::fails("_exit: the output was `C;`"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{CStr, c_char, c_int};

    use crate::csrc::{self, Callback};

    unsafe extern "C" {
        pub(super) safe fn csrc_stdout_at_exit(callback: Callback) -> c_int;
        fn csrc_stdout_of_callback(callback: Callback, output: *mut c_char, size: usize) -> c_int;
    }

    /// Returns the output of a forked process that writes `C;` and calls back. The callback must
    /// end the process.
    pub(super) fn output_of(callback: Callback) -> Result<String, String> {
        let mut output: [c_char; 64] = [0; 64];
        // SAFETY: the variable `output` is writable memory of the given size.
        let error = unsafe { csrc_stdout_of_callback(callback, output.as_mut_ptr(), output.len()) };
        csrc::done(error)?;
        // SAFETY: the C function has stored a string that ends with a zero byte.
        let text = unsafe { CStr::from_ptr(output.as_ptr()) };
        Ok(text.to_string_lossy().into_owned())
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(half::csrc_stdout_at_exit(write_in_rust))?;
    let output = half::output_of(write_in_rust_and_exit)?;
    // The order of the two buffers is not defined.
    if output != "C;R;" && output != "R;C;" {
        return Err(format!("std::process::exit: the output was `{output}` instead of `R;C;`"));
    }
    Ok(())
}

/// Writes a text without a line break, which stays in the buffer of Rust's standard library.
extern "C" fn write_in_rust() {
    if write!(std::io::stdout(), "R;").is_err() {
        std::process::abort();
    }
}

extern "C" fn write_in_rust_and_exit() {
    write_in_rust();
    std::process::exit(0);
}
