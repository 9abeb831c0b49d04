//! The signal that interrupted the run.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU8, Ordering};

use testprog_harness::spawn::Control;

/// Number of the signal that interrupted the run, or 0.
static FIRST: AtomicU8 = AtomicU8::new(0);

/// Returns the exit status of a process that a signal has interrupted, as shells have it: 128 and
/// the number of the signal. Returns `None` if there was no signal.
pub(crate) fn status() -> Option<u8> {
    match FIRST.load(Ordering::Relaxed) {
        0 => None,
        number => Some(128 + number),
    }
}

/// Interrupts the run because of a signal. Returns false if it was interrupted before.
pub(super) fn interrupt(control: &Control, number: u8, name: &str) -> bool {
    if FIRST.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return false;
    }
    control.interrupt();
    // If standard error is closed, nobody reads the line, so the error is ignored.
    let _ = writeln!(io::stderr(), "{name}: ending the running cases; once more ends at once");
    true
}
