//! Scenarios about panics, jumps and backtraces that cross callbacks.

use testprog_harness::Scenario;

mod cancel_in_callback;
mod catch_panic;
mod catch_panic_early;
mod ended_callback;
mod goexit_in_callback;
mod longjmp_over_callbacks;
mod panic_callback;
mod panic_caught_in_callback;
mod panic_in_callback;
mod panic_off_thread_start;
mod panic_through_c;
mod panic_through_c_no_tables;
mod panic_through_call_c;
mod panic_through_plugin;
mod pthread_exit_catch;
mod switch_backtrace;
mod traceback;
mod traceback_sigpanic;
mod unwind_from_signal;

/// Returns all scenarios of this module.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        cancel_in_callback::scenario(),
        catch_panic::scenario(),
        catch_panic_early::scenario(),
        goexit_in_callback::scenario(),
        longjmp_over_callbacks::scenario(),
        panic_callback::scenario(),
        panic_caught_in_callback::scenario(),
        panic_in_callback::scenario(),
        panic_off_thread_start::scenario(),
        panic_through_c::scenario(),
        panic_through_c_no_tables::scenario(),
        panic_through_call_c::scenario(),
        panic_through_plugin::scenario(),
        pthread_exit_catch::scenario(),
        switch_backtrace::scenario(),
        traceback::scenario(),
        traceback_sigpanic::scenario(),
        unwind_from_signal::scenario(),
    ]
}
