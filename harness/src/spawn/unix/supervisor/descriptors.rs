//! Closes the descriptors that a supervisor inherits from the runner. The code of this module must
//! neither allocate nor panic, because supervisors execute it.
#![expect(unsafe_code, reason = "calls close_range")]

use std::ffi::c_int;

use super::calls::close;
use super::numbers::for_each_number;

/// Closes all descriptors whose number is `first` or greater.
pub(super) fn close_from(first: c_int) {
    const TO_THE_LAST: libc::c_uint = libc::c_uint::MAX;
    // SAFETY: `close_range` takes only integers, and the supervisor owns every descriptor in its
    // process. The system call is made by its number, because musl and glibc before 2.34 have no
    // wrapper for `close_range`.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, TO_THE_LAST, 0) };
    // On Linux before 5.9, which has no `close_range`, close the descriptors one by one.
    if closed == -1 && close_listed(first).is_none() {
        /// Number of descriptors to close if `/proc` does not list the open descriptors. A loop up
        /// to the system's limit, which may be 2^30, would take minutes.
        const MOST: c_int = 1 << 16;
        (first..MOST).for_each(close);
    }
}

/// Closes the descriptors that `/proc/self/fd` lists and whose number is `first` or greater.
/// Returns `None` if `/proc` is not mounted.
fn close_listed(first: c_int) -> Option<()> {
    for_each_number(c"/proc/self/fd", |descriptor, list| {
        if descriptor >= first && descriptor != list {
            close(descriptor);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listed_descriptors_are_closed() {
        const FIRST: c_int = 100;
        const LAST: c_int = 900;
        // SAFETY: the forked process only makes system calls.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let is_open = |descriptor| {
                // SAFETY: `fcntl` takes only integers for `F_GETFD`.
                unsafe { libc::fcntl(descriptor, libc::F_GETFD) != -1 }
            };
            for descriptor in [FIRST - 1, FIRST, FIRST + 7, LAST] {
                // SAFETY: `dup2` takes only integers.
                unsafe { libc::dup2(2, descriptor) };
            }
            let is_listed = close_listed(FIRST).is_some();
            let is_right = is_open(FIRST - 1) && !(FIRST..=LAST).any(is_open);
            // SAFETY: `_exit` takes only an integer and does not return.
            unsafe { libc::_exit((!(is_listed && is_right)).into()) };
        }
        let mut status = -1;
        // SAFETY: `status` is writable memory, and `pid` is a child of this process.
        unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!(status, 0);
    }
}
