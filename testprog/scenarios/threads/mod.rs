//! Scenarios about the start, the life and the exit of threads.

use testprog_harness::Scenario;

mod bind_machine;
mod drop_machine;
mod last_destructor_pass;
mod need_machine_deadlock;
mod realtime_first_callback;
mod reused_machine;
mod soak;

/// Returns the scenarios of this topic.
///
/// # Errors
///
/// Fails with a message of one line if an environment variable that a scenario reads is invalid.
pub(super) fn all() -> Result<Vec<Scenario>, String> {
    Ok(vec![
        bind_machine::scenario(),
        drop_machine::scenario(),
        last_destructor_pass::scenario(),
        need_machine_deadlock::scenario(),
        realtime_first_callback::scenario(),
        reused_machine::scenario(),
        soak::scenario()?,
    ])
}
