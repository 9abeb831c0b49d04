//! Finds the cause of a failed build in cargo's messages.

/// Returns the line of cargo's messages that names the cause of a failed build.
pub(super) fn first_error(stderr: &str) -> String {
    let errors = || stderr.lines().map(str::trim).filter(|line| line.starts_with("error"));
    // If a build script fails, cargo's first error does not name the cause. cc-rs prints the cause
    // in a later line that begins with `error occurred`.
    let cause = errors().find(|line| line.starts_with("error occurred"));
    let cause = cause.or_else(|| errors().next());
    let last = || stderr.trim_end().lines().last();
    cause.or_else(last).map_or_else(|| "cargo printed no reason".to_owned(), short)
}

/// Returns a line of a message, cut after 300 characters.
pub(super) fn short(line: &str) -> String {
    const LONGEST: usize = 300;
    let mut short: String = line.chars().take(LONGEST).collect();
    short.extend(line.chars().nth(LONGEST).map(|_| '…'));
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_failed_build_is_found() {
        for (stderr, cause) in [
            (
                "warning: x\nerror[E0463]: can't find crate\nerror: could not compile",
                "error[E0463]",
            ),
            (
                "error: failed to run custom build command\n  --- stderr\n  error occurred in cc-rs: no gcc",
                "error occurred in cc-rs: no gcc",
            ),
            ("thread main panicked\n", "thread main panicked"),
            ("", "cargo printed no reason"),
        ] {
            assert!(first_error(stderr).starts_with(cause), "{stderr}");
        }
    }
}
