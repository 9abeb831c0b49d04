//! The state that all threads of the process share.

use std::sync::OnceLock;

use super::bounds::Policy;
use super::pool::Pool;
use super::stacks::Stacks;
use super::thread_exit::ThreadExit;

/// The pool of machines for threads that C created.
pub(super) static POOL: Pool = Pool::new();

/// The stacks that coroutine libraries have registered.
pub(super) static STACKS: Stacks = Stacks::new();

/// The settings that [`start`](super::start) has chosen, once it has run.
pub(super) static STARTED: OnceLock<Started> = OnceLock::new();

/// Settings of a runtime that has started.
pub(super) struct Started {
    pub(super) policy: Policy,
    /// Notice by which each thread gives its machine back when it exits.
    pub(super) at_exit: ThreadExit,
}

/// Returns the settings of the runtime, which must have started.
#[inline]
pub(super) fn started() -> &'static Started {
    STARTED.get().expect("a scenario starts the runtime before any callback")
}
