//! Tests of the command `cargo testprog`, which the tests start as a process.
//!
//! All tests of the command are one executable, because linking an executable takes longer than
//! running most tests. The executable is also the child process for the tests in [`crash`] and
//! `hostile`.
#![expect(clippy::unwrap_used, reason = "clippy allows `unwrap` only in functions with `#[test]`")]

#[cfg(unix)]
mod cli;
mod compare;
#[cfg(unix)]
mod compiler;
#[cfg(unix)]
mod completions;
#[cfg(unix)]
mod crash;
mod docs;
mod documents;
#[cfg(unix)]
mod doors;
#[cfg(unix)]
mod end;
#[cfg(unix)]
mod expectations;
#[cfg(unix)]
mod formats;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(unix)]
mod junit;
#[cfg(unix)]
mod manifest;
#[cfg(unix)]
mod many;
#[cfg(unix)]
mod matrix;
mod merge;
#[cfg(target_os = "linux")]
mod neighbors;
mod page;
#[cfg(unix)]
mod port;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
#[path = "../../harness/command/benches/reuse.rs"]
mod reuse;
#[cfg(unix)]
mod scale;
#[path = "../schema.rs"]
mod schema;
#[cfg(unix)]
mod script;
#[cfg(unix)]
mod stubs;
mod test_functions;
#[path = "../trial/mod.rs"]
#[cfg_attr(windows, expect(dead_code, reason = "on Windows, no test needs a tool"))]
mod trial;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(unix)]
    if let Some(status) = compiler::answer()
        .or_else(crash::answer)
        .or_else(doors::answer)
        .or_else(expectations::answer)
        .or_else(manifest::answer)
        .or_else(scale::answer)
    {
        return status;
    }
    #[cfg(target_os = "linux")]
    if let Some(status) = hostile::answer() {
        return status;
    }
    let mut trials = Vec::new();
    // The tests start in the order of this list, so the modules with the longest tests come first.
    #[cfg(unix)]
    trials.extend(
        [
            port::trials(),
            scale::trials(),
            crash::trials(),
            matrix::trials(),
            end::trials(),
            many::trials(),
        ]
        .into_iter()
        .flatten(),
    );
    #[cfg(target_os = "linux")]
    trials.extend(hostile::trials().into_iter().chain(neighbors::trials()));
    trials.extend(
        [page::trials(), merge::trials(), compare::trials(), docs::trials()].into_iter().flatten(),
    );
    #[cfg(unix)]
    trials.extend(
        [
            formats::trials(),
            junit::trials(),
            cli::trials(),
            completions::trials(),
            doors::trials(),
            programs::trials(),
            expectations::trials(),
            manifest::trials(),
            stubs::trials(),
        ]
        .into_iter()
        .flatten(),
    );
    // Six tests run at once on each processor core, because most tests spend most of their time
    // waiting for a child, and the tests of `port` need the processor meanwhile.
    trial::run(trials, 6 * trial::cores())
}
