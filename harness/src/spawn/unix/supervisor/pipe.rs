//! Creates the pipes that carry a child's output, and the sockets that carry messages with
//! descriptors.
#![expect(unsafe_code, reason = "calls pipe2, fcntl, socketpair and recv")]

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;

/// Returns the read end and the write end of a new pipe. The pipe's ends are close-on-exec.
pub(super) fn pipe() -> io::Result<(File, OwnedFd)> {
    let mut fds = [0; 2];
    // SAFETY: `fds` is writable memory for two descriptors.
    if unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `pipe2` has just created the descriptor `fds[0]`, and nothing else owns `fds[0]`.
    let reader = unsafe { OwnedFd::from_raw_fd(fds[0]) };
    // SAFETY: `pipe2` has just created the descriptor `fds[1]`, and nothing else owns `fds[1]`.
    let writer = unsafe { OwnedFd::from_raw_fd(fds[1]) };
    // SAFETY: `fcntl` takes only integers for `F_SETFL`. `O_NONBLOCK` replaces no other status
    // flag, because a new pipe has no status flags.
    if unsafe { libc::fcntl(fds[0], libc::F_SETFL, libc::O_NONBLOCK) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok((reader.into(), writer))
}

/// Returns the read end and the write end of a new stream socket. The socket's ends are
/// close-on-exec. A process can open a pipe of another process in /proc/PID/fd, but cannot open a
/// socket there (ENXIO, open(2)).
pub(super) fn socket() -> io::Result<(File, OwnedFd)> {
    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    Ok((File::from(OwnedFd::from(reader)), writer.into()))
}

/// Returns the two ends of a packet socket, both close-on-exec.
pub(super) fn packets() -> io::Result<(UnixStream, OwnedFd)> {
    let mut fds = [0; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: `fds` is writable memory for two descriptors.
    if unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, fds.as_mut_ptr()) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `socketpair` has just created the descriptor `fds[0]`, and nothing else owns
    // `fds[0]`.
    let ours = unsafe { OwnedFd::from_raw_fd(fds[0]) };
    // SAFETY: `socketpair` has just created the descriptor `fds[1]`, and nothing else owns
    // `fds[1]`.
    let theirs = unsafe { OwnedFd::from_raw_fd(fds[1]) };
    Ok((ours.into(), theirs))
}

/// Returns true if a socket is open and has nothing to read.
pub(super) fn is_silent(socket: &UnixStream) -> bool {
    let mut byte = 0_u8;
    let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    // SAFETY: `byte` is writable memory of one byte.
    let read = unsafe { libc::recv(socket.as_raw_fd(), (&raw mut byte).cast(), 1, flags) };
    read == -1 && io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock
}
