//! Starts and ends a child on Linux and Android through a *supervisor*. If the runner is killed,
//! its supervisors kill all processes that the runner started.
//!
//! A runner that is killed cannot clean up after itself. A process that has left the child's
//! process group (`setsid`, a daemon) is no child of the runner, so the runner cannot find it. A
//! supervisor is a *child subreaper* (prctl(2)): every orphaned descendant of the supervisor
//! becomes the supervisor's child, so the supervisor can find and kill the orphan. A case runs as
//! follows:
//!
//! 1. The runner starts a supervisor, which makes itself a child subreaper.
//!
//! 2. The supervisor starts one child at a time.
//!
//! 3. When the child has ended, or when the socket to the runner closes because the runner is gone,
//!    the supervisor kills all of its children until no child is left.
//!
//! A child can also kill or stop its supervisor, so a *guard* watches the supervisors; see
//! `guard/mod.rs`.
//!
//! A supervisor is forked, not executed, because a library has no executable of its own; see
//! `serve.rs`. The runner starts a supervisor for the first child and uses it for further children,
//! so a supervisor costs a few messages per child. A supervisor exits when the runner exits.

mod by_parent;
mod calls;
mod children;
mod connection;
mod descriptors;
mod executable;
mod guard;
mod made;
mod messages;
mod numbers;
mod owned;
mod pipe;
mod proc;
mod request;
mod serve;
mod slot;
mod state;
mod strays;
mod zygote;

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use self::connection::left_running;
use self::messages::Reply;
use self::pipe::{pipe, socket};
use self::request::request;
use self::slot::Slot;
pub(in crate::spawn) use self::strays::adopt as adopt_orphans;
use self::zygote::Forked;
use super::sys::{Finished, NotStarted, Resource};
use crate::spawn::clock::Clock;
use crate::spawn::error::Error;
use crate::spawn::options::Options;
use crate::spawn::program::Program;

/// Running child, which the runner started through a supervisor or forked from a zygote.
#[derive(Debug)]
pub(in crate::spawn::unix) enum Process {
    Started(Started),
    Forked(Forked),
}

impl Process {
    /// Starts a child, and returns the child and the read ends of the child's standard output and
    /// standard error. If the options merge the output streams, standard error has no read end.
    ///
    /// # Errors
    ///
    /// Returns an error if the child cannot be requested from a supervisor. If the supervisor fails
    /// to start the child, [`finish`](Self::finish) returns the error.
    pub(in crate::spawn::unix) fn start(
        program: &Program,
        argument: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
        clock: &mut Clock,
    ) -> Result<(Self, File, Option<File>), Error> {
        let not_started = |error: io::Error| program.not_started(&error);
        let mut slot = Slot::take()?;
        clock.skip();
        let pipe = if options.by_socket { socket } else { pipe };
        let (stdout, child_stdout) = pipe().map_err(not_started)?;
        let (stderr, child_stderr) =
            if options.merge_output { None } else { Some(pipe().map_err(not_started)?) }.unzip();
        let streams = [&child_stdout, child_stderr.as_ref().unwrap_or(&child_stdout)];
        request(&mut slot, program, argument, options, limits, &streams.map(AsFd::as_fd))?;
        let started = Started { slot, ordered: Cell::new(false), stopped: Cell::new(None) };
        Ok((Self::Started(started), stdout, stderr))
    }

    /// Forks a child from a zygote of the program; see [`start`](Self::start).
    pub(in crate::spawn::unix) fn fork(
        program: &Program,
        name: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
        clock: &mut Clock,
    ) -> Result<(Self, File, Option<File>), Error> {
        let (forked, stdout, stderr) = Forked::start(program, name, options, limits, clock)?;
        Ok((Self::Forked(forked), stdout, stderr))
    }

    /// Starts a zygote for these options unless such a zygote is idle.
    pub(in crate::spawn::unix) fn prepare_to_fork(
        program: &Program,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(), Error> {
        zygote::prepare(program, options, limits)
    }

    /// Returns a report on the state of each thread of the child and of its descendants.
    pub(in crate::spawn::unix) fn doing(&self) -> Option<String> {
        match self {
            Self::Started(Started { slot, .. }) => proc::doing(proc::children(slot.supervisor.pid)),
            Self::Forked(forked) => forked.doing(),
        }
    }

    /// Returns the process IDs of the child and of its descendants, so that a debugger can attach
    /// to them.
    pub(in crate::spawn::unix) fn processes(&self) -> Vec<libc::pid_t> {
        proc::descendants(match self {
            Self::Started(Started { slot, .. }) => slot.supervisor.pid,
            Self::Forked(forked) => forked.zygote(),
        })
    }

    /// Returns the time between the request to start the child and the child's start; `elapsed` is
    /// the time since the request. Returns `elapsed` if the child has not started yet. Returns zero
    /// if `/proc` does not show the child.
    pub(in crate::spawn::unix) fn delay(&self, elapsed: Duration) -> Duration {
        let parent = match self {
            Self::Started(Started { slot, .. }) => slot.supervisor.pid,
            Self::Forked(forked) => forked.zygote(),
        };
        match proc::list_children(parent).as_deref() {
            Ok([]) => elapsed,
            Ok(children) => {
                proc::age(children).map_or(Duration::ZERO, |age| elapsed.saturating_sub(age))
            }
            Err(_) => Duration::ZERO,
        }
    }

    /// Sends SIGTERM to the child's process group.
    pub(in crate::spawn::unix) fn terminate(&self) {
        match self {
            Self::Started(started) => started.terminate(),
            Self::Forked(forked) => forked.terminate(),
        }
    }

    /// Sends SIGKILL to the child, to its process group, and to the child's descendants.
    pub(in crate::spawn::unix) fn kill(&self) {
        match self {
            Self::Started(started) => started.kill(),
            Self::Forked(forked) => forked.kill(),
        }
    }

    /// Kills the child, its supervisor and all processes that the child has left behind, because
    /// supervising the child failed with `error`. Returns an error that names the cause, which is
    /// `error` or the end of the supervisor, and the processes that still run.
    pub(in crate::spawn::unix) fn abandon(self, error: &io::Error) -> io::Error {
        match self {
            Self::Started(Started { slot, .. }) => slot.abandon(error),
            Self::Forked(forked) => forked.abandon(error),
        }
    }

    /// Kills the processes that an ended child has left behind, inside and outside its process
    /// group, and returns how the child ended. If `keep` is true, the child's directory is removed
    /// only if the directory is empty.
    ///
    /// # Errors
    ///
    /// Returns the outer error if the child could not be supervised, and the inner error if the
    /// child did not start.
    pub(in crate::spawn::unix) fn finish(
        self,
        program: &Program,
        keep: bool,
    ) -> io::Result<Result<Finished, NotStarted>> {
        match self {
            Self::Started(started) => started.finish(program, keep),
            Self::Forked(forked) => forked.finish(program, keep),
        }
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Started(Started { slot, .. }) => slot.supervisor.socket.as_fd(),
            Self::Forked(forked) => forked.as_fd(),
        }
    }
}

/// Child that a supervisor starts.
#[derive(Debug)]
pub(in crate::spawn::unix) struct Started {
    slot: Slot,
    /// Whether the runner has ordered the supervisor to terminate, kill or sweep this child. A
    /// supervisor that got an order is not used again, because the supervisor might read a late
    /// order as a part of the next request.
    ordered: Cell<bool>,
    /// Reason why the supervisor did not run at the child's deadline, if the supervisor was
    /// stopped.
    stopped: Cell<Option<&'static str>>,
}

impl Started {
    fn terminate(&self) {
        self.stopped.set(self.slot.supervisor.stopped());
        self.order(messages::TERMINATE);
        self.slot.supervisor.nudge();
    }

    fn kill(&self) {
        self.order(messages::KILL);
        self.slot.supervisor.nudge();
        // The runner also kills the supervisor's descendants directly, because the supervisor may
        // be unable to execute the order to kill them. A supervisor cannot execute the order if a
        // child traces the supervisor, or while the supervisor waits for a child that is blocked in
        // execve(2).
        for pid in proc::descendants(self.slot.supervisor.pid) {
            calls::kill(pid, libc::SIGKILL);
        }
    }

    fn finish(mut self, program: &Program, keep: bool) -> io::Result<Result<Finished, NotStarted>> {
        let is_reusable = !self.ordered.get();
        let (ended, stopped) = (self.replies(), self.stopped.get());
        let ended = match (ended, stopped) {
            (Ok(ended), None) => ended,
            (Ok(_), Some(why)) => return Err(self.slot.abandon(&io::Error::other(why))),
            (Err(error), _) => return Err(self.slot.abandon(&error)),
        };
        if ended.failed_step != 0 {
            return Ok(Err(self.slot.not_started(&ended, program, is_reusable)));
        }
        self.slot.set_made(ended.made);
        let not_killed = left_running(&ended);
        let (not_removed, left) = self.slot.leave(is_reusable && not_killed.is_none(), keep);
        let Reply { status, usage, .. } = ended;
        Ok(Ok(Finished { status, usage, not_removed, not_killed, left }))
    }

    /// Reads how the child ended, and waits until the supervisor has killed the processes that the
    /// child has left behind.
    fn replies(&self) -> io::Result<Reply> {
        let ended = self.slot.supervisor.read()?;
        if ended.failed_step == 0 && ended.has_survivors() {
            self.order(messages::SWEEP);
            return self.slot.supervisor.read();
        }
        Ok(ended)
    }

    fn order(&self, what: u8) {
        self.ordered.set(true);
        self.slot.supervisor.order(what);
    }
}
