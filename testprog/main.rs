//! The child: one executable with many scenarios, each run in a process of its own.

#[cfg_attr(have_coroutine, path = "coroutine_present.rs")]
#[cfg_attr(not(have_coroutine), path = "coroutine_absent.rs")]
mod coroutine;
mod csrc;
mod observe;
mod runtime;
mod scenarios;

use std::process::ExitCode;

use harness::{child, protocol};

fn main() -> ExitCode {
    if let Err(error) = runtime::mutant::read() {
        eprintln!("{error}");
        return ExitCode::from(protocol::USAGE);
    }
    child::main(&scenarios::all())
}
