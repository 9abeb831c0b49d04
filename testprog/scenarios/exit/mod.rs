//! Scenarios about the end of the process.

use testprog_harness::Scenario;

mod abort_in_c;
mod destructor_callback;
mod segv_in_c;

/// Returns the scenarios of this topic.
pub(super) fn all() -> Vec<Scenario> {
    vec![abort_in_c::scenario(), destructor_callback::scenario(), segv_in_c::scenario()]
}
