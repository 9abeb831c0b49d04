//! The state of the runtime that all threads of the process share.

use std::sync::OnceLock;

use super::bounds::Policy;
use super::pool::Pool;
use super::stacks::Stacks;
use super::thread_exit::ThreadExit;

/// The pool of `Machine`s (the runtime's records of threads) for threads that C created.
pub(super) static POOL: Pool = Pool::new();

/// The stacks that coroutine libraries have registered.
pub(super) static STACKS: Stacks = Stacks::new();

/// The settings that [`start`](super::start) stores when the runtime starts.
pub(super) static STARTED: OnceLock<Started> = OnceLock::new();

/// Settings of a runtime that has started.
pub(super) struct Started {
    pub(super) policy: Policy,
    /// Notification of each thread's exit, which makes the thread give its `Machine` back.
    pub(super) at_exit: ThreadExit,
}

/// Returns the settings of the runtime, which must have started.
#[inline]
pub(super) fn started() -> &'static Started {
    STARTED.get().expect("a scenario starts the runtime before any callback")
}
