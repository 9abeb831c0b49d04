//! The child program, an executable with many scenarios. The runner starts a process of the child
//! program for each scenario.

#[cfg_attr(have_coroutine, path = "coroutine_present.rs")]
#[cfg_attr(not(have_coroutine), path = "coroutine_absent.rs")]
mod coroutine;
mod csrc;
mod observe;
mod runtime;
mod scenarios;
mod switchers;

use std::process::ExitCode;

use testprog_harness::{child, protocol};

fn main() -> ExitCode {
    match runtime::mutant::read().and_then(|()| scenarios::all()) {
        Ok(scenarios) => child::main(&scenarios),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(protocol::USAGE_STATUS)
        }
    }
}
