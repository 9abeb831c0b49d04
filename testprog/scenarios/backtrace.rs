//! Checks the names of functions in a backtrace.

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
