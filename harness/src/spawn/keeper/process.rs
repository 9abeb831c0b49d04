//! Starting and ending a child on Linux, through a keeper: a process of its own that outlives the runner just long enough to
//! end what the runner started.
//!
//! A runner that is killed cannot clean up after itself, and a process that has left the child's group (`setsid`, a daemon)
//! is no child of the runner that it could find. Both are easy for a parent that is a *child subreaper* (prctl(2)): orphans
//! become its children, however deep they come from. So each child is started by a keeper, which runs one at a time; when
//! the child has ended, or when the runner is gone (the socket between the two says so), every child that the keeper still
//! has is killed, until there is none.
//!
//! A keeper is forked from the runner, not executed, since a library has no executable of its own; see `serve.rs`. It is
//! started for the first child, goes on to the next, and ends with the runner. So it costs a few messages per child.
#![expect(unsafe_code, reason = "forks, and passes descriptors over a socket")]

#[path = "by_parent.rs"]
mod by_parent;
#[path = "calls.rs"]
mod calls;
#[path = "messages.rs"]
mod messages;
#[path = "../proc.rs"]
mod proc;
#[path = "request.rs"]
mod request;
#[path = "serve.rs"]
mod serve;
#[path = "zygote.rs"]
mod zygote;

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, Once};
use std::{fs, mem, process, ptr};

use self::messages::Ended;
use self::request::request;
use self::zygote::Forked;
use super::{Finished, Resource};
use crate::spawn::scratch::Scratch;
use crate::spawn::{Error, Options, Program};

/// Where a child runs: a keeper, and the directory that the child works in.
///
/// Both are used again for the next child, if the last one left the directory as it was: making and removing one takes longer
/// than anything else here.
#[derive(Debug)]
struct Seat {
    keeper: Keeper,
    scratch: Scratch,
    /// Whether the directory is there. The keeper makes it, so that there is no moment at which a runner that is killed
    /// leaves one behind.
    is_made: bool,
}

/// Those without a child.
static IDLE: Mutex<Vec<Seat>> = Mutex::new(Vec::new());

/// The socket of a keeper. When it is closed, the keeper ends, and it is waited for.
#[derive(Debug)]
struct Keeper {
    socket: UnixStream,
    pid: libc::pid_t,
}

/// Keepers that were told to end, and are to be waited for.
static ENDING: Mutex<Vec<libc::pid_t>> = Mutex::new(Vec::new());

impl Drop for Keeper {
    fn drop(&mut self) {
        // Not waited for here: it may have a fork bomb to clean up.
        let _ = self.socket.shutdown(Shutdown::Both);
        lock(&ENDING).push(self.pid);
    }
}

/// Waits for keepers that were told to end: for those that have ended, or for all.
fn reap_keepers(flags: libc::c_int) {
    // SAFETY: the keeper is a child of this process and not waited for; the status is not asked for.
    lock(&ENDING).retain(|pid| unsafe { libc::waitpid(*pid, ptr::null_mut(), flags) } == 0);
}

/// Ends the keepers without a child when the runner exits, and waits for them. Without it they would end as well, but a moment
/// later, and be waited for by the system's first process, which in many containers does not do that.
extern "C" fn end_keepers() {
    // A fork of the runner has its variables, but not its keepers.
    if RUNNER.load(Ordering::Relaxed) == process::id() {
        lock(&IDLE).clear();
        zygote::end_all();
        reap_keepers(0);
    }
}

/// The process that keepers are children of.
static RUNNER: AtomicU32 = AtomicU32::new(0);

impl Seat {
    fn take() -> Result<Self, Error> {
        let idle = lock(&IDLE).pop();
        if let Some(seat) = idle {
            return Ok(seat);
        }
        reap_keepers(libc::WNOHANG);
        let keeper =
            fork_keeper().map_err(|error| Error::new("start", "a keeper for the child", error))?;
        Ok(Self { keeper, scratch: scratch()?, is_made: false })
    }

    /// Makes room for the next child. Returns the directory if it could not be removed, or, as the second, if it is to be kept
    /// and there is something in it. (An empty one would be removed by the keeper in the end.)
    fn leave(mut self, is_reusable: bool, keep: bool) -> (Option<PathBuf>, Option<Scratch>) {
        let keep = keep && self.scratch.is_in_use();
        let part = |directory: Scratch| {
            if keep { (None, Some(directory)) } else { (directory.remove(), None) }
        };
        self.is_made = as_new(self.scratch.path()).is_some();
        let next = if self.is_made { None } else { scratch().ok() };
        match next {
            Some(next) if is_reusable => {
                let last = mem::replace(&mut self.scratch, next);
                lock(&IDLE).push(self);
                part(last)
            }
            None if is_reusable && self.is_made => {
                lock(&IDLE).push(self);
                (None, None)
            }
            _ => part(self.scratch),
        }
    }
}

fn lock<T>(list: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    list.lock().expect("nothing panics while it is held")
}

/// Returns what the system says of a directory that a child has left as it was made: empty, and open to its owner alone.
fn as_new(directory: &Path) -> Option<fs::Metadata> {
    let found = fs::symlink_metadata(directory).ok()?;
    // All bits of the mode but those of the kind: what everybody may do, and no more.
    let is_private = found.is_dir() && found.mode() & 0o7777 == 0o700;
    (is_private && fs::read_dir(directory).ok()?.next().is_none()).then_some(found)
}

/// Returns a directory that is not there yet.
fn scratch() -> Result<Scratch, Error> {
    Scratch::new(|path| match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
    })
}

/// A child, from its start to its end.
#[derive(Debug)]
pub(in crate::spawn) enum Process {
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
    pub(in crate::spawn) fn start(
        program: &Program,
        argument: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(Self, File, Option<File>), Error> {
        let not_started = |error: io::Error| program.not_started(&error);
        let seat = Seat::take()?;
        let (stdout, child_stdout) = pipe().map_err(not_started)?;
        let (stderr, child_stderr) =
            if options.merge_output { None } else { Some(pipe().map_err(not_started)?) }.unzip();
        let streams = [&child_stdout, child_stderr.as_ref().unwrap_or(&child_stdout)];
        request(&seat, program, argument, options, limits, &streams.map(AsFd::as_fd))?;
        Ok((Self::Started(Started { seat, ordered: Cell::new(false) }), stdout, stderr))
    }

    /// Has a zygote of the program fork a child; see [`start`](Self::start).
    pub(in crate::spawn) fn fork(
        program: &Program,
        name: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(Self, File, Option<File>), Error> {
        let (forked, stdout, stderr) = Forked::start(program, name, options, limits)?;
        Ok((Self::Forked(forked), stdout, stderr))
    }

    /// Has a zygote wait that children can be forked from.
    pub(in crate::spawn) fn prepare_to_fork(
        program: &Program,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(), Error> {
        zygote::prepare(program, options, limits)
    }

    /// Returns what its threads are doing, and those of the processes that it started.
    pub(in crate::spawn) fn doing(&self) -> Option<String> {
        match self {
            Self::Started(Started { seat, .. }) => proc::doing(proc::children(seat.keeper.pid)),
            Self::Forked(forked) => forked.doing(),
        }
    }

    /// Returns the child and the processes that it started, for a debugger.
    pub(in crate::spawn) fn processes(&self) -> Vec<libc::pid_t> {
        proc::descendants(match self {
            Self::Started(Started { seat, .. }) => seat.keeper.pid,
            Self::Forked(forked) => forked.zygote(),
        })
    }

    /// Asks the child's group to end.
    pub(in crate::spawn) fn terminate(&self) {
        match self {
            Self::Started(started) => started.order(messages::TERMINATE),
            Self::Forked(forked) => forked.terminate(),
        }
    }

    /// Kills the child's group.
    pub(in crate::spawn) fn kill(&self) {
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
    pub(in crate::spawn) fn finish(self, keep: bool) -> io::Result<io::Result<Finished>> {
        match self {
            Self::Started(started) => started.finish(keep),
            Self::Forked(forked) => forked.finish(keep),
        }
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Started(Started { seat, .. }) => seat.keeper.socket.as_fd(),
            Self::Forked(forked) => forked.as_fd(),
        }
    }
}

/// A child that a keeper has started.
#[derive(Debug)]
pub(in crate::spawn) struct Started {
    seat: Seat,
    /// Whether it was ordered to end. The order may have come too late to be read, and would be taken for a part of the
    /// next request.
    ordered: Cell<bool>,
}

impl Started {
    fn finish(self, keep: bool) -> io::Result<io::Result<Finished>> {
        let ended: Ended = read(&self.seat.keeper.socket)?;
        let is_reusable = !self.ordered.get();
        if ended.has_left() {
            self.order(messages::SWEEP);
            let _: Ended = read(&self.seat.keeper.socket)?;
        }
        let (not_removed, left) = self.seat.leave(is_reusable, keep);
        Ok(match ended.error {
            0 => Ok(Finished { status: ended.status, usage: ended.usage, not_removed, left }),
            error => Err(io::Error::from_raw_os_error(error)),
        })
    }

    fn order(&self, what: u8) {
        self.ordered.set(true);
        order(&self.seat, what);
    }
}

/// Orders something of a keeper. One that is gone has taken the child with it, and reading from it will say so.
fn order(seat: &Seat, order: u8) {
    let _ = (&seat.keeper.socket).write_all(&[order]);
}

fn fork_keeper() -> io::Result<Keeper> {
    static AT_EXIT: Once = Once::new();
    // SAFETY: the function may run at any time after this.
    AT_EXIT.call_once(|| _ = unsafe { libc::atexit(end_keepers) });
    RUNNER.store(process::id(), Ordering::Relaxed);
    let (ours, theirs) = UnixStream::pair()?;
    // SAFETY: the new process, which has only this thread, calls nothing but `serve::main`, which neither allocates nor
    // locks, as it must not in the fork of a process with several threads.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: this is the new process, and the socket is open in it.
        0 => unsafe { serve::main(theirs.as_raw_fd()) },
        pid => Ok(Keeper { socket: ours, pid }),
    }
}

/// Returns a pipe whose ends no program inherits: the one to read from and the one to write to.
fn pipe() -> io::Result<(File, OwnedFd)> {
    let mut fds = [0; 2];
    // SAFETY: `fds` is writable memory for two descriptors.
    if unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just made this descriptor, and nothing else owns it.
    let reader = unsafe { OwnedFd::from_raw_fd(fds[0]) };
    // SAFETY: the same holds for the other one.
    let writer = unsafe { OwnedFd::from_raw_fd(fds[1]) };
    Ok((reader.into(), writer))
}

/// Reads one of the keeper's answers. That it is gone is an error.
fn read<T: messages::Plain>(mut socket: &UnixStream) -> io::Result<T> {
    let mut answer = MaybeUninit::<T>::zeroed();
    // SAFETY: the memory is that of `answer`, which zeros have initialized.
    let bytes =
        unsafe { std::slice::from_raw_parts_mut(answer.as_mut_ptr().cast::<u8>(), size_of::<T>()) };
    socket.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::other("the process that keeps it was killed"),
        _ => error,
    })?;
    // SAFETY: a `Plain` type may have any bytes, and all of them were read.
    Ok(unsafe { answer.assume_init() })
}
