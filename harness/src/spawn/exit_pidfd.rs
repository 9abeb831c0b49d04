//! Waking on a child's end on Linux: a process descriptor, `pidfd_open(2)`, since Linux 5.3.
#![expect(unsafe_code, reason = "calls pidfd_open")]

#[path = "exit_thread.rs"]
mod exit_thread;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

/// Something to poll: readable as soon as the child has ended.
#[derive(Debug)]
pub(in crate::spawn) enum ExitWatch {
    Pidfd(OwnedFd),
    /// For an older kernel, or an emulator or sandbox that does not know the call.
    Thread(exit_thread::ExitWatch),
}

impl ExitWatch {
    pub(in crate::spawn) fn new(pid: libc::pid_t) -> io::Result<Self> {
        const NO_FLAGS: libc::c_uint = 0;
        // SAFETY: `pidfd_open` takes two integers and touches no memory of ours.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, NO_FLAGS) };
        match RawFd::try_from(fd) {
            // SAFETY: the call has just made this descriptor, and nothing else owns it.
            Ok(fd) if fd >= 0 => Ok(Self::Pidfd(unsafe { OwnedFd::from_raw_fd(fd) })),
            _ => exit_thread::ExitWatch::new(pid).map(Self::Thread),
        }
    }
}

impl AsFd for ExitWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Pidfd(fd) => fd.as_fd(),
            Self::Thread(watch) => watch.as_fd(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn wakes(watch: impl FnOnce(libc::pid_t) -> ExitWatch) {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let watch = watch(libc::pid_t::try_from(child.id()).unwrap());
        let ready = |timeout| {
            let mut fd = libc::pollfd {
                fd: std::os::fd::AsRawFd::as_raw_fd(&watch.as_fd()),
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: `fd` is one valid `pollfd`.
            unsafe { libc::poll(&raw mut fd, 1, timeout) == 1 }
        };
        assert!(!ready(0), "ready while the child is alive");
        drop(child.stdin.take());
        assert!(ready(60_000), "not ready after the child's end");
        child.wait().unwrap();
    }

    #[test]
    fn a_process_descriptor_wakes_on_the_end() {
        wakes(|pid| ExitWatch::new(pid).unwrap());
    }

    #[test]
    fn a_thread_wakes_on_the_end() {
        wakes(|pid| ExitWatch::Thread(exit_thread::ExitWatch::new(pid).unwrap()));
    }
}
