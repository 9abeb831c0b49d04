//! Scenarios about stacks: bounds, and switches between stacks.

use testprog_harness::Scenario;

mod altstack_switch_callback;
mod assembly_switch_callback;
mod big_stack;
mod context_contract;
mod coroutine_after_callback;
mod coroutine_changes_thread;
mod coroutine_in_callback;
mod coroutine_outlives_thread;
mod coroutine_stopped_in_callback;
mod coroutine_switch_callback;
mod coroutines_out_of_order;
mod deep_callback;
mod deeper_on_same_stack;
mod large_unknown_stack;
mod main_stack_bounds;
pub(super) mod main_stack_grows;
mod main_stack_untold;
mod main_thread_stack_switch;
mod nested_stack_switch;
mod nested_switch_refused;
mod overlapping_estimates;
mod own_stack_asked_once;
pub(super) mod own_stack_bounds;
mod registered_stack;
mod retired_during_lookup;
mod retired_stack_in_use;
mod small_stack_callback;
mod stack_inside_stack;
mod stack_larger_than_told;
mod stack_of_ended_thread;
mod stack_switch_callback;
mod switch_keeps_thread;
mod switch_then_return;
mod unlimited_stack;

/// Returns all scenarios of this module.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        altstack_switch_callback::scenario(),
        assembly_switch_callback::scenario(),
        big_stack::scenario(),
        context_contract::scenario(),
        coroutine_after_callback::scenario(),
        coroutine_changes_thread::scenario(),
        coroutine_in_callback::scenario(),
        coroutine_outlives_thread::scenario(),
        coroutine_stopped_in_callback::scenario(),
        coroutine_switch_callback::scenario(),
        coroutines_out_of_order::scenario(),
        deep_callback::scenario(),
        deeper_on_same_stack::scenario(),
        large_unknown_stack::scenario(),
        main_stack_bounds::scenario(),
        main_stack_grows::scenario(),
        main_stack_untold::scenario(),
        main_thread_stack_switch::scenario(),
        nested_stack_switch::scenario(),
        nested_switch_refused::scenario(),
        overlapping_estimates::scenario(),
        own_stack_asked_once::scenario(),
        own_stack_bounds::scenario(),
        registered_stack::scenario(),
        retired_during_lookup::scenario(),
        retired_stack_in_use::scenario(),
        small_stack_callback::scenario(),
        stack_inside_stack::scenario(),
        stack_larger_than_told::scenario(),
        stack_of_ended_thread::scenario(),
        stack_switch_callback::scenario(),
        switch_keeps_thread::scenario(),
        switch_then_return::scenario(),
        unlimited_stack::scenario(),
    ]
}
