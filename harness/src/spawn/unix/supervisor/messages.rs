//! The messages between a runner and its supervisors.
//!
//! The supervisor reads and writes them too, so nothing here allocates, locks or panics.
#![expect(unsafe_code, reason = "sends structs as bytes")]

use std::ffi::c_int;
use std::{io, mem, ptr};

use crate::packet;
use crate::spawn::unix::sys::Resource;

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

/// Runner to supervisor: start a child. Descriptors come with it: standard output, standard error, and for a zygote its socket.
/// Strings follow: the directory, the executable's path, the arguments from the program's name on, the variables. Each ends
/// with a zero byte.
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
    /// Not 0 if a debugger may look at it that is no ancestor of it.
    pub(super) is_open_to_debuggers: u32,
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

/// Supervisor to runner: the child has ended, or could not be started, or what it had left behind is gone.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Reply {
    pub(super) usage: libc::rusage,
    pub(super) status: c_int,
    /// Not 0 if processes that it started are still there.
    pub(super) survivors: c_int,
    /// 0, or why it could not be started, as an `errno` value.
    pub(super) error: c_int,
    /// Not 0 if the child has not ended, and this says that what it had left behind is gone.
    pub(super) is_running: c_int,
}

impl Reply {
    /// Returns whether processes that the child started are still there.
    pub(super) fn has_survivors(&self) -> bool {
        self.survivors != 0
    }
}

// SAFETY: integers and structs of integers, made from zeros.
unsafe impl Plain for Reply {}

/// Runner to supervisor, while a child runs: SIGTERM to its group. An order is one byte.
pub(super) const TERMINATE: u8 = b'T';

/// Runner to supervisor, while a child runs: SIGKILL to its group.
pub(super) const KILL: u8 = b'K';

/// Runner to supervisor: kill whatever the child has left behind, be it after its end or, for a zygote, before.
pub(super) const SWEEP: u8 = b'S';

/// Returns the bytes of a message.
pub(super) fn bytes<T: Plain>(message: &T) -> &[u8] {
    // SAFETY: `Plain` says that all of them are initialized.
    unsafe { std::slice::from_raw_parts(ptr::from_ref(message).cast(), size_of::<T>()) }
}

/// Sends a request, its strings, and its descriptors: standard output, standard error, and a zygote's socket.
///
/// # Errors
///
/// What the system says, or EIO where it took a part only.
pub(super) fn send_request(
    socket: c_int,
    request: &Request,
    strings: &[u8],
    descriptors: &[c_int],
) -> io::Result<()> {
    packet::send(socket, [bytes(request), strings], descriptors)
}

/// Receives a request, its strings or the first of them, and its descriptors, of which the last may be missing and is -1
/// then. No program inherits them. Returns how many bytes of strings there are; `None` where the other end is closed.
pub(super) fn receive_request(
    socket: c_int,
    strings: &mut [u8],
) -> Option<(Request, usize, [c_int; 3])> {
    // SAFETY: zeros are a value of every `Plain` type.
    let mut request: Request = unsafe { mem::zeroed() };
    let head = (&raw mut request).cast::<u8>();
    // SAFETY: these are the bytes of `request`, all of them initialized; any others are a request, too.
    let head = unsafe { std::slice::from_raw_parts_mut(head, size_of::<Request>()) };
    let (read, descriptors) = packet::receive(socket, [head, strings])?;
    // The head is a few bytes and comes in one piece with the descriptors.
    let have = read.checked_sub(size_of::<Request>())?;
    (descriptors[1] != -1).then_some((request, have, descriptors))
}
