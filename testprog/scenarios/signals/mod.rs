//! Scenarios about signals and their handlers.

use testprog_harness::Scenario;

mod altstack_inherit;
mod altstack_min_size;
mod crash_handler;
mod eintr;
mod external_thread_signal;
mod external_thread_sigprof;
mod fault_while_attaching;
mod handler_grows_stack;
mod handler_mask;
mod host_handler_small_altstack;
mod jump_out_of_handler;
mod longjmp_from_altstack;
mod mask_operations;
mod nested_return_signaled;
mod race_signal;
mod sig_stack;
mod sigfwd;
mod signal_at_every_step;
mod signal_in_handler;
mod signal_on_switched_stack;
mod signal_stack_align;
mod signal_to_thread;

/// Returns all scenarios of this module.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        altstack_inherit::scenario(),
        altstack_min_size::scenario(),
        crash_handler::scenario(),
        eintr::scenario(),
        external_thread_signal::scenario(),
        external_thread_sigprof::scenario(),
        fault_while_attaching::scenario(),
        handler_grows_stack::scenario(),
        handler_mask::scenario(),
        host_handler_small_altstack::scenario(),
        jump_out_of_handler::scenario(),
        longjmp_from_altstack::scenario(),
        mask_operations::scenario(),
        nested_return_signaled::scenario(),
        race_signal::scenario(),
        sig_stack::scenario(),
        sigfwd::scenario(),
        signal_at_every_step::scenario(),
        signal_in_handler::scenario(),
        signal_on_switched_stack::scenario(),
        signal_stack_align::scenario(),
        signal_to_thread::scenario(),
    ]
}
