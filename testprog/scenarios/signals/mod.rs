//! Scenarios about signals and their handlers.

use testprog_harness::Scenario;

mod fault_while_attaching;
mod jump_out_of_handler;
mod signal_at_every_step;

/// Returns the scenarios of this topic.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        fault_while_attaching::scenario(),
        jump_out_of_handler::scenario(),
        signal_at_every_step::scenario(),
    ]
}
