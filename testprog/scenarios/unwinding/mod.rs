//! Scenarios about panics and jumps that cross callbacks.

use testprog_harness::{Capability, Scenario};

mod longjmp_over_callbacks;
mod panic_in_callback;
mod panic_through_call_c;

/// Capability to catch a panic.
pub(super) const UNWINDING: Capability = Capability::Custom {
    name: "unwinding",
    missing: |_| cfg!(panic = "abort").then_some("this build aborts at a panic"),
};

/// Returns the scenarios of this topic.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        longjmp_over_callbacks::scenario(),
        panic_in_callback::scenario(),
        panic_through_call_c::scenario(),
    ]
}
