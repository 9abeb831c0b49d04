//! Handles Ctrl-C, Ctrl-Break and the end of a console on Windows.

use std::process;

use testprog_harness::spawn::Control;

use super::first::interrupt;

/// Number of SIGINT on Unix, where the exit status after Ctrl-C is 128 plus this number.
const SIGINT: u8 = 2;

/// Starts a thread that handles Ctrl-C, Ctrl-Break and the end of the console. If the thread cannot
/// be started, each of the three events ends this process at once.
pub(super) fn handle(control: &Control) {
    let control = control.clone();
    // The error is ignored, because a run also works without the handler; Ctrl-C then ends the run
    // without a report.
    let _ = ctrlc::set_handler(move || {
        if !interrupt(&control, SIGINT, "Ctrl-C") {
            process::exit((128 + SIGINT).into());
        }
    });
}
