//! Detects a child's end on systems where no descriptor reports the end: a thread waits for the
//! child and then closes a socket.
#![expect(unsafe_code, reason = "calls waitid")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::thread;

/// Descriptor for `poll` that becomes readable when the child ends.
#[derive(Debug)]
pub(in crate::spawn) struct ExitWatch(UnixStream);

impl ExitWatch {
    pub(in crate::spawn) fn new(pid: libc::pid_t) -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        let id = libc::id_t::try_from(pid).expect("a process ID is positive");
        thread::Builder::new().name("testprog-wait".into()).spawn(move || {
            let mut info = MaybeUninit::uninit();
            let flags = libc::WEXITED | libc::WNOWAIT;
            // SAFETY: `info` is writable memory of the type that `waitid` fills, and nothing reads
            // `info`.
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
