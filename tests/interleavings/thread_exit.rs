//! Replaces the notification of a thread's exit. The tests call the function that the notification
//! calls.

use crate::machine::Machine;

pub(crate) struct ThreadExit;

impl ThreadExit {
    #[expect(clippy::unused_self, reason = "in the runtime, this method uses a pthread key")]
    pub(crate) fn arm(&self, _: &'static Machine) {}

    #[expect(clippy::unused_self, reason = "in the runtime, this method uses a pthread key")]
    pub(crate) fn disarm(&self) {}
}
