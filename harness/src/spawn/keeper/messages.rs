//! The messages between a runner and its keepers.
//!
//! The keeper reads and writes them too, so nothing here allocates, locks or panics.

use std::ffi::c_int;
use std::{io, mem, ptr};

use super::super::Resource;

/// How many bytes of strings a request may have: Linux takes no more than 128 KiB for one, and hardly anybody passes more
/// than that altogether.
pub(super) const STRINGS: usize = 1 << 20;

/// How many arguments and variables a request may have together, and a null after each of the two lists.
pub(super) const POINTERS: usize = 1 << 13;

/// A type whose every byte pattern is a value, so that it can be sent as bytes.
///
/// # Safety
///
/// It has no padding that is left uninitialized where it is made, and any bytes are a valid value.
pub(super) unsafe trait Plain: Copy {}

/// Runner to keeper: start a child. Two descriptors come with it, standard output and standard error; strings follow: the
/// directory, the executable's path, the arguments from the program's name on, the variables. Each ends with a zero byte.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Request {
    pub(super) length: u32,
    pub(super) arguments: u32,
    pub(super) variables: u32,
    /// 0 if the directory is to be made, otherwise it is there.
    pub(super) directory_is_there: u32,
    /// How many of `limits` are meant.
    pub(super) limit_count: u32,
    /// So that there is no padding.
    pub(super) unused: u32,
    pub(super) limits: [Limit; LIMITS],
}

/// How many limits there can be for a child.
pub(super) const LIMITS: usize = 8;

/// One of them, as setrlimit(2) takes it.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(super) struct Limit {
    pub(super) amount: libc::rlim_t,
    pub(super) resource: Resource,
    /// So that there is no padding.
    pub(super) unused: u32,
}

// SAFETY: six integers of four bytes, and triples of integers that fill a multiple of the largest of them.
unsafe impl Plain for Request {}

/// Keeper to runner: the child has ended, or could not be started, or what it had left behind is gone.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Ended {
    pub(super) usage: libc::rusage,
    pub(super) status: c_int,
    /// Not 0 if processes that it started are still there.
    pub(super) left: c_int,
    /// 0, or why it could not be started, as an `errno` value.
    pub(super) error: c_int,
    /// So that there is no padding.
    pub(super) unused: c_int,
}

impl Ended {
    /// Returns whether processes that the child started are still there.
    pub(super) fn has_left(&self) -> bool {
        self.left != 0
    }
}

// SAFETY: integers and structs of integers, made from zeros.
unsafe impl Plain for Ended {}

/// Runner to keeper, while a child runs: SIGTERM to its group. An order is one byte.
pub(super) const TERMINATE: u8 = b'T';

/// Runner to keeper, while a child runs: SIGKILL to its group.
pub(super) const KILL: u8 = b'K';

/// Runner to keeper, after the child's end: kill whatever it has left behind.
pub(super) const SWEEP: u8 = b'S';

/// Returns the bytes of a message.
pub(super) fn bytes<T: Plain>(message: &T) -> &[u8] {
    // SAFETY: `Plain` says that all of them are initialized.
    unsafe { std::slice::from_raw_parts(ptr::from_ref(message).cast(), size_of::<T>()) }
}

/// Room for two descriptors in a control message.
#[repr(C)]
union Control {
    room: [u8; 64],
    align: libc::cmsghdr,
}

/// The size of two descriptors, in bytes.
const DESCRIPTORS: u32 = 8;

/// Sends a request, its strings, and two descriptors.
///
/// # Errors
///
/// What the system says, or EIO where it took a part only.
pub(super) fn send_request(
    socket: c_int,
    request: &Request,
    strings: &[u8],
    descriptors: [c_int; 2],
) -> io::Result<()> {
    let mut control = Control { room: [0; 64] };
    let head = bytes(request);
    let mut parts = [head, strings]
        .map(|part| libc::iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() });
    let message = message(&mut parts, &mut control);
    // SAFETY: the message has room for a header.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    // SAFETY: the header is within `control`, which is aligned for it, initialized, and not used otherwise meanwhile.
    let header = unsafe { &mut *header };
    header.cmsg_level = libc::SOL_SOCKET;
    header.cmsg_type = libc::SCM_RIGHTS;
    // SAFETY: it computes a number.
    header.cmsg_len = unsafe { libc::CMSG_LEN(DESCRIPTORS) } as _;
    // SAFETY: the header is followed by data, for which `control` has room.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: there is room for two descriptors, at any alignment.
    unsafe { data.cast::<[c_int; 2]>().write_unaligned(descriptors) };
    // SAFETY: everything that the message points to is alive and as long as it says.
    let sent = unsafe { libc::sendmsg(socket, &raw const message, libc::MSG_NOSIGNAL) };
    match usize::try_from(sent) {
        Err(_) => Err(io::Error::last_os_error()),
        Ok(sent) if sent == head.len() + strings.len() => Ok(()),
        Ok(_) => Err(io::Error::from_raw_os_error(libc::EIO)),
    }
}

/// Receives a request, its strings or the first of them, and two descriptors, which no program inherits. Returns how many
/// bytes of strings there are; `None` where the other end is closed.
pub(super) fn receive_request(
    socket: c_int,
    strings: &mut [u8],
) -> Option<(Request, usize, [c_int; 2])> {
    // SAFETY: zeros are a value of every `Plain` type.
    let mut request: Request = unsafe { mem::zeroed() };
    let mut control = Control { room: [0; 64] };
    let mut parts = [
        libc::iovec { iov_base: (&raw mut request).cast(), iov_len: size_of::<Request>() },
        libc::iovec { iov_base: strings.as_mut_ptr().cast(), iov_len: strings.len() },
    ];
    let mut message = message(&mut parts, &mut control);
    // SAFETY: everything that the message points to is alive and as long as it says.
    let read = unsafe { libc::recvmsg(socket, &raw mut message, libc::MSG_CMSG_CLOEXEC) };
    // The head is a few bytes and comes in one piece with the descriptors.
    let have = usize::try_from(read).ok()?.checked_sub(size_of::<Request>())?;
    // SAFETY: `recvmsg` has filled the message.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    if header.is_null() {
        return None;
    }
    // SAFETY: the header is there, and so is its data.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: two descriptors came with the bytes.
    Some((request, have, unsafe { data.cast::<[c_int; 2]>().read_unaligned() }))
}

fn message(parts: &mut [libc::iovec; 2], control: &mut Control) -> libc::msghdr {
    // SAFETY: a `msghdr` is integers and pointers, for which zeros are a valid value.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = parts.as_mut_ptr();
    message.msg_iovlen = parts.len() as _;
    message.msg_control = ptr::from_mut(control).cast();
    // SAFETY: it computes a number.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(DESCRIPTORS) } as _;
    message
}
