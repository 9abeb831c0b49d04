//! Scenarios about synchronization, cancellation and initialization.

use testprog_harness::Scenario;

mod callback_during_init;
mod cancel_state_default;
mod first_callback_race;
mod foreign_threads_wait;
mod robust_mutex_foreign_death;

/// Returns all scenarios of this module.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        callback_during_init::scenario(),
        cancel_state_default::scenario(),
        first_callback_race::scenario(),
        foreign_threads_wait::scenario(),
        robust_mutex_foreign_death::scenario(),
    ]
}
