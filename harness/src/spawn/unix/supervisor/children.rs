//! Finds and kills the children of a supervisor or of a guard. The search reads the kernel's list
//! of children, or the parent of every process if the kernel keeps no such list. The code of this
//! module must neither allocate nor panic, because supervisors execute it.
#![expect(unsafe_code, reason = "calls pread")]

use std::ffi::c_int;

use super::by_parent;
use super::calls::{kill, open, this_process};

/// Summary of the children to which [`kill_children`] has sent SIGKILL.
#[derive(Clone, Copy, Default)]
pub(super) struct Killed {
    /// Number of children of this process that were found.
    pub(super) found: u32,
    /// Number of children that this process is not allowed to kill.
    pub(super) refused: u32,
    /// Process ID of one of the children, or 0 if no child was found. If this process may not kill
    /// some children, `last` is one of those children.
    pub(super) last: libc::pid_t,
    /// `errno` value of kill(2) for `last`, or 0 if kill(2) succeeded.
    pub(super) error: c_int,
}

/// Opens the kernel's list of the children of this process. Returns a negative number if the kernel
/// keeps no list.
///
/// The list is opened before the first child starts, because a child can set the limit on open
/// files of its supervisor (prlimit(2)), so the supervisor could open no file later.
pub(super) fn open_list() -> c_int {
    // The file lists only the children of this thread, which are all children, because a supervisor
    // has only one thread.
    open(c"/proc/thread-self/children", libc::O_RDONLY)
}

/// Kills every child of this process that `wanted` accepts. Also kills the process group of each
/// child that leads a process group. A child that is not reaped yet keeps its process ID, so the
/// signals cannot reach other processes. Returns `None` if the search for children fails.
pub(super) fn kill_children(list: c_int, wanted: impl Fn(libc::pid_t) -> bool) -> Option<Killed> {
    let mut killed = Killed::default();
    let mut end = |pid: libc::pid_t| {
        if wanted(pid) {
            kill(-pid, libc::SIGKILL);
            let error = kill(pid, libc::SIGKILL);
            killed.found += 1;
            killed.refused += u32::from(error != 0);
            if error != 0 || killed.error == 0 {
                (killed.last, killed.error) = (pid, error);
            }
        }
    };
    if list < 0 {
        by_parent::for_each_child(this_process(), end)?;
    } else {
        for_each_listed(list, &mut end);
    }
    Some(killed)
}

/// Calls `f` with each process ID in the file `list`. A space or a line feed follows each process
/// ID.
fn for_each_listed(list: c_int, mut f: impl FnMut(libc::pid_t)) {
    const PIECE: usize = 4096;
    /// Maximum number of pieces of the file to read, which is enough for the IDs of 32,000
    /// processes. Without a maximum, a list that grows as fast as this function reads would never
    /// end.
    const MOST: usize = 64;
    let mut piece = [0_u8; PIECE];
    let mut pid: libc::pid_t = 0;
    let mut offset = 0;
    for _ in 0..MOST {
        // SAFETY: `piece` is writable memory of `PIECE` bytes.
        let read = unsafe { libc::pread(list, piece.as_mut_ptr().cast(), PIECE, offset) };
        offset += read as libc::off_t;
        let Ok(read @ 1..) = usize::try_from(read) else { break };
        for byte in &piece[..read.min(PIECE)] {
            if byte.is_ascii_digit() {
                pid = pid.wrapping_mul(10).wrapping_add((byte - b'0').into());
            } else if pid > 0 {
                f(pid);
                pid = 0;
            }
        }
    }
}
