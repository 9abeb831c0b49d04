//! Scenarios about the start and the exit of threads, and about state of threads.

use testprog_harness::Scenario;

mod bind_machine;
mod callback_gc;
mod count_machines;
mod detached_churn;
mod drop_machine;
mod foreign_thread_local;
mod fresh_thread_state;
mod key_destructor_callback;
mod key_destructor_rearm;
mod last_destructor_pass;
mod late_thread_local;
mod need_machine_deadlock;
mod panic_in_thread_local;
mod realtime_first_callback;
mod reused_machine;
mod soak;
mod thread_exit_order;
mod thread_reuse;
mod thread_rounding_mode;

/// Returns all scenarios of this module.
///
/// # Errors
///
/// Fails with a message of one line if an environment variable that a scenario reads is invalid.
pub(super) fn all() -> Result<Vec<Scenario>, String> {
    Ok(vec![
        bind_machine::scenario(),
        callback_gc::scenario(),
        count_machines::scenario(),
        detached_churn::scenario(),
        drop_machine::scenario(),
        foreign_thread_local::scenario(),
        fresh_thread_state::scenario(),
        key_destructor_callback::scenario(),
        key_destructor_rearm::scenario(),
        last_destructor_pass::scenario(),
        late_thread_local::scenario(),
        need_machine_deadlock::scenario(),
        panic_in_thread_local::scenario(),
        realtime_first_callback::scenario(),
        reused_machine::scenario(),
        soak::scenario()?,
        thread_exit_order::scenario(),
        thread_reuse::scenario(),
        thread_rounding_mode::scenario(),
    ])
}
