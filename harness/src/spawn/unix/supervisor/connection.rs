//! Exchanges messages with one supervisor process over a socket. Every wait for a supervisor has a
//! timeout, because a child can stop its supervisor.
#![expect(unsafe_code, reason = "calls kill")]

use std::collections::hash_map::RandomState;
use std::fmt::Write as _;
use std::hash::BuildHasher as _;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

use super::guard::{self, Guard};
use super::messages::{self, Reply};
use super::pipe::is_silent;
use super::{proc, strays};
use crate::spawn::error::Error;
use crate::spawn::unix::sys::signal;

/// Supervisor process, with the runner's end of its socket. Dropping a `Supervisor` closes the
/// socket, so the supervisor process exits. The guard reaps the supervisor process.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) socket: UnixStream,
    pub(super) pid: libc::pid_t,
    /// Guard that forked the supervisor.
    guard: Arc<Guard>,
    /// Random number of the last request. Each reply to the request must repeat the request's
    /// random number.
    nonce: u64,
    /// Error of an order that could not be sent, so that the runner closed the socket for writing.
    unsent: OnceLock<io::Error>,
}

/// Number of [`Supervisor`] values in this process.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Returns true if this process has a [`Supervisor`], for example one that another thread uses.
pub(super) fn are_in_use() -> bool {
    COUNT.load(Ordering::Relaxed) > 0
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // The runner does not wait for the supervisor's exit, because the supervisor may still have
        // many processes to kill, such as the processes of a fork bomb.
        let _ = self.socket.shutdown(Shutdown::Both);
        COUNT.fetch_sub(1, Ordering::Relaxed);
        strays::OWN.lock().remove(&self.pid);
    }
}

/// Maximum time to wait for a supervisor's reply. Before a supervisor replies, it kills processes
/// for at most [`messages::SWEEP_LIMIT`].
const ANSWER_LIMIT: Duration = Duration::from_secs(messages::SWEEP_LIMIT.as_secs() + 5);

/// Interval at which the runner sends SIGCONT to a supervisor that does not reply, in case a child
/// has stopped the supervisor.
const STEP: Duration = Duration::from_millis(500);

impl Supervisor {
    pub(super) fn start() -> io::Result<Self> {
        let (socket, pid, guard) = guard::fork_supervisor()?;
        socket.set_read_timeout(Some(STEP))?;
        socket.set_write_timeout(Some(ANSWER_LIMIT))?;
        COUNT.fetch_add(1, Ordering::Relaxed);
        Ok(Self { socket, pid, guard, nonce: 0, unsent: OnceLock::new() })
    }

    /// Returns true if no child has tampered with this idle supervisor. The function checks that
    /// the supervisor and its guard run, that their sockets have no unread data, and that the
    /// supervisor's limits and scheduling are unchanged. A child of the same user could kill the
    /// supervisor, write to its socket, or change its limits and scheduling.
    pub(super) fn is_untouched(&self) -> bool {
        is_silent(&self.socket) && self.guard.has_state_of(self.pid)
    }

    /// Returns a random number for the next request; see [`messages::Request::nonce`].
    pub(super) fn next_nonce(&mut self) -> u64 {
        static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.nonce = KEYS.hash_one(NEXT.fetch_add(1, Ordering::Relaxed));
        self.nonce
    }

    /// Sends an order to the supervisor. If sending fails, closes the socket for writing, so the
    /// supervisor kills its child and exits, and the next read returns an error.
    pub(super) fn order(&self, order: u8) {
        let Err(error) = (&self.socket).write_all(&[order]) else { return };
        // After these two errors, the supervisor is gone, and its end is the cause.
        if !matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) {
            let _ = self.unsent.set(error);
        }
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Sends SIGCONT to the supervisor and its guard, in case a child has stopped them.
    pub(super) fn nudge(&self) {
        self.guard.resume();
        if is_silent(&self.socket) {
            // SAFETY: `kill` takes only integers. The supervisor's end of the socket is open, so
            // the supervisor still exists and the kernel has not reused its process ID.
            unsafe { libc::kill(self.pid, libc::SIGCONT) };
        }
    }

    /// Returns the reason why the supervisor does not run, if a child has stopped the supervisor or
    /// traces it.
    pub(super) fn stopped(&self) -> Option<&'static str> {
        match proc::state(self.pid)? {
            'T' => Some("the child's supervisor process was stopped by SIGSTOP"),
            't' => Some("the child's supervisor process was stopped by a tracer (ptrace)"),
            _ => None,
        }
    }

    /// Reads one reply of the supervisor. While no reply arrives, sends SIGCONT to the supervisor
    /// every [`STEP`], in case a child has stopped the supervisor.
    ///
    /// # Errors
    ///
    /// Returns an error if the supervisor is gone, if the supervisor does not reply within
    /// [`ANSWER_LIMIT`], or if another process has written to the supervisor's socket.
    pub(super) fn read(&self) -> io::Result<Reply> {
        let mut bytes = [0; size_of::<Reply>()];
        let mut rest = &mut bytes[..];
        let until = Instant::now() + ANSWER_LIMIT;
        while !rest.is_empty() {
            match (&self.socket).read(rest) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => rest = &mut rest[length..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) if Instant::now() >= until => {
                    let why =
                        self.stopped().unwrap_or("the child's supervisor process did not answer");
                    return Err(io::Error::other(format!("{why} for {ANSWER_LIMIT:?}")));
                }
                Err(_) => self.nudge(),
            }
        }
        let reply: Reply = messages::from_bytes(&bytes);
        if reply.nonce == self.nonce {
            Ok(reply)
        } else {
            Err(io::Error::other(
                "another process has written to the socket of the child's supervisor",
            ))
        }
    }

    /// Kills the supervisor and all processes that its child has left behind. Returns an error that
    /// names the cause, and the processes that still run. The cause is `error`, the error of an
    /// order that could not be sent, or the signal that killed the supervisor. `directory` is the
    /// child's directory.
    pub(super) fn abandon(&self, error: &io::Error, directory: &std::path::Path) -> io::Error {
        // The error is `ConnectionReset` if the supervisor exits before it has read the request.
        let is_gone =
            matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset);
        let unsent = self.unsent.get().filter(|_| is_gone);
        let mut cause = match unsent {
            Some(error) => {
                format!("an order to the child's supervisor process could not be sent: {error}")
            }
            None if is_gone => "the child's supervisor process ended unexpectedly".to_owned(),
            None => error.to_string(),
        };
        let left = if let Some(settled) = self.guard.settle(self.pid) {
            let killed_by = settled.killed_by.filter(|_| is_gone && unsent.is_none());
            if let Some(number) = killed_by {
                cause = format!("the child's supervisor process was killed by {}", signal(number));
            }
            settled.left.into_iter().collect()
        } else {
            cause.push_str(", and the guard process is not available");
            strays::kill(directory, [self.pid, self.guard.pid()])
        };
        for (pid, error) in left {
            let why = not_killed(pid, error);
            write!(cause, "; {why}").expect("writing to a String cannot fail");
        }
        io::Error::other(cause)
    }
}

/// Returns the reason why processes that a child started may still run, or `None` if the supervisor
/// has killed all of these processes.
pub(super) fn left_running(reply: &Reply) -> Option<Error> {
    if reply.not_killed != 0 {
        return Some(not_killed(reply.not_killed, reply.kill_error));
    }
    let refused = Some(reply.adopt_error).filter(|error| *error != 0);
    let refused = refused.map(io::Error::from_raw_os_error);
    refused
        .map(|error| Error::new("adopt", "processes that leave the child's process group", error))
}

/// Returns the error for the process `pid`, which could not be killed. `error` is the `errno` value
/// of kill(2), or 0 if the process did not end in time.
fn not_killed(pid: libc::pid_t, error: libc::c_int) -> Error {
    let thing = format!("process {pid}{}", proc::name(pid));
    match error {
        0 => Error::new("kill", thing, "the process did not end in time"),
        error => Error::new("kill", thing, io::Error::from_raw_os_error(error)),
    }
}
