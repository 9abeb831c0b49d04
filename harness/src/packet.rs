//! Messages with descriptors over a Unix socket (unix(7)), for both wings.
//!
//! The supervisor of a child is the fork of a process with several threads, so nothing here allocates, locks or panics.
#![expect(unsafe_code, reason = "calls sendmsg and recvmsg")]

use std::ffi::c_int;
use std::{io, mem, ptr};

/// No message has more descriptors than this.
const MOST: usize = 3;

/// Room for them in a control message.
#[repr(C)]
union Control {
    room: [u8; 64],
    align: libc::cmsghdr,
}

/// Sends the parts as one message, with at least one and at most three descriptors.
///
/// # Errors
///
/// What the system says, or EIO where it took a part only.
pub(crate) fn send(socket: c_int, parts: [&[u8]; 2], descriptors: &[c_int]) -> io::Result<()> {
    let mut control = Control { room: [0; 64] };
    let length = parts.iter().map(|part| part.len()).sum();
    let mut parts = parts
        .map(|part| libc::iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() });
    let size = size_of_val(descriptors).min(MOST * size_of::<c_int>());
    let message = message(&mut parts, &mut control, size);
    // SAFETY: the message has room for a header.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    // SAFETY: the header is within `control`, which is aligned for it, initialized, and not used otherwise meanwhile.
    let header = unsafe { &mut *header };
    header.cmsg_level = libc::SOL_SOCKET;
    header.cmsg_type = libc::SCM_RIGHTS;
    // SAFETY: it computes a number.
    header.cmsg_len = unsafe { libc::CMSG_LEN(number(size)) } as _;
    // SAFETY: the header is followed by data, for which `control` has room.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: `size` bytes of descriptors are there, and room for them at `data`.
    unsafe { ptr::copy_nonoverlapping(descriptors.as_ptr().cast(), data, size) };
    // SAFETY: everything that the message points to is alive and as long as it says.
    let sent = unsafe { libc::sendmsg(socket, &raw const message, libc::MSG_NOSIGNAL) };
    match usize::try_from(sent) {
        Err(_) => Err(io::Error::last_os_error()),
        Ok(sent) if sent == length => Ok(()),
        Ok(_) => Err(io::Error::from_raw_os_error(libc::EIO)),
    }
}

/// Receives a message, or as much of it as there is room for, and its descriptors, which no program inherits. Returns how
/// many bytes there are, and the descriptors, -1 in the place of each that did not come; `None` where the other end is closed.
pub(crate) fn receive(socket: c_int, parts: [&mut [u8]; 2]) -> Option<(usize, [c_int; MOST])> {
    let mut control = Control { room: [0; 64] };
    let mut parts =
        parts.map(|part| libc::iovec { iov_base: part.as_mut_ptr().cast(), iov_len: part.len() });
    let mut message = message(&mut parts, &mut control, MOST * size_of::<c_int>());
    let read = loop {
        // SAFETY: everything that the message points to is alive and as long as it says.
        let read = unsafe { libc::recvmsg(socket, &raw mut message, libc::MSG_CMSG_CLOEXEC) };
        // `last_os_error` reads a variable of the thread and allocates nothing.
        if read != -1 || io::Error::last_os_error().raw_os_error() != Some(libc::EINTR) {
            break read;
        }
    };
    let read = usize::try_from(read).ok().filter(|read| *read > 0)?;
    let mut descriptors = [-1; MOST];
    // SAFETY: `recvmsg` has filled the message.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    if !header.is_null() {
        // SAFETY: it computes a number.
        let empty = unsafe { libc::CMSG_LEN(0) } as usize;
        // SAFETY: the header is there.
        let size = unsafe { (*header).cmsg_len } as usize;
        let size = size.saturating_sub(empty).min(size_of_val(&descriptors));
        // SAFETY: the header is followed by its data.
        let data = unsafe { libc::CMSG_DATA(header) };
        // SAFETY: `size` bytes of descriptors came, and there is room for them.
        unsafe { ptr::copy_nonoverlapping(data, descriptors.as_mut_ptr().cast(), size) };
    }
    Some((read, descriptors))
}

fn message(parts: &mut [libc::iovec; 2], control: &mut Control, size: usize) -> libc::msghdr {
    // SAFETY: a `msghdr` is integers and pointers, for which zeros are a valid value.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = parts.as_mut_ptr();
    message.msg_iovlen = parts.len() as _;
    message.msg_control = ptr::from_mut(control).cast();
    // SAFETY: it computes a number.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(number(size)) } as _;
    message
}

/// Returns the size of a few descriptors as the macros of the system want it.
fn number(size: usize) -> libc::c_uint {
    libc::c_uint::try_from(size).unwrap_or_default()
}
