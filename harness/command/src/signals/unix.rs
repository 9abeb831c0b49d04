//! Handles signals on Unix.
#![expect(unsafe_code, reason = "reads the action of a signal")]

use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;
use std::{ptr, thread};

use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::flag;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;
use signal_hook::low_level::{emulate_default_handler, signal_name};
use testprog_harness::spawn::Control;

use super::first::interrupt;

#[cfg_attr(any(target_os = "linux", target_os = "android"), path = "suspend_linux.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "suspend_unknown.rs")]
mod suspend;

/// Maximum time to wait until the children are stopped, before this process stops.
const STOP_LIMIT: Duration = Duration::from_secs(1);

/// Starts a thread that handles SIGINT, SIGTERM, SIGHUP and SIGTSTP. If the thread cannot be
/// started, each signal keeps its default action.
pub(super) fn handle(control: &Control) {
    // A shell without job control starts `COMMAND &` with SIGINT ignored. A user who sends SIGINT
    // to a command in the background wants the command to end, so SIGINT is always handled. `nohup`
    // ignores SIGHUP for the command on purpose, so an ignored SIGHUP stays ignored.
    let pending = if is_ignored(SIGTSTP) { None } else { suspend::pending() };
    let by_handler = if pending.is_some() { [SIGHUP].as_slice() } else { &[SIGHUP, SIGTSTP] };
    let handled = by_handler.iter().copied().filter(|number| !is_ignored(*number));
    let handled = handled.chain([SIGINT, SIGTERM]);
    // If SIGXFSZ has a handler, a write beyond the limit on the size of files fails, and the runner
    // continues. If the handler cannot be set, SIGXFSZ ends the runner.
    let _ = flag::register(libc::SIGXFSZ, Arc::default());
    let Ok((read, write)) = UnixStream::pair() else { return };
    let delivery = SignalDelivery::with_pipe(read, write, SignalOnly, handled);
    let Ok(mut signals) = delivery else { return };
    let (control, handle) = (control.clone(), signals.handle());
    if pending.is_some() {
        suspend::block();
    }
    let work = move || {
        loop {
            let mut waits = vec![PollFd::new(signals.get_read(), PollFlags::IN)];
            waits.extend(pending.as_ref().map(|pending| PollFd::new(pending, PollFlags::IN)));
            if poll(&mut waits, None).is_err() {
                continue; // a signal interrupted the call
            }
            let is_suspended = waits.get(1).is_some_and(|wait| !wait.revents().is_empty());
            for number in signals.pending() {
                act(&control, number);
            }
            if is_suspended {
                control.suspend(STOP_LIMIT);
                // This process stops here, unless SIGCONT has arrived since SIGTSTP.
                suspend::unblock();
                suspend::block();
                control.resume();
            }
        }
    };
    if thread::Builder::new().name("signals".to_owned()).spawn(work).is_err() {
        handle.close();
        suspend::unblock();
    }
}

fn act(control: &Control, number: i32) {
    if number == SIGTSTP {
        control.suspend(STOP_LIMIT);
        // If SIGCONT has arrived since SIGTSTP, this process stops nevertheless, until another
        // SIGCONT arrives. On Linux, the module `suspend` avoids such a stop.
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
