//! Pairs each supervisor with a child's working directory, and keeps idle pairs for reuse.
#![expect(unsafe_code, reason = "calls atexit")]

use std::ffi::CString;
use std::io;
use std::mem;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Once;

use super::connection::{self, Supervisor};
use super::messages::{Made, Reply};
use super::owned::Owned;
use super::{executable, guard, made, messages};
use crate::spawn::error::Error;
use crate::spawn::program::Program;
use crate::spawn::scratch::Scratch;
use crate::spawn::unix::sys::NotStarted;

/// Supervisor and working directory for one child.
///
/// If a child leaves the directory unchanged, the next child uses the same directory. Creating and
/// removing a directory takes longer than starting a child.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) supervisor: Supervisor,
    pub(super) scratch: Scratch,
    /// State of the directory when the supervisor created the directory, or `None` if the directory
    /// does not exist yet. The supervisor removes an empty directory when the runner is gone, so a
    /// killed runner leaves no empty directories behind.
    made: Option<Made>,
}

/// Idle slots (pairs of a supervisor and a working directory), ready for the next children.
static IDLE: Owned<Vec<Slot>> = Owned::new();

/// Stops the idle supervisors when the runner exits, and waits for their guard. If the runner did
/// not wait, process 1 would have to reap the guard, and in many containers process 1 reaps no
/// processes.
extern "C" fn end_supervisors() {
    IDLE.lock().clear();
    guard::end_all(!connection::are_in_use());
}

/// Registers a function that is called when the runner exits. The function that was registered last
/// is called first (atexit(3)).
pub(super) fn at_exit(given: &Once, function: extern "C" fn()) {
    // SAFETY: `atexit` needs a function that can be called at any later time, and every caller of
    // `at_exit` passes such a function.
    given.call_once(|| _ = unsafe { libc::atexit(function) });
}

impl Slot {
    pub(super) fn take() -> Result<Self, Error> {
        static AT_EXIT: Once = Once::new();
        at_exit(&AT_EXIT, end_supervisors);
        loop {
            let idle = IDLE.lock().pop();
            match idle {
                Some(slot) if slot.supervisor.is_untouched() => return Ok(slot),
                Some(_) => {} // drop the slot, so that its supervisor stops
                None => break,
            }
        }
        let supervisor =
            Supervisor::start().map_err(|error| Error::new("start", "a supervisor", error))?;
        Ok(Self { supervisor, scratch: Scratch::planned()?, made: None })
    }

    /// Returns true if the directory exists. If the directory does not exist, the supervisor
    /// creates it for the next child.
    pub(super) fn has_directory(&self) -> bool {
        self.made.is_some()
    }

    /// Stores the state of the directory that the supervisor has created.
    pub(super) fn set_made(&mut self, made: Made) {
        self.made = made.identity().map(|identity| {
            self.scratch.set_made(identity);
            made
        });
    }

    /// Ends the use of the slot, and returns the reason why the supervisor did not start a child of
    /// `program`.
    pub(super) fn not_started(
        mut self,
        reply: &Reply,
        program: &Program,
        is_reusable: bool,
    ) -> NotStarted {
        let error = io::Error::from_raw_os_error(reply.error);
        let directory = self.scratch.path().to_owned();
        if reply.failed_step <= messages::STEP_DIRECTORY {
            // The supervisor did not create this directory, so it must not be removed.
            self.scratch.keep();
        } else {
            self.set_made(reply.made);
        }
        let is_reusable = is_reusable && reply.failed_step > messages::STEP_STREAMS;
        let (not_removed, _) = self.leave(is_reusable, false);
        let failed = match reply.failed_step {
            messages::STEP_SUPERVISOR => Error::new("start", "a supervisor", error),
            messages::STEP_STREAMS => Error::new("open", "/dev/null", error),
            messages::STEP_DIRECTORY if reply.error == libc::EEXIST => {
                return NotStarted::NameInUse;
            }
            messages::STEP_DIRECTORY => Error::new("create", directory, error),
            messages::STEP_PROCESS => Error::new("create a process for", &program.path, error),
            messages::STEP_ENTER => Error::new("enter", directory, error),
            messages::STEP_LIMITS => Error::new("set the limits of", &program.path, error),
            messages::STEP_OUTPUT => Error::new("connect the output of", &program.path, error),
            messages::STEP_WAIT => Error::new("wait for", &program.path, error),
            _ => {
                executable::forget();
                let refused = program.not_started(&error);
                return NotStarted::Refused(refused.with_left(not_removed));
            }
        };
        NotStarted::Failed(failed.with_left(not_removed))
    }

    /// Stops the supervisor and removes the directory of a zygote that cannot be used. Returns
    /// `error`, which also names the directory if the directory could not be removed.
    pub(super) fn give_up(self, error: Error) -> Error {
        let (not_removed, _) = self.leave(false, false);
        error.with_left(not_removed)
    }

    /// Kills the supervisor and all processes that its child has left behind; see
    /// [`Supervisor::abandon`].
    pub(super) fn abandon(self, error: &io::Error) -> io::Error {
        self.supervisor.abandon(error, self.scratch.path())
    }

    /// Ends a child's use of the slot. If `is_reusable` is true, a later child uses the slot again.
    /// The first returned value is the error if the directory could not be removed. The second
    /// returned value is the directory, if `keep` is true and the directory is not empty. (A
    /// supervisor removes an empty directory when the supervisor exits.)
    pub(super) fn leave(
        mut self,
        is_reusable: bool,
        keep: bool,
    ) -> (Option<Error>, Option<Scratch>) {
        let is_as_made = self.made.is_some_and(|made| is_as_made(self.scratch.path(), &made));
        let next = if is_as_made { None } else { Scratch::planned().ok() };
        match next {
            Some(next) if is_reusable => {
                let last = mem::replace(&mut self.scratch, next);
                self.made = None;
                IDLE.lock().push(self);
                last.leave(keep)
            }
            None if is_reusable && is_as_made => {
                IDLE.lock().push(self);
                (None, None)
            }
            _ => self.scratch.leave(keep),
        }
    }
}

/// Returns true if a child has left the directory at `path` empty and in the state `made`.
pub(super) fn is_as_made(path: &Path, made: &Made) -> bool {
    c_string(path).and_then(|path| made::look_if_empty(&path)).as_ref() == Some(made)
}

/// Returns the state of the directory at `path`.
pub(super) fn look(path: &Path) -> Option<Made> {
    c_string(path).and_then(|path| made::look(&path))
}

/// Returns `path` as a C string, or `None` if `path` contains a zero byte.
fn c_string(path: &Path) -> Option<CString> {
    CString::new(path.as_os_str().as_bytes()).ok()
}
