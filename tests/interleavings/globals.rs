//! Replaces the runtime's global variables by variables that loom creates again in each execution.

use crate::bounds::Policy;
use crate::pool::Pool;
use crate::stacks::Stacks;
use crate::thread_exit::ThreadExit;

loom::lazy_static! {
    pub(crate) static ref POOL: Pool = Pool::new();
    pub(crate) static ref STACKS: Stacks = Stacks::new();
}

pub(crate) struct Started {
    pub(crate) policy: Policy,
    pub(crate) at_exit: ThreadExit,
}

pub(crate) fn started() -> &'static Started {
    static STARTED: Started = Started { policy: Policy::Registered, at_exit: ThreadExit };
    &STARTED
}
