//! The signal that interrupted the run.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU8, Ordering};

use testprog_harness::spawn::Control;

/// Number of the signal that interrupted the run, or 0.
static FIRST: AtomicU8 = AtomicU8::new(0);

/// Returns the exit status that shells report for a process that a signal has ended: 128 plus the
/// number of the signal. Returns `None` if no signal has interrupted the run.
pub(crate) fn status() -> Option<u8> {
    match FIRST.load(Ordering::Relaxed) {
        0 => None,
        number => Some(128 + number),
    }
}

/// Interrupts the run because of a signal. Returns false if an earlier signal has interrupted the
/// run.
pub(super) fn interrupt(control: &Control, number: u8, name: &str) -> bool {
    if FIRST.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return false;
    }
    control.interrupt();
    // If standard error is closed, nobody reads the line, so the error is ignored.
    let _ = writeln!(
        io::stderr(),
        "{name}: ending the running cases; a second signal ends this command at once"
    );
    true
}
