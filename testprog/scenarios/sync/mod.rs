//! Scenarios about synchronization, cancellation and initialization.

use testprog_harness::Scenario;

mod callback_during_init;
mod cancel_state_default;
mod robust_mutex_foreign_death;

/// Returns all scenarios of this module.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        callback_during_init::scenario(),
        cancel_state_default::scenario(),
        robust_mutex_foreign_death::scenario(),
    ]
}
