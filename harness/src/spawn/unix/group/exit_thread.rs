//! Waking on a child's end where the system has no descriptor for it: a thread waits and closes a socket.
#![expect(unsafe_code, reason = "calls waitid")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::thread;

/// Something to poll: readable as soon as the child has ended.
#[derive(Debug)]
pub(in crate::spawn) struct ExitWatch(UnixStream);

impl ExitWatch {
    pub(in crate::spawn) fn new(pid: libc::pid_t) -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        let id = libc::id_t::try_from(pid).expect("a process id is positive");
        thread::Builder::new().name("wait".into()).spawn(move || {
            let mut info = MaybeUninit::uninit();
            let flags = libc::WEXITED | libc::WNOWAIT;
            // SAFETY: `info` is writable memory of the size that `waitid` fills, and is not read.
            while unsafe { libc::waitid(libc::P_PID, id, info.as_mut_ptr(), flags) } == -1
                && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
            {}
            drop(writer);
        })?;
        Ok(Self(reader))
    }
}

impl AsFd for ExitWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
