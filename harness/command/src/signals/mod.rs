//! Handles the signals that end or suspend a run, such as the signals of Ctrl-C, Ctrl-Z and a
//! system shutdown.
//!
//! The first signal ends the running cases, and the run writes its reports. A second signal ends
//! this process at once, and on Linux, Android and Windows the remaining children are killed.

mod first;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use std::sync::LazyLock;

use testprog_harness::spawn::Control;

pub(crate) use self::first::status;

/// Starts to handle the signals that end or suspend a run. Returns the handle with which the
/// signals end or suspend the children.
pub(crate) fn control() -> Control {
    static CONTROL: LazyLock<Control> = LazyLock::new(|| {
        let control = Control::new();
        system::handle(&control);
        control
    });
    CONTROL.clone()
}
