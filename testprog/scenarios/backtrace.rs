//! Checks the names of functions in a backtrace.

#[cfg(unix)]
use std::backtrace::Backtrace;

use testprog_harness::{Alternative, Expectation};

#[cfg(unix)]
use crate::runtime;

/// Returns the expectation of a scenario that calls [`print_names`]. The function `with` returns
/// the expectation for a text on standard error.
pub(super) fn named(with: impl Fn(&str) -> Expectation) -> Expectation {
    Expectation::one_of(vec![
        Alternative::good("named", with("the backtrace names every function")),
        Alternative::known(
            "ends-in-handler",
            "https://github.com/llvm/llvm-project/issues/85097",
            with("the backtrace ends in the handler"),
        ),
    ])
}

/// Prints whether the backtrace names the function `in_handler`, which calls this function in a
/// signal handler, and the interrupted functions: the C function `interrupted`, and the Rust
/// function `rust_function_that_is_interrupted`, which has called the C function.
#[cfg(unix)]
pub(super) fn print_names(interrupted: &str) {
    runtime::signal_callback(|_| {
        // `force_capture` is not async-signal-safe, but the signal interrupts no allocation.
        let trace = Backtrace::force_capture().to_string();
        let expected = ["in_handler", interrupted, "rust_function_that_is_interrupted"];
        match names(&trace, &expected) {
            Ok(()) => eprintln!("the backtrace names every function"),
            Err(_) if names(&trace, &expected[..1]).is_ok() => {
                eprintln!("the backtrace ends in the handler:\n{trace}");
            }
            Err(error) => eprintln!("{error}"),
        }
    });
}

/// Checks that a backtrace contains the names of all `functions`, in this order.
///
/// # Errors
///
/// Fails with the backtrace and the first name that is missing in the backtrace.
pub(super) fn names(trace: &str, functions: &[&str]) -> Result<(), String> {
    let mut rest = trace;
    for function in functions {
        rest = match rest.split_once(function) {
            Some((_, rest)) => rest,
            None => return Err(format!("the backtrace does not name `{function}`:\n{trace}")),
        };
    }
    Ok(())
}
