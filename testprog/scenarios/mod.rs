//! The list of all scenarios of the child program. Each scenario has a `mod` line in this file and
//! an entry in the function [`all`].

use testprog_harness::Scenario;

mod abort_in_c;
mod altstack_switch_callback;
mod bind_machine;
mod coroutine_changes_thread;
mod coroutine_outlives_thread;
mod coroutine_switch_callback;
mod coroutines_out_of_order;
mod deeper_on_same_stack;
mod destructor_callback;
mod drop_machine;
mod fault_while_attaching;
mod fork_with_threads_busy;
mod guard_overflow;
mod jump_out_of_handler;
mod large_unknown_stack;
mod last_destructor_pass;
mod longjmp_over_callbacks;
mod main_stack_grows;
mod main_stack_untold;
mod main_thread_stack_switch;
mod need_machine_deadlock;
mod nested_stack_switch;
mod nested_switch_refused;
mod overlapping_estimates;
mod own_stack_asked_once;
mod panic_in_callback;
mod panic_through_call_c;
mod realtime_first_callback;
mod registered_stack;
mod registered_stack_overflow;
mod retired_stack_in_use;
mod segv_in_c;
mod signal_at_every_step;
mod soak;
mod stack_inside_stack;
mod stack_larger_than_told;
mod stack_of_ended_thread;
mod stack_switch_callback;

/// Returns every scenario, in the order in which `--list` prints the scenarios.
///
/// # Errors
///
/// Fails with a message of one line if an environment variable that a scenario reads is invalid.
pub(crate) fn all() -> Result<Vec<Scenario>, String> {
    Ok(vec![
        abort_in_c::scenario(),
        altstack_switch_callback::scenario(),
        bind_machine::scenario(),
        coroutine_changes_thread::scenario(),
        coroutine_outlives_thread::scenario(),
        coroutine_switch_callback::scenario(),
        coroutines_out_of_order::scenario(),
        deeper_on_same_stack::scenario(),
        destructor_callback::scenario(),
        drop_machine::scenario(),
        fault_while_attaching::scenario(),
        fork_with_threads_busy::scenario(),
        guard_overflow::scenario(),
        jump_out_of_handler::scenario(),
        large_unknown_stack::scenario(),
        last_destructor_pass::scenario(),
        longjmp_over_callbacks::scenario(),
        main_stack_grows::scenario(),
        main_stack_untold::scenario(),
        main_thread_stack_switch::scenario(),
        need_machine_deadlock::scenario(),
        nested_stack_switch::scenario(),
        nested_switch_refused::scenario(),
        overlapping_estimates::scenario(),
        own_stack_asked_once::scenario(),
        panic_in_callback::scenario(),
        panic_through_call_c::scenario(),
        realtime_first_callback::scenario(),
        registered_stack::scenario(),
        registered_stack_overflow::scenario(),
        retired_stack_in_use::scenario(),
        segv_in_c::scenario(),
        signal_at_every_step::scenario(),
        soak::scenario()?,
        stack_inside_stack::scenario(),
        stack_larger_than_told::scenario(),
        stack_of_ended_thread::scenario(),
        stack_switch_callback::scenario(),
    ])
}
