//! The signals that end or suspend a run: Ctrl-C, Ctrl-Z, and those of a system that shuts down.
//!
//! The first signal ends the running cases, and the run writes its reports. The second one ends this
//! process at once, and the supervisors then end what is left of the children.

mod first;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use std::sync::LazyLock;

use testprog_harness::spawn::Control;

pub(crate) use self::first::status;

/// Handles the signals from now on. Returns the handle of the children that the signals end.
pub(crate) fn control() -> Control {
    static CONTROL: LazyLock<Control> = LazyLock::new(|| {
        let control = Control::new();
        system::handle(&control);
        control
    });
    CONTROL.clone()
}
