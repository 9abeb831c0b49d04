//! The signals that end or suspend a run: Ctrl-C, Ctrl-Z, and those of a system that shuts down.
//!
//! The first signal ends the running cases, and the run writes its reports. The second one ends this
//! process at once, and the supervisors then end what is left of the children.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use std::io::{self, Write as _};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};

use testprog_harness::spawn::Control;

/// Number of the signal that interrupted the run, or 0.
static FIRST: AtomicU8 = AtomicU8::new(0);

/// Handles the signals from now on. Returns the handle of the children that the signals end.
pub(crate) fn control() -> Control {
    static CONTROL: LazyLock<Control> = LazyLock::new(|| {
        let control = Control::new();
        system::handle(&control);
        control
    });
    CONTROL.clone()
}

/// Returns the exit status of a process that a signal has interrupted, as shells have it: 128 and
/// the number of the signal. Returns `None` if there was no signal.
pub(crate) fn status() -> Option<u8> {
    match FIRST.load(Ordering::Relaxed) {
        0 => None,
        number => Some(128 + number),
    }
}

/// Interrupts the run because of a signal. Returns false if it was interrupted before.
fn interrupt(control: &Control, number: u8, name: &str) -> bool {
    if FIRST.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return false;
    }
    control.interrupt();
    // If standard error is closed, nobody reads the line, so the error is ignored.
    let _ = writeln!(io::stderr(), "{name}: ending the running cases; once more ends at once");
    true
}
