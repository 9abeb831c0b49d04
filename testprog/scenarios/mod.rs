//! The scenarios of the child program, one module for each topic. Each scenario has a `mod` line
//! and an entry in the function `all` in the file `mod.rs` of the scenario's topic.

use testprog_harness::Scenario;

mod abi;
mod backtrace;
mod exit;
mod fork;
mod memory;
mod needs;
mod signals;
mod stacks;
mod sync;
mod threads;
mod tls;
mod unwinding;

/// Returns every scenario, in the order in which `--list` prints the scenarios.
///
/// # Errors
///
/// Fails with a message of one line if an environment variable that a scenario reads is invalid.
pub(crate) fn all() -> Result<Vec<Scenario>, String> {
    let topics = [
        abi::all(),
        exit::all(),
        fork::all(),
        memory::all(),
        signals::all(),
        stacks::all(),
        sync::all(),
        threads::all()?,
        tls::all(),
        unwinding::all(),
    ];
    Ok(topics.into_iter().flatten().collect())
}
