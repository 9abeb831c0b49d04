//! Sends and receives messages with descriptors over a Unix socket (unix(7)), for the runner's and
//! the child's side of the library.
//!
//! The code of this module must not allocate, lock or panic, because a supervisor also executes the
//! code and is a fork of a process with several threads.
#![expect(unsafe_code, reason = "calls sendmsg and recvmsg")]

use std::ffi::c_int;
use std::{io, mem, ptr};

/// Maximum number of descriptors in a message.
const MOST: usize = 3;

/// Buffer for a control message that carries file descriptors.
#[repr(C)]
union Control {
    room: [u8; 64],
    align: libc::cmsghdr,
}

/// Sends the parts as one message with one to three descriptors. If a signal handler interrupts the
/// system call, `send` repeats the system call.
///
/// # Errors
///
/// Returns the system's error, or EIO if the system accepted only a part of the message.
pub(crate) fn send(socket: c_int, parts: [&[u8]; 2], descriptors: &[c_int]) -> io::Result<()> {
    let mut control = Control { room: [0; 64] };
    let length = parts.iter().map(|part| part.len()).sum();
    let mut parts = parts
        .map(|part| libc::iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() });
    let size = size_of_val(descriptors).min(MOST * size_of::<c_int>());
    let message = message(&mut parts, &mut control, size);
    // SAFETY: `message` points to a control buffer that has room for a header.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    // SAFETY: the header is within `control`, which is aligned for a header and initialized, and no
    // other reference to `control` is in use.
    let header = unsafe { &mut *header };
    header.cmsg_level = libc::SOL_SOCKET;
    header.cmsg_type = libc::SCM_RIGHTS;
    // SAFETY: `CMSG_LEN` only computes a number.
    header.cmsg_len = unsafe { libc::CMSG_LEN(number(size)) } as _;
    // SAFETY: `control` has room for the descriptors after the header.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: `descriptors` has `size` bytes, and `data` has room for them.
    unsafe { ptr::copy_nonoverlapping(descriptors.as_ptr().cast(), data, size) };
    loop {
        // SAFETY: every pointer in `message` points to live memory of the length that `message`
        // states.
        let sent = unsafe { libc::sendmsg(socket, &raw const message, libc::MSG_NOSIGNAL) };
        let error = match usize::try_from(sent) {
            Ok(sent) if sent == length => return Ok(()),
            Ok(_) => io::Error::from_raw_os_error(libc::EIO),
            Err(_) => io::Error::last_os_error(),
        };
        // The system reports EINTR only if it has sent nothing.
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Receives a message and its descriptors, which are close-on-exec. A message that does not fit in
/// `parts` is truncated. Returns the number of bytes and the descriptors, with -1 for each missing
/// descriptor. Returns `None` if the other end of the socket is closed.
///
/// # Errors
///
/// Returns the error of recvmsg(2).
pub(crate) fn receive(
    socket: c_int,
    parts: [&mut [u8]; 2],
) -> io::Result<Option<(usize, [c_int; MOST])>> {
    let mut control = Control { room: [0; 64] };
    let mut parts =
        parts.map(|part| libc::iovec { iov_base: part.as_mut_ptr().cast(), iov_len: part.len() });
    let mut message = message(&mut parts, &mut control, MOST * size_of::<c_int>());
    let read = loop {
        // SAFETY: every pointer in `message` points to live memory of the length that `message`
        // states.
        let read = unsafe { libc::recvmsg(socket, &raw mut message, libc::MSG_CMSG_CLOEXEC) };
        if let Ok(read) = usize::try_from(read) {
            break read;
        }
        // A supervisor may call `last_os_error`, because the function reads the thread's `errno`
        // without an allocation.
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    };
    if read == 0 {
        return Ok(None);
    }
    let mut descriptors = [-1; MOST];
    // SAFETY: `recvmsg` has filled `message`, whose control buffer is still alive.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    if !header.is_null() {
        // SAFETY: `CMSG_LEN` only computes a number.
        let empty = unsafe { libc::CMSG_LEN(0) } as usize;
        // SAFETY: `header` is not null, so `header` points into `control`.
        let size = unsafe { (*header).cmsg_len } as usize;
        let size = size.saturating_sub(empty).min(size_of_val(&descriptors));
        // SAFETY: `header` points into `control`, where the data follows the header.
        let data = unsafe { libc::CMSG_DATA(header) };
        // SAFETY: `data` has `size` bytes, and `descriptors` has room for them.
        unsafe { ptr::copy_nonoverlapping(data, descriptors.as_mut_ptr().cast(), size) };
    }
    Ok(Some((read, descriptors)))
}

fn message(parts: &mut [libc::iovec; 2], control: &mut Control, size: usize) -> libc::msghdr {
    // SAFETY: `msghdr` is a C struct of integers and pointers, for which zeros are a valid value.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = parts.as_mut_ptr();
    message.msg_iovlen = parts.len() as _;
    message.msg_control = ptr::from_mut(control).cast();
    // SAFETY: `CMSG_SPACE` only computes a number.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(number(size)) } as _;
    message
}

/// Converts a size in bytes to the type that `CMSG_LEN` and `CMSG_SPACE` take.
fn number(size: usize) -> libc::c_uint {
    libc::c_uint::try_from(size).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsRawFd as _;
    use std::os::unix::net::UnixStream;
    use std::os::unix::thread::JoinHandleExt as _;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    use super::*;

    static HANDLED: AtomicU32 = AtomicU32::new(0);

    extern "C" fn count(_signal: c_int) {
        HANDLED.fetch_add(1, Ordering::Relaxed);
    }

    #[test]
    fn a_signal_does_not_end_a_send() {
        /// Number of signals to send. The test sends many signals, because a single signal could
        /// arrive before the thread blocks in `sendmsg`.
        const SIGNALS: u32 = 100;
        let mut action: libc::sigaction = no_action();
        action.sa_sigaction = count as extern "C" fn(c_int) as usize;
        // SAFETY: the signal handler only increments an atomic counter. Without SA_RESTART, the
        // signal interrupts a blocking system call.
        unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, ptr::null_mut()) };
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let mut waiting = 0;
        while let Ok(written) = ours.write(&[0; 4096]) {
            waiting += written;
        }
        ours.set_nonblocking(false).unwrap();
        let socket = ours.as_raw_fd();
        let sender = thread::spawn(move || send(socket, [b"one", b"two"], &[socket]));
        while HANDLED.load(Ordering::Relaxed) < SIGNALS {
            // SAFETY: the thread has not been joined, so its ID is valid.
            unsafe { libc::pthread_kill(sender.as_pthread_t(), libc::SIGUSR1) };
            thread::yield_now();
        }
        let mut received = vec![0; waiting + 6];
        theirs.read_exact(&mut received).unwrap();
        sender.join().unwrap().unwrap();
        assert_eq!(&received[waiting..], b"onetwo");
    }

    fn no_action() -> libc::sigaction {
        // SAFETY: a zeroed `sigaction` is valid: it has no flags and an empty set of signals.
        unsafe { mem::zeroed() }
    }
}
