//! Scenarios about fork and exec.

use testprog_harness::Scenario;

mod atfork_other_thread;
mod exec_on_thread;
mod exec_signal_mask;
mod fork_child_identity;
mod fork_child_main_pthread_exit;
mod fork_during_malloc;
mod fork_in_callback;
mod fork_while_printing;
mod fork_with_threads_busy;
mod machines_of_child;
mod main_pthread_exit;
mod spawn_error;
mod vfork_on_thread;

/// Returns all scenarios of this module.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        atfork_other_thread::scenario(),
        exec_on_thread::scenario(),
        exec_signal_mask::scenario(),
        fork_child_identity::scenario(),
        fork_child_main_pthread_exit::scenario(),
        fork_during_malloc::scenario(),
        fork_in_callback::scenario(),
        fork_while_printing::scenario(),
        fork_with_threads_busy::scenario(),
        machines_of_child::scenario(),
        main_pthread_exit::scenario(),
        spawn_error::scenario(),
        vfork_on_thread::scenario(),
    ]
}
