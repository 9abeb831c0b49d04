//! Stops and continues the processes of a child.
#![expect(unsafe_code, reason = "calls kill")]

/// Maximum number of times that the runner looks for processes that a child has started meanwhile.
const ROUNDS: usize = 10;

/// Stops all processes that `find` returns, and those that they start meanwhile. Returns the
/// processes that were not stopped before.
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
    stopped
}

/// Continues processes that [`stop`] has stopped.
pub(super) fn resume(stopped: &[libc::pid_t]) {
    for pid in stopped {
        signal(*pid, libc::SIGCONT);
    }
}

/// Returns true if a process is stopped, by a signal or by a debugger: states T and t of proc(5).
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_stopped(pid: libc::pid_t) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name of the program is in parentheses, and may contain some itself.
    status.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't']))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_stopped(_pid: libc::pid_t) -> bool {
    false
}

/// Sends a signal to one process, or on systems without a supervisor to the group that it leads.
///
/// The process belongs to a child that is not reaped yet. Its descendants may be, but the kernel
/// reuses an ID only after it has gone through all others.
fn signal(pid: libc::pid_t, signal: libc::c_int) {
    let is_known = cfg!(any(target_os = "linux", target_os = "android"));
    let target = if is_known { pid } else { -pid };
    // SAFETY: `kill` takes only integers.
    unsafe { libc::kill(target, signal) };
}
