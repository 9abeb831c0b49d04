//! Handles signals on Unix.
#![expect(unsafe_code, reason = "reads the action of a signal")]

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level::{emulate_default_handler, signal_name};
use testprog_harness::spawn::Control;

use super::first::interrupt;

/// Maximum time to wait until the children are stopped, before this process stops.
const STOP_LIMIT: Duration = Duration::from_secs(1);

/// Starts a thread that handles SIGINT, SIGTERM, SIGHUP and SIGTSTP. If the thread cannot be
/// started, each signal keeps its default action.
pub(super) fn handle(control: &Control) {
    // A shell without job control starts `COMMAND &` with SIGINT ignored. A user who sends SIGINT
    // to a command in the background wants the command to end, so SIGINT is always handled. `nohup`
    // ignores SIGHUP for the command on purpose, so an ignored SIGHUP stays ignored.
    let handled = [SIGHUP, SIGTSTP].into_iter().filter(|number| !is_ignored(*number));
    let handled = handled.chain([SIGINT, SIGTERM]);
    // If SIGXFSZ has a handler, a write beyond the limit on the size of files fails, and the runner
    // continues. If the handler cannot be set, SIGXFSZ ends the runner.
    let _ = flag::register(libc::SIGXFSZ, Arc::default());
    let Ok(mut signals) = Signals::new(handled) else { return };
    let (control, handle) = (control.clone(), signals.handle());
    let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for number in signals.forever() {
            act(&control, number);
        }
    });
    if thread.is_err() {
        handle.close();
    }
}

fn act(control: &Control, number: i32) {
    if number == SIGTSTP {
        control.suspend(STOP_LIMIT);
        // `emulate_default_handler` returns when SIGCONT continues this process, and cannot fail
        // for SIGTSTP.
        let _ = emulate_default_handler(SIGTSTP);
        control.resume();
        return;
    }
    let name = signal_name(number).unwrap_or("signal");
    let is_first = u8::try_from(number).is_ok_and(|number| interrupt(control, number, name));
    if !is_first {
        let _ = emulate_default_handler(number);
    }
}

/// Returns true if this process ignores a signal because its parent process did, as under `nohup`.
fn is_ignored(number: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: `sigaction` accepts a null pointer in place of a new action, and `action` is writable
    // memory of the type that `sigaction` fills.
    unsafe { libc::sigaction(number, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: `sigaction` has filled `action` or left its zeros, which are a valid value.
    let action = unsafe { action.assume_init() };
    action.sa_sigaction == libc::SIG_IGN
}
