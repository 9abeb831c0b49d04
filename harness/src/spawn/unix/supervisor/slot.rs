//! Keeps the supervisors and the children's directories, in use and idle.
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

/// Supervisor and working directory for one child.
///
/// Both serve the next child too if the last one left the directory unchanged. Creating and
/// removing a directory takes longer than starting a child.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) supervisor: Supervisor,
    pub(super) scratch: Scratch,
    /// Whether the directory exists. The supervisor creates it and removes it if the runner is
    /// gone, so a killed runner does not leave an empty directory behind.
    pub(super) is_made: bool,
}

/// Idle slots, ready for reuse.
static IDLE: Mutex<Vec<Slot>> = Mutex::new(Vec::new());

/// Supervisor process, with the runner's end of its socket. Dropping this closes the socket, which
/// makes the supervisor exit; the runner reaps it later.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) socket: UnixStream,
    pub(super) pid: libc::pid_t,
}

/// Process IDs of supervisors that were told to exit and are not reaped yet.
static ENDING: Mutex<Vec<libc::pid_t>> = Mutex::new(Vec::new());

impl Drop for Supervisor {
    fn drop(&mut self) {
        // The supervisor is not reaped here, because it may still have many processes to kill, such
        // as a fork bomb's.
        let _ = self.socket.shutdown(Shutdown::Both);
        lock(&ENDING).push(self.pid);
    }
}

/// Reaps the supervisors that were told to exit. With `WNOHANG` in `flags`, reaps only those that
/// have already exited.
fn reap_supervisors(flags: libc::c_int) {
    // SAFETY: the supervisor is a child of this process that is not reaped yet, and `waitpid`
    // accepts a null pointer in place of the address of a status.
    lock(&ENDING).retain(|pid| unsafe { libc::waitpid(*pid, ptr::null_mut(), flags) } == 0);
}

/// Tells the idle supervisors to exit when the runner exits, and reaps them. Without this they
/// would exit a moment later, and process 1 would have to reap them, which it does not do in many
/// containers.
extern "C" fn end_supervisors() {
    if is_runner() {
        lock(&IDLE).clear();
        reap_supervisors(0);
    }
}

/// Returns true if this process is the supervisors' parent. A fork of the runner has a copy of the
/// runner's variables, but the supervisors are not its children.
pub(super) fn is_runner() -> bool {
    RUNNER.load(Ordering::Relaxed) == process::id()
}

/// Registers a function to be called when the runner exits. The function that was registered last
/// is called first (atexit(3)).
pub(super) fn at_exit(given: &Once, function: extern "C" fn()) {
    // SAFETY: both functions that are passed here may run at any later time.
    given.call_once(|| _ = unsafe { libc::atexit(function) });
}

/// Process ID of the supervisors' parent.
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

    /// Frees the slot for the next child. The first returned value is the directory if it could not
    /// be removed. The second is the directory if the caller keeps it and it is not empty. (A
    /// supervisor removes an empty one when it exits.)
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
    list.lock().expect("no thread panics while it holds the lock")
}

/// Returns the metadata of a directory that a child has left as it was created: empty, and
/// accessible to its owner alone.
pub(super) fn as_new(directory: &Path) -> Option<fs::Metadata> {
    let found = fs::symlink_metadata(directory).ok()?;
    // The mask selects the permission bits and the set-user-ID, set-group-ID and sticky bits.
    let is_private = found.is_dir() && found.mode() & 0o7777 == 0o700;
    (is_private && fs::read_dir(directory).ok()?.next().is_none()).then_some(found)
}

/// Returns a path for a directory that does not exist yet.
fn scratch() -> Result<Scratch, Error> {
    Scratch::new(|path| match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
    })
}

/// Sends an order to a supervisor. Errors are ignored: if the supervisor is gone, the next read
/// from its socket reports it.
pub(super) fn order(slot: &Slot, order: u8) {
    let _ = (&slot.supervisor.socket).write_all(&[order]);
}

fn fork_supervisor() -> io::Result<Supervisor> {
    static AT_EXIT: Once = Once::new();
    at_exit(&AT_EXIT, end_supervisors);
    RUNNER.store(process::id(), Ordering::Relaxed);
    let (ours, theirs) = UnixStream::pair()?;
    // SAFETY: the new process, which has only this thread, calls nothing but `serve::main`. That
    // function neither allocates nor locks, as POSIX requires in a fork of a multithreaded process.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: this process was just forked for the supervisor, and the socket is open in it.
        0 => unsafe { serve::main(theirs.as_raw_fd()) },
        pid => Ok(Supervisor { socket: ours, pid }),
    }
}

/// Reads one reply of the supervisor.
///
/// # Errors
///
/// Returns an error if the supervisor is gone.
pub(super) fn read<T: messages::Plain>(mut socket: &UnixStream) -> io::Result<T> {
    let mut answer = MaybeUninit::<T>::zeroed();
    // SAFETY: the slice covers exactly the memory of `answer`, which is zeroed.
    let bytes =
        unsafe { std::slice::from_raw_parts_mut(answer.as_mut_ptr().cast::<u8>(), size_of::<T>()) };
    socket.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            io::Error::other("its supervisor process ended unexpectedly")
        }
        _ => error,
    })?;
    // SAFETY: every byte pattern is a valid value of a `Plain` type, and all bytes were read.
    Ok(unsafe { answer.assume_init() })
}
