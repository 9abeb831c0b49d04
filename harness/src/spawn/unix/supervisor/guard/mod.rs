//! Starts supervisors through a *guard*, a process that kills the processes of a supervisor that
//! was killed.
//!
//! A child can kill its supervisor, because both belong to the same user. Without a guard, the
//! processes of a killed supervisor would become children of process 1 and keep running. A guard
//! kills the processes of a killed supervisor as follows:
//!
//! 1. The runner forks one guard, which is a child subreaper like a supervisor.
//!
//! 2. The guard forks a supervisor each time the runner requests a new supervisor.
//!
//! 3. If a supervisor is killed, its descendants become children of the guard, and the guard kills
//!    these descendants.
//!
//! 4. If a supervisor is stopped (SIGSTOP), the guard immediately sends SIGCONT to the supervisor.
//!
//! The runner is not a child subreaper, because a runner can be any process that uses this library.
//! A process that adopted orphans could not distinguish the orphans from children that the process
//! has started itself.
#![expect(unsafe_code, reason = "forks, waits, and sends signals")]

mod serve;

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{mem, process, ptr, thread};

use super::messages::{self, GuardAnswer, GuardOrder};
use super::owned::Owned;
use super::pipe::{is_silent, packets};
use super::state::State;
use super::{calls, strays};
use crate::packet;
use crate::spawn::unix::open_files;
use crate::spawn::unix::sys::wait;

/// Maximum time to wait for a guard's answer. Before a guard answers, it kills processes for at
/// most [`messages::SWEEP_LIMIT`].
const ANSWER_LIMIT: Duration = Duration::from_secs(messages::SWEEP_LIMIT.as_secs() + 5);

/// All guards that this process has started.
static GUARDS: Owned<Guards> = Owned::new();

#[derive(Default)]
struct Guards {
    /// Guard that forks new supervisors.
    current: Option<Arc<Guard>>,
    /// Guards that another guard has replaced. Supervisors of replaced guards may still be in use.
    replaced: Vec<Arc<Guard>>,
}

/// Guard process, with the runner's end of its socket.
#[derive(Debug)]
pub(super) struct Guard {
    pid: libc::pid_t,
    /// Packet socket that connects the runner to the guard.
    socket: UnixStream,
    /// Lock that a thread holds while it sends an order and waits for the answer.
    asking: Mutex<()>,
    /// Process descriptor of the guard (`pidfd_open(2)`), if the kernel supports process
    /// descriptors.
    process: Option<OwnedFd>,
    /// Resource limits and scheduling attributes that the guard had when it was forked. Each
    /// supervisor of the guard inherits them.
    state: State,
}

/// Requests a new supervisor from the guard. Returns the runner's end of the socket that the
/// supervisor serves, the supervisor's process ID, and the guard.
///
/// # Errors
///
/// Returns the system's error if the guard or the supervisor cannot be forked.
pub(super) fn fork_supervisor() -> io::Result<(UnixStream, libc::pid_t, Arc<Guard>)> {
    let mut guards = GUARDS.lock();
    let mut attempts = 0..3;
    loop {
        attempts.next();
        // Each attempt to start a supervisor uses a new socket. A supervisor of an earlier attempt
        // exits, because the runner has closed the socket of that attempt.
        let (socket, theirs) = UnixStream::pair()?;
        let guard = match &guards.current {
            Some(guard) => Arc::clone(guard),
            None => Arc::clone(guards.current.insert(Arc::new(Guard::start()?))),
        };
        let order = GuardOrder { what: messages::FORK, pid: 0 };
        match guard.ask(order, Some(&theirs)) {
            Ok(GuardAnswer { error: 0, pid, .. }) => {
                strays::OWN.lock().insert(pid);
                if attempts.is_empty() || guard.has_state_of(pid) {
                    return Ok((socket, pid, guard));
                }
                // The supervisor's state differs from the guard's original state, because a child
                // has changed the guard or because the system has changed, so try a new guard.
            }
            Ok(answer) => {
                // A child may have caused the error by lowering a limit of the guard, so try a new
                // guard if the guard's state has changed.
                if attempts.is_empty() || guard.has_state_of(guard.pid) {
                    return Err(io::Error::from_raw_os_error(answer.error));
                }
            }
            Err(error) if attempts.is_empty() => return Err(error),
            Err(_) => {} // retry with a new guard, because a child has killed this guard
        }
        let _ = guard.close(); // the error is ignored, because the guard may be gone
        let Guards { current, replaced } = &mut *guards;
        replaced.extend(current.take());
        replaced.retain(|guard| !guard.has_ended());
    }
}

/// How a supervisor that no longer replies has ended.
pub(super) struct Settled {
    /// Signal that killed the supervisor, if a signal killed it.
    pub(super) killed_by: Option<i32>,
    /// Process that the supervisor's child started and that still runs, with the `errno` value of
    /// kill(2) (0 if the process did not end in time).
    pub(super) left: Option<(libc::pid_t, i32)>,
}

/// Requests all guards to exit. If `wait` is true, waits until the guards have exited. A guard
/// exits only after its supervisors have exited.
pub(super) fn end_all(wait: bool) {
    let guards = mem::take(&mut *GUARDS.lock());
    let all = guards.current.into_iter().chain(guards.replaced);
    let closed: Vec<_> = all.filter(|guard| guard.close()).collect();
    let until = Instant::now() + ANSWER_LIMIT;
    for guard in closed.into_iter().filter(|_| wait) {
        guard.wait_until(until);
    }
}

impl Guard {
    fn start() -> io::Result<Self> {
        // The guard restores the original limit on open files, because its supervisors and their
        // children inherit the limit.
        let open_files = open_files::original();
        let state = State::of(0).with_open_files(open_files);
        let (socket, theirs) = packets()?;
        socket.set_read_timeout(Some(ANSWER_LIMIT))?;
        socket.set_write_timeout(Some(ANSWER_LIMIT))?;
        let runner = libc::pid_t::try_from(process::id()).map_err(io::Error::other)?;
        // All signals are blocked during the fork, so that no signal handler of the runner runs in
        // the guard.
        let mask = calls::block_all_signals();
        // SAFETY: the forked process only calls `serve::main`, which neither allocates nor locks,
        // as POSIX requires in a fork of a multithreaded process.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // SAFETY: this process was just forked for the guard, and the guard's socket is open in
            // this process.
            unsafe { serve::main(theirs.as_raw_fd(), runner, open_files) };
        }
        let forked = io::Error::last_os_error();
        calls::set_signals(&mask);
        if pid == -1 {
            return Err(forked);
        }
        strays::OWN.lock().insert(pid);
        let process = calls::open_process(pid);
        // SAFETY: `open_process` has just created this descriptor, and nothing else owns the
        // descriptor.
        let process = (process >= 0).then(|| unsafe { OwnedFd::from_raw_fd(process) });
        Ok(Self { pid, socket, asking: Mutex::new(()), process, state })
    }

    pub(super) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    /// Returns true if the guard runs, and if the process `pid` has the resource limits and
    /// scheduling attributes that the guard had when it was forked.
    pub(super) fn has_state_of(&self, pid: libc::pid_t) -> bool {
        is_silent(&self.socket) && State::of(pid) == self.state
    }

    /// Kills a supervisor and all processes that the supervisor has left behind. Returns `None` if
    /// the guard is gone, because only the guard knows which processes are left.
    pub(super) fn settle(&self, supervisor: libc::pid_t) -> Option<Settled> {
        let order = GuardOrder { what: messages::SETTLE, pid: supervisor };
        let answer = self.ask(order, None).ok()?;
        let is_killed = matches!(answer.code, libc::CLD_KILLED | libc::CLD_DUMPED);
        Some(Settled {
            killed_by: is_killed.then_some(answer.status),
            left: (answer.pid != 0).then_some((answer.pid, answer.error)),
        })
    }

    /// Sends an order with at most one descriptor, and waits for the answer.
    fn ask(&self, order: GuardOrder, descriptor: Option<&UnixStream>) -> io::Result<GuardAnswer> {
        let _asking = self.asking.lock().expect("no thread panics while it holds the lock");
        let answer = match self.send(order, descriptor).and_then(|()| self.receive()) {
            // A guard that cannot serve sends the reason before it closes its end of the socket.
            // The reason may follow ECONNRESET, which the kernel reports once if the guard has not
            // read the order. After the shutdown, `receive` does not wait for a message that was
            // not sent.
            Err(error) if has_closed(&error) => match self.socket.shutdown(Shutdown::Both) {
                Ok(()) => self.receive().or_else(|_| self.receive()),
                Err(_) => Err(error),
            },
            answer => answer,
        };
        match answer {
            Ok(GuardAnswer { failed_call, error, .. }) if failed_call != 0 => {
                let call = messages::GUARD_CALLS.get(failed_call as usize).unwrap_or(&"");
                let error = io::Error::from_raw_os_error(error);
                Err(io::Error::other(format!(
                    "the guard process of the supervisors failed to call `{call}`: {error}"
                )))
            }
            Err(error) if has_closed(&error) => {
                Err(io::Error::other("the guard process of the supervisors ended unexpectedly"))
            }
            answer => answer,
        }
    }

    fn send(&self, order: GuardOrder, descriptor: Option<&UnixStream>) -> io::Result<()> {
        self.resume();
        let bytes = messages::bytes(&order);
        match descriptor {
            Some(descriptor) => {
                let descriptors = [descriptor.as_raw_fd()];
                packet::send(self.socket.as_raw_fd(), [bytes, &[]], &descriptors)
            }
            None => (&self.socket).write_all(bytes),
        }
    }

    fn receive(&self) -> io::Result<GuardAnswer> {
        let mut answer = [0; size_of::<GuardAnswer>()];
        let length = loop {
            match (&self.socket).read(&mut answer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        if length < answer.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(messages::from_bytes(&answer))
    }

    /// Sends SIGCONT to the guard, in case a child has stopped the guard. A guard that runs sends
    /// SIGCONT to its stopped supervisors.
    pub(super) fn resume(&self) {
        if is_silent(&self.socket) {
            // SAFETY: `kill` takes only integers. The guard's end of the socket is open, so the
            // guard still exists and the kernel has not reused its process ID.
            unsafe { libc::kill(self.pid, libc::SIGCONT) };
        }
    }

    /// Requests the guard to exit as soon as the guard has no supervisor. Returns false if
    /// shutdown(2) fails. After a failed shutdown(2), the guard notices the request only when the
    /// runner closes the socket.
    fn close(&self) -> bool {
        self.resume();
        self.socket.shutdown(Shutdown::Write).is_ok()
    }

    /// Reaps the guard if the guard has exited. Returns true if the guard no longer exists.
    fn has_ended(&self) -> bool {
        // SAFETY: the guard is a child of this process, and `waitpid` accepts a null pointer
        // instead of a pointer to a status.
        unsafe { libc::waitpid(self.pid, ptr::null_mut(), libc::WNOHANG) != 0 }
    }

    fn wait_until(&self, until: Instant) {
        /// Polling interval for the guard's exit on a kernel without process descriptors.
        const STEP: Duration = Duration::from_millis(1);
        while !self.has_ended() && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            match &self.process {
                Some(process) => _ = wait([Some(process.as_fd())], left),
                None => thread::sleep(STEP),
            }
        }
    }
}

/// Returns whether the error means that the guard has closed its end of the socket. The kernel
/// reports one of these errors, depending on how much of the order the guard has read.
fn has_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}
