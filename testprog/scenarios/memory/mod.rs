//! Scenarios about guard pages and stack overflows.

use testprog_harness::Scenario;

mod guard_overflow;
mod registered_stack_overflow;

/// Returns the scenarios of this topic.
pub(super) fn all() -> Vec<Scenario> {
    vec![guard_overflow::scenario(), registered_stack_overflow::scenario()]
}
