//! Ctrl-C, Ctrl-Break and the end of a console on Windows.

use std::process;

use testprog_harness::spawn::Control;

use super::first::interrupt;

/// Number of SIGINT, whose status shells of other systems expect.
const SIGINT: u8 = 2;

/// Starts a thread that handles the events. Without it, each event ends this process at once.
pub(super) fn handle(control: &Control) {
    let control = control.clone();
    // The error is ignored: the run is the same, but an event ends it without a report.
    let _ = ctrlc::set_handler(move || {
        if !interrupt(&control, SIGINT, "Ctrl-C") {
            process::exit((128 + SIGINT).into());
        }
    });
}
