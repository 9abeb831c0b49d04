//! Tests that `cargo test` and cargo-nextest show each verdict, with executables that the tests start.
//!
//! The tests build `cases.rs` and `blocks.rs` with Cargo, in the target folder of this executable, so
//! only these two files are compiled. The tests compile the files in `messages/` with rustc alone.
#![cfg_attr(unix, expect(clippy::unwrap_used, reason = "a test may panic"))]

#[cfg(unix)]
mod blocks_end;
#[cfg(unix)]
mod build;
#[cfg(unix)]
mod cases_end;
#[cfg(unix)]
mod compile;
#[cfg(unix)]
mod defaults;
#[cfg(unix)]
mod lines;
#[cfg(unix)]
mod nextest;
#[cfg(unix)]
#[path = "../command/test_functions.rs"]
mod test_functions;
#[cfg(unix)]
#[expect(dead_code, reason = "other test executables use the rest of this module")]
#[path = "../trial/mod.rs"]
mod trial;
#[cfg(unix)]
mod with_program;

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    if let Some(status) = defaults::answer().or_else(with_program::answer) {
        return status;
    }
    let trials = [
        compile::trials(),
        nextest::trials(),
        cases_end::trials(),
        blocks_end::trials(),
        defaults::trials(),
        with_program::trials(),
    ];
    trial::run(trials.into_iter().flatten().collect(), 2)
}
