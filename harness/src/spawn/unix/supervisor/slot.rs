//! Keeps the supervisors and the children's directories, in use and idle.
#![expect(unsafe_code, reason = "forks, waits, and reads structs from a socket")]

use std::ffi::CString;
use std::io::{self, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, Once};
use std::{fs, mem, process, ptr};

use super::messages::{Made, Reply};
use super::{made, messages, serve};
use crate::spawn::error::Error;
use crate::spawn::program::Program;
use crate::spawn::scratch::Scratch;
use crate::spawn::unix::sys::NotStarted;

/// Supervisor and working directory for one child.
///
/// A slot serves further children as long as each leaves the directory unchanged. Creating and
/// removing a directory takes longer than starting a child.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) supervisor: Supervisor,
    pub(super) scratch: Scratch,
    /// State of the directory when the supervisor created it; `None` before that. The supervisor
    /// removes an empty directory when the runner is gone, so a killed runner leaves none behind.
    made: Option<Made>,
}

/// Idle slots, ready for reuse.
static IDLE: Mutex<Vec<Slot>> = Mutex::new(Vec::new());

/// Supervisor process, with the runner's end of its socket. Dropping a `Supervisor` closes the
/// socket, which makes the process exit. The runner reaps the process later.
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

/// Tells the idle supervisors to exit when the runner exits, and reaps them. Supervisors that exit
/// after the runner must be reaped by process 1, which does not do so in many containers.
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
    // SAFETY: every function that is passed here may run at any later time.
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
        Ok(Self { supervisor, scratch: Scratch::planned()?, made: None })
    }

    /// Returns true if the directory exists. If the directory does not exist, the supervisor
    /// creates it for the next child.
    pub(super) fn has_directory(&self) -> bool {
        self.made.is_some()
    }

    /// Notes the state of the directory that the supervisor has created.
    pub(super) fn set_made(&mut self, made: Made) {
        self.made = made.identity().map(|identity| {
            self.scratch.set_made(identity);
            made
        });
    }

    /// Returns why the supervisor did not start a child of `program`, and frees the slot.
    pub(super) fn not_started(
        mut self,
        reply: &Reply,
        program: &Program,
        is_reusable: bool,
    ) -> NotStarted {
        let error = io::Error::from_raw_os_error(reply.error);
        let directory = self.scratch.path().to_owned();
        if reply.failed_step <= messages::STEP_DIRECTORY {
            self.scratch.keep(); // whatever has this name, the supervisor did not create it
        } else {
            self.set_made(reply.made);
        }
        let is_reusable = is_reusable && reply.failed_step > messages::STEP_STREAMS;
        // The error that is returned says more than one about the directory.
        let _ = self.leave(is_reusable, false);
        NotStarted::Failed(match reply.failed_step {
            messages::STEP_SUPERVISOR => Error::new("start", "a supervisor", error),
            messages::STEP_STREAMS => Error::new("open", "/dev/null", error),
            messages::STEP_DIRECTORY if reply.error == libc::EEXIST => {
                return NotStarted::NameInUse;
            }
            messages::STEP_DIRECTORY => Error::new("create", directory, error),
            messages::STEP_PROCESS => Error::new("create a process for", &program.path, error),
            messages::STEP_ENTER => Error::new("enter", directory, error),
            messages::STEP_LIMITS => Error::new("set the limits of", &program.path, error),
            _ => program.not_started(&error),
        })
    }

    /// Frees the slot for the next child. The first returned value is the directory if it could not
    /// be removed. The second is the directory if the caller keeps it and it is not empty. (A
    /// supervisor removes an empty one when it exits.)
    pub(super) fn leave(
        mut self,
        is_reusable: bool,
        keep: bool,
    ) -> (Option<Error>, Option<Scratch>) {
        let keep = keep && self.scratch.is_in_use();
        let part = |directory: Scratch| {
            if keep { (None, Some(directory)) } else { (directory.remove(), None) }
        };
        let is_as_made = self.made.is_some_and(|made| is_as_made(self.scratch.path(), &made));
        let next = if is_as_made { None } else { Scratch::planned().ok() };
        match next {
            Some(next) if is_reusable => {
                let last = mem::replace(&mut self.scratch, next);
                self.made = None;
                lock(&IDLE).push(self);
                part(last)
            }
            None if is_reusable && is_as_made => {
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

/// Returns true if a child has left the directory at `path` as it was created.
pub(super) fn is_as_made(path: &Path, made: &Made) -> bool {
    let is_empty = || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    look(path).as_ref() == Some(made) && is_empty()
}

/// Returns the state of the directory at `path`.
pub(super) fn look(path: &Path) -> Option<Made> {
    CString::new(path.as_os_str().as_bytes()).ok().and_then(|path| made::look(&path))
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
    // SAFETY: the new process, which has only this thread, calls nothing but `serve::main`.
    // `serve::main` neither allocates nor locks, as POSIX requires in a fork of a multithreaded
    // process.
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
