//! Starts and ends a child on Linux through a *supervisor*, a process that outlives the runner just
//! long enough to kill what the runner started.
//!
//! A runner that is killed cannot clean up after itself. A process that has left the child's
//! process group (`setsid`, a daemon) is no child of the runner, so the runner cannot find it. A
//! *child subreaper* (prctl(2)) can do both, because every orphaned descendant becomes its child:
//!
//! 1. The runner forks a supervisor, which makes itself a child subreaper.
//! 2. The supervisor starts one child at a time.
//! 3. When the child has ended, or when the socket to the runner closes because the runner is gone,
//!    the supervisor kills all children that it has, until there are none.
//!
//! A supervisor is forked, not executed, because a library has no executable of its own; see
//! `serve.rs`. The runner starts a supervisor for the first child and uses it for further children,
//! so a supervisor costs a few messages per child. A supervisor ends with the runner.

mod by_parent;
mod calls;
mod children;
mod made;
mod messages;
mod pipe;
mod proc;
mod request;
mod serve;
mod slot;
mod zygote;

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use self::messages::Reply;
use self::pipe::pipe;
use self::request::request;
use self::slot::{Slot, order, read};
use self::zygote::Forked;
use super::sys::{Finished, NotStarted, Resource};
use crate::spawn::error::Error;
use crate::spawn::options::Options;
use crate::spawn::program::Program;

/// Child from its start to its end.
#[derive(Debug)]
pub(in crate::spawn::unix) enum Process {
    Started(Started),
    Forked(Forked),
}

impl Process {
    /// Starts a child. Returns the child, the read end of its standard output, and the read end of
    /// its standard error. If the streams are merged, standard error has no read end of its own.
    ///
    /// # Errors
    ///
    /// Returns an error if the child cannot be requested from a supervisor. A child that then fails
    /// to start is reported by [`finish`](Self::finish).
    pub(in crate::spawn::unix) fn start(
        program: &Program,
        argument: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(Self, File, Option<File>), Error> {
        let not_started = |error: io::Error| program.not_started(&error);
        let slot = Slot::take()?;
        let (stdout, child_stdout) = pipe().map_err(not_started)?;
        let (stderr, child_stderr) =
            if options.merge_output { None } else { Some(pipe().map_err(not_started)?) }.unzip();
        let streams = [&child_stdout, child_stderr.as_ref().unwrap_or(&child_stdout)];
        request(&slot, program, argument, options, limits, &streams.map(AsFd::as_fd))?;
        Ok((Self::Started(Started { slot, ordered: Cell::new(false) }), stdout, stderr))
    }

    /// Forks a child from a zygote of the program; see [`start`](Self::start).
    pub(in crate::spawn::unix) fn fork(
        program: &Program,
        name: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(Self, File, Option<File>), Error> {
        let (forked, stdout, stderr) = Forked::start(program, name, options, limits)?;
        Ok((Self::Forked(forked), stdout, stderr))
    }

    /// Starts a zygote for these options unless one is idle.
    pub(in crate::spawn::unix) fn prepare_to_fork(
        program: &Program,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(), Error> {
        zygote::prepare(program, options, limits)
    }

    /// Returns a report of what the threads of the child and of its descendants are doing.
    pub(in crate::spawn::unix) fn doing(&self) -> Option<String> {
        match self {
            Self::Started(Started { slot, .. }) => proc::doing(proc::children(slot.supervisor.pid)),
            Self::Forked(forked) => forked.doing(),
        }
    }

    /// Returns the process IDs of the child and of its descendants, for a debugger.
    pub(in crate::spawn::unix) fn processes(&self) -> Vec<libc::pid_t> {
        proc::descendants(match self {
            Self::Started(Started { slot, .. }) => slot.supervisor.pid,
            Self::Forked(forked) => forked.zygote(),
        })
    }

    /// Sends SIGTERM to the child's process group.
    pub(in crate::spawn::unix) fn terminate(&self) {
        match self {
            Self::Started(started) => started.order(messages::TERMINATE),
            Self::Forked(forked) => forked.terminate(),
        }
    }

    /// Sends SIGKILL to the child and to its process group.
    pub(in crate::spawn::unix) fn kill(&self) {
        match self {
            Self::Started(started) => started.order(messages::KILL),
            Self::Forked(forked) => forked.kill(),
        }
    }

    /// Kills what the child has left behind, inside and outside its process group, and returns how
    /// the child ended. The child must have ended. With `keep`, the directory stays if it is not
    /// empty.
    ///
    /// # Errors
    ///
    /// The outer error says why the child could not be supervised, the inner one why it did not
    /// start.
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

/// Child that a supervisor has been asked to start.
#[derive(Debug)]
pub(in crate::spawn::unix) struct Started {
    slot: Slot,
    /// Whether an order was sent for this child. An order that arrived too late to be read would be
    /// taken for a part of the next request, so the supervisor is not used again.
    ordered: Cell<bool>,
}

impl Started {
    fn finish(mut self, program: &Program, keep: bool) -> io::Result<Result<Finished, NotStarted>> {
        let ended: Reply = read(&self.slot.supervisor.socket)?;
        let is_reusable = !self.ordered.get();
        if ended.failed_step != 0 {
            return Ok(Err(self.slot.not_started(&ended, program, is_reusable)));
        }
        self.slot.set_made(ended.made);
        if ended.has_survivors() {
            self.order(messages::SWEEP);
            let _: Reply = read(&self.slot.supervisor.socket)?;
        }
        let (not_removed, left) = self.slot.leave(is_reusable, keep);
        Ok(Ok(Finished { status: ended.status, usage: ended.usage, not_removed, left }))
    }

    fn order(&self, what: u8) {
        self.ordered.set(true);
        order(&self.slot, what);
    }
}
