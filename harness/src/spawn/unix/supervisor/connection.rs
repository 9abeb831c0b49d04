//! Talks to one supervisor process over its socket. Every wait has a limit in time, because a child
//! can stop its supervisor.
#![expect(unsafe_code, reason = "calls kill")]

use std::collections::hash_map::RandomState;
use std::fmt::Write as _;
use std::hash::BuildHasher as _;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use super::guard::{self, Guard};
use super::messages::{self, Reply};
use super::pipe::is_silent;
use super::{proc, strays};
use crate::spawn::error::Error;
use crate::spawn::unix::sys::signal;

/// Supervisor process, with the runner's end of its socket. Dropping this closes the socket, which
/// makes the supervisor exit; its guard reaps it.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) socket: UnixStream,
    pub(super) pid: libc::pid_t,
    /// Guard that forked the supervisor.
    guard: Arc<Guard>,
    /// Number of the last request, which the replies to it must repeat.
    nonce: u64,
}

/// Number of [`Supervisor`] values.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Returns true if a thread still uses a supervisor.
pub(super) fn are_in_use() -> bool {
    COUNT.load(Ordering::Relaxed) > 0
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // The runner does not wait here, because the supervisor may still have many processes to
        // kill, such as a fork bomb's.
        let _ = self.socket.shutdown(Shutdown::Both);
        COUNT.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Time in which a supervisor answers. A supervisor kills for at most [`messages::SWEEP_LIMIT`]
/// before it answers.
const ANSWER_LIMIT: Duration = Duration::from_secs(messages::SWEEP_LIMIT.as_secs() + 5);

/// Time after which the runner continues a supervisor that does not answer, in case it is stopped.
const STEP: Duration = Duration::from_millis(500);

impl Supervisor {
    pub(super) fn start() -> io::Result<Self> {
        let (socket, pid, guard) = guard::fork_supervisor()?;
        socket.set_read_timeout(Some(STEP))?;
        socket.set_write_timeout(Some(ANSWER_LIMIT))?;
        COUNT.fetch_add(1, Ordering::Relaxed);
        Ok(Self { socket, pid, guard, nonce: 0 })
    }

    /// Returns true if this idle supervisor is as it was when it was started: it and its guard run,
    /// nothing was written to their sockets, and the supervisor's resource limits and scheduling
    /// have not changed. A child of the same user can change each of these.
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

    /// Sends an order. If that fails, closes the socket for writing, so the supervisor kills its
    /// child and exits, and the next read reports the end of the supervisor.
    pub(super) fn order(&self, order: u8) {
        if (&self.socket).write_all(&[order]).is_err() {
            let _ = self.socket.shutdown(Shutdown::Write);
        }
    }

    /// Continues the supervisor and its guard if a child has stopped them.
    pub(super) fn nudge(&self) {
        self.guard.resume();
        if is_silent(&self.socket) {
            // SAFETY: `kill` takes only integers. The supervisor's end of the socket is open, so
            // the supervisor runs and its ID has not been reused.
            unsafe { libc::kill(self.pid, libc::SIGCONT) };
        }
    }

    /// Returns why the supervisor does not run, if a child has stopped or traces it.
    pub(super) fn stopped(&self) -> Option<&'static str> {
        match proc::state(self.pid)? {
            'T' => Some("its supervisor process was stopped by SIGSTOP"),
            't' => Some("its supervisor process was stopped by a tracer (ptrace)"),
            _ => None,
        }
    }

    /// Reads one reply. While there is none, continues the supervisor every [`STEP`], in case it is
    /// stopped.
    ///
    /// # Errors
    ///
    /// Returns an error if the supervisor is gone, if it does not answer within [`ANSWER_LIMIT`], or
    /// if another process has written to its socket.
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
                    let why = self.stopped().unwrap_or("its supervisor process did not answer");
                    return Err(io::Error::other(format!("{why} within {ANSWER_LIMIT:?}")));
                }
                Err(_) => self.nudge(),
            }
        }
        let reply: Reply = messages::from_bytes(&bytes);
        if reply.nonce == self.nonce {
            Ok(reply)
        } else {
            Err(io::Error::other("another process has written to its supervisor's socket"))
        }
    }

    /// Kills the supervisor and everything that its child has left behind. Returns the cause of
    /// that: `error`, with what is known about the supervisor and about processes that remain.
    /// `directory` is the child's directory.
    pub(super) fn abandon(&self, error: &io::Error, directory: &std::path::Path) -> io::Error {
        // A supervisor that exits before it has read the request resets the connection.
        let is_gone =
            matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset);
        let mut cause = if is_gone {
            "its supervisor process ended unexpectedly".to_owned()
        } else {
            error.to_string()
        };
        let left = if let Some(settled) = self.guard.settle(self.pid) {
            let killed_by = settled.killed_by.filter(|_| is_gone);
            if let Some(number) = killed_by {
                cause = format!("its supervisor process was killed by {}", signal(number));
            }
            settled.left.into_iter().collect()
        } else {
            cause.push_str(", and so did its guard process");
            strays::kill(directory)
        };
        for (pid, error) in left {
            let why = not_killed(pid, error);
            write!(cause, "; {why}").expect("writing to a String cannot fail");
        }
        io::Error::other(cause)
    }
}

/// Returns why processes that a child started may still run after the supervisor has killed all
/// that it could.
pub(super) fn left_running(reply: &Reply) -> Option<Error> {
    if reply.not_killed != 0 {
        return Some(not_killed(reply.not_killed, reply.kill_error));
    }
    let refused = Some(reply.adopt_error).filter(|error| *error != 0);
    let refused = refused.map(io::Error::from_raw_os_error);
    refused.map(|error| Error::new("adopt", "processes that leave their group", error))
}

/// Returns why the process `pid` was not killed. `error` is the `errno` value of kill(2), or 0 if
/// the process did not end in time.
fn not_killed(pid: libc::pid_t, error: libc::c_int) -> Error {
    let thing = format!("process {pid}{}", proc::name(pid));
    match error {
        0 => Error::new("kill", thing, "it did not end in time"),
        error => Error::new("kill", thing, io::Error::from_raw_os_error(error)),
    }
}
