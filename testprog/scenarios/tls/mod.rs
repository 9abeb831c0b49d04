//! Scenarios about thread-local storage.

use testprog_harness::Scenario;

mod dlclose_with_destructor;
mod dlclose_with_key;
mod dlopen_beside_threads;
#[cfg_attr(have_plugin, path = "plugin_present.rs")]
#[cfg_attr(not(have_plugin), path = "plugin_absent.rs")]
pub(super) mod plugin;
mod thread_local_alignment;
mod thread_local_image;
mod thread_local_in_handler;

/// Returns all scenarios of this module.
pub(super) fn all() -> Vec<Scenario> {
    vec![
        dlclose_with_destructor::scenario(),
        dlclose_with_key::scenario(),
        dlopen_beside_threads::scenario(),
        thread_local_alignment::scenario(),
        thread_local_image::scenario(),
        thread_local_in_handler::scenario(),
    ]
}
