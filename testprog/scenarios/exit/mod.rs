//! Scenarios about the end of the process.

use testprog_harness::Scenario;

mod abort_always_kills;
mod abort_in_c;
mod atexit_callback;
mod atexit_in_atexit;
mod concurrent_exit;
mod destructor_callback;
mod exit_from_thread;
mod exit_in_atexit;
mod exit_while_signaled;
mod main_thread_local_at_exit;
mod quick_exit_on_thread;
mod segv_in_c;
mod sent_segv;
mod stdout_at_exit;
mod thread_outlives_main;

/// Returns all scenarios of this module.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        abort_always_kills::scenario(),
        abort_in_c::scenario(),
        atexit_callback::scenario(),
        atexit_in_atexit::scenario(),
        concurrent_exit::scenario(),
        destructor_callback::scenario(),
        exit_from_thread::scenario(),
        exit_in_atexit::scenario(),
        exit_while_signaled::scenario(),
        main_thread_local_at_exit::scenario(),
        quick_exit_on_thread::scenario(),
        segv_in_c::scenario(),
        sent_segv::scenario(),
        stdout_at_exit::scenario(),
        thread_outlives_main::scenario(),
    ]
}
