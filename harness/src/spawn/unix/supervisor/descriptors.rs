//! Closes the descriptors that a supervisor inherits from the runner. Supervisor code must neither
//! allocate nor panic.
#![expect(unsafe_code, reason = "calls close_range")]

use std::ffi::c_int;

use super::calls::close;
use super::numbers::for_each_number;

/// Closes all descriptors from `first` up.
pub(super) fn close_from(first: c_int) {
    const TO_THE_LAST: libc::c_uint = libc::c_uint::MAX;
    // SAFETY: `close_range` takes only integers, and the supervisor owns every descriptor in its
    // process. The system call is made by number because musl and glibc before 2.34 have no wrapper
    // for it.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, TO_THE_LAST, 0) };
    // Linux before 5.9 has no `close_range`.
    if closed == -1 && close_listed(first).is_none() {
        /// Number of descriptors to close if the open ones are not known. The limit on their number
        /// may be 2^30, for which this loop would take minutes.
        const MOST: c_int = 1 << 16;
        (first..MOST).for_each(close);
    }
}

/// Closes the descriptors from `first` up that `/proc` lists. Returns `None` if `/proc` is not
/// mounted.
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
        // SAFETY: the new process only makes system calls.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let is_open = |descriptor| {
                // SAFETY: `fcntl` takes only integers here.
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
        // SAFETY: the status is writable, and the process is a child of this one.
        unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!(status, 0);
    }
}
