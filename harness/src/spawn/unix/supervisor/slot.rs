//! Supervisors and the directories that children work in, and where those wait that have no child.
#![expect(unsafe_code, reason = "forks, waits, and reads structs from a socket")]

use std::io::{self, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, Once};
use std::{fs, mem, process, ptr};

use super::{messages, serve};
use crate::spawn::error::Error;
use crate::spawn::scratch::Scratch;

/// Where a child runs: a supervisor, and the directory that the child works in.
///
/// Both are used again for the next child, if the last one left the directory as it was: making and removing one takes longer
/// than anything else here.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) supervisor: Supervisor,
    pub(super) scratch: Scratch,
    /// Whether the directory is there. The supervisor makes it, so that there is no moment at which a runner that is killed
    /// leaves one behind.
    pub(super) is_made: bool,
}

/// Those without a child.
static IDLE: Mutex<Vec<Slot>> = Mutex::new(Vec::new());

/// The socket of a supervisor. When it is closed, the supervisor ends, and it is waited for.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) socket: UnixStream,
    pub(super) pid: libc::pid_t,
}

/// Supervisors that were told to end, and are to be waited for.
static ENDING: Mutex<Vec<libc::pid_t>> = Mutex::new(Vec::new());

impl Drop for Supervisor {
    fn drop(&mut self) {
        // Not waited for here: it may have a fork bomb to clean up.
        let _ = self.socket.shutdown(Shutdown::Both);
        lock(&ENDING).push(self.pid);
    }
}

/// Waits for supervisors that were told to end: for those that have ended, or for all.
fn reap_supervisors(flags: libc::c_int) {
    // SAFETY: the supervisor is a child of this process and not waited for; the status is not asked for.
    lock(&ENDING).retain(|pid| unsafe { libc::waitpid(*pid, ptr::null_mut(), flags) } == 0);
}

/// Ends the supervisors without a child when the runner exits, and waits for them. Without it they would end as well, but a moment
/// later, and be waited for by the system's first process, which in many containers does not do that.
extern "C" fn end_supervisors() {
    if is_runner() {
        lock(&IDLE).clear();
        reap_supervisors(0);
    }
}

/// Returns whether this is the process that supervisors are children of. A fork of it has its variables, but not its supervisors.
pub(super) fn is_runner() -> bool {
    RUNNER.load(Ordering::Relaxed) == process::id()
}

/// Has a function called when the runner exits, before those that were given here earlier (atexit(3)).
pub(super) fn at_exit(given: &Once, function: extern "C" fn()) {
    // SAFETY: the function may run at any time after this.
    given.call_once(|| _ = unsafe { libc::atexit(function) });
}

/// The process that supervisors are children of.
static RUNNER: AtomicU32 = AtomicU32::new(0);

impl Slot {
    pub(super) fn take() -> Result<Self, Error> {
        let idle = lock(&IDLE).pop();
        if let Some(slot) = idle {
            return Ok(slot);
        }
        reap_supervisors(libc::WNOHANG);
        let supervisor =
            fork_supervisor().map_err(|error| Error::new("start", "a supervisor", error))?;
        Ok(Self { supervisor, scratch: scratch()?, is_made: false })
    }

    /// Makes room for the next child. Returns the directory if it could not be removed, or, as the second, if it is to be kept
    /// and there is something in it. (An empty one would be removed by the supervisor in the end.)
    pub(super) fn leave(
        mut self,
        is_reusable: bool,
        keep: bool,
    ) -> (Option<PathBuf>, Option<Scratch>) {
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

pub(super) fn lock<T>(list: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    list.lock().expect("nothing panics while it is held")
}

/// Returns what the system says of a directory that a child has left as it was made: empty, and open to its owner alone.
pub(super) fn as_new(directory: &Path) -> Option<fs::Metadata> {
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

/// Orders something of a supervisor. One that is gone has taken the child with it, and reading from it will say so.
pub(super) fn order(slot: &Slot, order: u8) {
    let _ = (&slot.supervisor.socket).write_all(&[order]);
}

fn fork_supervisor() -> io::Result<Supervisor> {
    static AT_EXIT: Once = Once::new();
    at_exit(&AT_EXIT, end_supervisors);
    RUNNER.store(process::id(), Ordering::Relaxed);
    let (ours, theirs) = UnixStream::pair()?;
    // SAFETY: the new process, which has only this thread, calls nothing but `serve::main`, which neither allocates nor
    // locks, as it must not in the fork of a process with several threads.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: this is the new process, and the socket is open in it.
        0 => unsafe { serve::main(theirs.as_raw_fd()) },
        pid => Ok(Supervisor { socket: ours, pid }),
    }
}

/// Reads one of the supervisor's answers. That it is gone is an error.
pub(super) fn read<T: messages::Plain>(mut socket: &UnixStream) -> io::Result<T> {
    let mut answer = MaybeUninit::<T>::zeroed();
    // SAFETY: the memory is that of `answer`, which zeros have initialized.
    let bytes =
        unsafe { std::slice::from_raw_parts_mut(answer.as_mut_ptr().cast::<u8>(), size_of::<T>()) };
    socket.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::other("its supervisor process was killed"),
        _ => error,
    })?;
    // SAFETY: a `Plain` type may have any bytes, and all of them were read.
    Ok(unsafe { answer.assume_init() })
}
