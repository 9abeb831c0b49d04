//! Scenarios about fork.

use testprog_harness::Scenario;

mod fork_with_threads_busy;

pub(super) use fork_with_threads_busy::FORK;

/// Returns the scenarios of this topic.
pub(super) fn all() -> Vec<Scenario> {
    vec![fork_with_threads_busy::scenario()]
}
