//! Finds and kills the children of a supervisor. The supervisor reads the kernel's list of
//! children, or compares the parent of every process if the kernel keeps no list. Supervisor code
//! must neither allocate nor panic.
#![expect(unsafe_code, reason = "calls read")]

use std::ffi::c_int;

use super::by_parent;
use super::calls::{close, kill, open, this_process};

/// Kills every child of this process except `but`, and the process group of each child that leads
/// one. None of these children is reaped yet, so their IDs have not been reused. Returns whether
/// any child was killed, or `None` if the children cannot be found.
pub(super) fn kill_children(but: libc::pid_t) -> Option<bool> {
    let mut any = false;
    let mut end = |pid: libc::pid_t| {
        if pid != but {
            kill(-pid, libc::SIGKILL);
            kill(pid, libc::SIGKILL);
            any = true;
        }
    };
    // The file lists the children of one thread, and a supervisor has only one.
    let list = open(c"/proc/thread-self/children", libc::O_RDONLY);
    if list == -1 {
        by_parent::for_each_child(this_process(), end)?;
    } else {
        for_each_listed(list, &mut end);
        close(list);
    }
    Some(any)
}

/// Calls `f` with each number in the file. A space or a line feed follows each number.
fn for_each_listed(list: c_int, mut f: impl FnMut(libc::pid_t)) {
    const PIECE: usize = 4096;
    let mut piece = [0_u8; PIECE];
    let mut pid: libc::pid_t = 0;
    loop {
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
