//! Starting and ending a child on Linux, through a supervisor: a process of its own that outlives the runner just long enough to
//! end what the runner started.
//!
//! A runner that is killed cannot clean up after itself, and a process that has left the child's group (`setsid`, a daemon)
//! is no child of the runner that it could find. Both are easy for a parent that is a *child subreaper* (prctl(2)): orphans
//! become its children, however deep they come from. So each child is started by a supervisor, which runs one at a time; when
//! the child has ended, or when the runner is gone (the socket between the two says so), every child that the supervisor still
//! has is killed, until there is none.
//!
//! A supervisor is forked from the runner, not executed, since a library has no executable of its own; see `serve.rs`. It is
//! started for the first child, goes on to the next, and ends with the runner. So it costs a few messages per child.

mod by_parent;
mod calls;
mod children;
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
use super::sys::{Finished, Resource};
use crate::spawn::error::Error;
use crate::spawn::options::Options;
use crate::spawn::program::Program;

/// A child, from its start to its end.
#[derive(Debug)]
pub(in crate::spawn::unix) enum Process {
    Started(Started),
    Forked(Forked),
}

impl Process {
    /// Starts a child. Returns it with the read ends of its standard output and standard error; there is one for both where
    /// they are merged.
    ///
    /// # Errors
    ///
    /// That it cannot be asked for. That it did not start is an error of [`finish`](Self::finish).
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

    /// Has a zygote of the program fork a child; see [`start`](Self::start).
    pub(in crate::spawn::unix) fn fork(
        program: &Program,
        name: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(Self, File, Option<File>), Error> {
        let (forked, stdout, stderr) = Forked::start(program, name, options, limits)?;
        Ok((Self::Forked(forked), stdout, stderr))
    }

    /// Has a zygote wait that children can be forked from.
    pub(in crate::spawn::unix) fn prepare_to_fork(
        program: &Program,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(), Error> {
        zygote::prepare(program, options, limits)
    }

    /// Returns what its threads are doing, and those of the processes that it started.
    pub(in crate::spawn::unix) fn doing(&self) -> Option<String> {
        match self {
            Self::Started(Started { slot, .. }) => proc::doing(proc::children(slot.supervisor.pid)),
            Self::Forked(forked) => forked.doing(),
        }
    }

    /// Returns the child and the processes that it started, for a debugger.
    pub(in crate::spawn::unix) fn processes(&self) -> Vec<libc::pid_t> {
        proc::descendants(match self {
            Self::Started(Started { slot, .. }) => slot.supervisor.pid,
            Self::Forked(forked) => forked.zygote(),
        })
    }

    /// Asks the child's group to end.
    pub(in crate::spawn::unix) fn terminate(&self) {
        match self {
            Self::Started(started) => started.order(messages::TERMINATE),
            Self::Forked(forked) => forked.terminate(),
        }
    }

    /// Kills the child's group.
    pub(in crate::spawn::unix) fn kill(&self) {
        match self {
            Self::Started(started) => started.order(messages::KILL),
            Self::Forked(forked) => forked.kill(),
        }
    }

    /// Kills whatever the child has left behind, in its group or out of it, and tells how it ended. The child must have
    /// ended. With `keep`, what is in its directory stays.
    ///
    /// # Errors
    ///
    /// That it could not be followed, or within that, that it did not start.
    pub(in crate::spawn::unix) fn finish(self, keep: bool) -> io::Result<io::Result<Finished>> {
        match self {
            Self::Started(started) => started.finish(keep),
            Self::Forked(forked) => forked.finish(keep),
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

/// A child that a supervisor has started.
#[derive(Debug)]
pub(in crate::spawn::unix) struct Started {
    slot: Slot,
    /// Whether it was ordered to end. The order may have come too late to be read, and would be taken for a part of the
    /// next request.
    ordered: Cell<bool>,
}

impl Started {
    fn finish(self, keep: bool) -> io::Result<io::Result<Finished>> {
        let ended: Reply = read(&self.slot.supervisor.socket)?;
        let is_reusable = !self.ordered.get();
        if ended.has_survivors() {
            self.order(messages::SWEEP);
            let _: Reply = read(&self.slot.supervisor.socket)?;
        }
        let (not_removed, left) = self.slot.leave(is_reusable, keep);
        Ok(match ended.error {
            0 => Ok(Finished { status: ended.status, usage: ended.usage, not_removed, left }),
            error => Err(io::Error::from_raw_os_error(error)),
        })
    }

    fn order(&self, what: u8) {
        self.ordered.set(true);
        order(&self.slot, what);
    }
}
