//! Stops and continues the processes of a child.
#![expect(unsafe_code, reason = "calls kill")]

use std::time::{Duration, Instant};
use std::{fs, thread};

/// Maximum number of searches for processes that the child has started while the runner was
/// stopping other processes of the child.
const ROUNDS: usize = 10;

/// Maximum time to wait until the processes that got SIGSTOP no longer run.
const STOP_LIMIT: Duration = Duration::from_millis(500);

/// Interval at which the runner checks whether the processes have stopped, because the kernel
/// reports a stop only to a process's parent.
const STOP_STEP: Duration = Duration::from_millis(1);

/// Stops all processes that `find` returns, and the processes that these processes start meanwhile.
/// Returns the processes that this function has stopped.
pub(super) fn stop(find: impl Fn() -> Vec<libc::pid_t>) -> Vec<libc::pid_t> {
    let mut stopped = Vec::new();
    for _ in 0..ROUNDS {
        let mut new = find();
        new.retain(|pid| !stopped.contains(pid) && !is_stopped(*pid));
        if new.is_empty() {
            break;
        }
        for pid in &new {
            signal(*pid, libc::SIGSTOP);
        }
        stopped.append(&mut new);
    }
    let until = Instant::now() + STOP_LIMIT;
    while Instant::now() < until && stopped.iter().any(|pid| is_running(*pid)) {
        thread::sleep(STOP_STEP);
    }
    stopped
}

/// Continues processes that [`stop`] has stopped.
pub(super) fn resume(stopped: &[libc::pid_t]) {
    for pid in stopped {
        signal(*pid, libc::SIGCONT);
    }
}

/// Returns true if a process is stopped, by a signal or by a debugger.
fn is_stopped(pid: libc::pid_t) -> bool {
    matches!(state(pid), Some('T' | 't'))
}

/// Returns true if a process exists, has not ended and is not stopped.
fn is_running(pid: libc::pid_t) -> bool {
    matches!(state(pid), Some(state) if !"TtZX".contains(state))
}

/// Returns the state of a process from `/proc/PID/stat` (`proc_pid_stat(5)`), such as `T` for a
/// stopped process. Returns `None` if the process is gone, or if the system has no
/// `/proc/PID/stat`.
fn state(pid: libc::pid_t) -> Option<char> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name is in parentheses, and the name itself may contain parentheses.
    text.rsplit_once(") ")?.1.chars().next()
}

/// Sends a signal to the process `pid`, or, on systems without a supervisor, to the process group
/// that `pid` leads.
///
/// The process `pid` is a child that is not reaped yet, or a descendant of such a child. A
/// descendant may be reaped before the call, but the kernel reuses a process ID only after it has
/// used all other process IDs.
fn signal(pid: libc::pid_t, signal: libc::c_int) {
    let is_known = cfg!(any(target_os = "linux", target_os = "android"));
    let target = if is_known { pid } else { -pid };
    // SAFETY: `kill` takes only integers.
    unsafe { libc::kill(target, signal) };
}
