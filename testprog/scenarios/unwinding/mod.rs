//! Scenarios about panics and jumps that cross callbacks.

use testprog_harness::Scenario;

mod longjmp_over_callbacks;
mod panic_in_callback;
mod panic_through_call_c;

/// Returns the scenarios of this topic.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        longjmp_over_callbacks::scenario(),
        panic_in_callback::scenario(),
        panic_through_call_c::scenario(),
    ]
}
