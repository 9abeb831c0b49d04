//! Scenarios about the calling convention: registers, alignment, and a thread's state across calls.

use testprog_harness::Scenario;

mod aligned_entry;
mod callback_keeps_registers;
mod callback_keeps_state;
mod constants;
mod fast_math_object;
mod jump_keeps_registers;
mod signal_keeps_registers;
mod signal_keeps_vectors;
mod struct_sizes;
mod switch_keeps_state;
mod values_across_calls;

/// Returns all scenarios of this module.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        aligned_entry::scenario(),
        callback_keeps_registers::scenario(),
        callback_keeps_state::scenario(),
        constants::scenario(),
        fast_math_object::scenario(),
        jump_keeps_registers::scenario(),
        signal_keeps_registers::scenario(),
        signal_keeps_vectors::scenario(),
        struct_sizes::scenario(),
        switch_keeps_state::scenario(),
        values_across_calls::scenario(),
    ]
}
