//! The state that all threads of the process share.

use std::sync::OnceLock;

use super::bounds::Policy;
use super::pool::Pool;
use super::stacks::Stacks;
use super::thread_exit::ThreadExit;

/// The machines of threads that C created.
pub(super) static POOL: Pool = Pool::new();

/// The stacks that coroutine libraries announced.
pub(super) static STACKS: Stacks = Stacks::new();

/// What [`start`](super::start) settled.
pub(super) static STARTED: OnceLock<Started> = OnceLock::new();

pub(super) struct Started {
    pub(super) policy: Policy,
    /// Gives the machine back when a thread exits.
    pub(super) at_exit: ThreadExit,
}

#[inline]
pub(super) fn started() -> &'static Started {
    STARTED.get().expect("a scenario starts the runtime before C can call back")
}
