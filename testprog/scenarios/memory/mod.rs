//! Scenarios about guard pages and stack overflows.

use testprog_harness::Scenario;

mod guard_overflow;
mod guard_page;
mod inner_stack_overflow;
mod large_frame;
mod main_thread_overflow;
mod malloc_alignment;
mod registered_stack_overflow;
mod rust_thread_overflow;
mod switched_stack_overflow;

/// Returns all scenarios of this module.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        guard_overflow::scenario(),
        guard_page::scenario(),
        inner_stack_overflow::scenario(),
        large_frame::scenario(),
        main_thread_overflow::scenario(),
        malloc_alignment::scenario(),
        registered_stack_overflow::scenario(),
        rust_thread_overflow::scenario(),
        switched_stack_overflow::scenario(),
    ]
}
