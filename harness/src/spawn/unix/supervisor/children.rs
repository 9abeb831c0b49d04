//! Finds and kills the children of a supervisor or of a guard. It reads the kernel's list of
//! children, or compares the parent of every process if the kernel keeps no list. Supervisor code
//! must neither allocate nor panic.
#![expect(unsafe_code, reason = "calls read")]

use std::ffi::c_int;

use super::by_parent;
use super::calls::{close, kill, open, this_process};

/// Children that were sent SIGKILL.
#[derive(Clone, Copy, Default)]
pub(super) struct Killed {
    /// Number of children that were found.
    pub(super) found: u32,
    /// Number of children that this process is not allowed to kill.
    pub(super) refused: u32,
    /// Process ID of one of the children, one that must not be killed if there is any; 0 without
    /// children.
    pub(super) last: libc::pid_t,
    /// `errno` value of the attempt to kill `last`, or 0.
    pub(super) error: c_int,
}

/// Kills every child of this process that `wanted` accepts, and the process group of each child
/// that leads one. None of these children is reaped yet, so their IDs have not been reused. Returns
/// `None` if the children cannot be found.
pub(super) fn kill_children(wanted: impl Fn(libc::pid_t) -> bool) -> Option<Killed> {
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
    // The file lists the children of one thread, and a supervisor has only one.
    let list = open(c"/proc/thread-self/children", libc::O_RDONLY);
    if list < 0 {
        by_parent::for_each_child(this_process(), end)?;
    } else {
        for_each_listed(list, &mut end);
        close(list);
    }
    Some(killed)
}

/// Calls `f` with each number in the file. A space or a line feed follows each number.
fn for_each_listed(list: c_int, mut f: impl FnMut(libc::pid_t)) {
    const PIECE: usize = 4096;
    /// Maximum number of pieces to read, which hold the IDs of 32,000 processes. The list may grow
    /// as fast as it is read.
    const MOST: usize = 64;
    let mut piece = [0_u8; PIECE];
    let mut pid: libc::pid_t = 0;
    for _ in 0..MOST {
        // SAFETY: `piece` has room for `PIECE` bytes.
        let read = unsafe { libc::read(list, piece.as_mut_ptr().cast(), PIECE) };
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
