//! Notices what a child has changed about the directory that it worked in.
//!
//! The supervisor uses this code too, so the code does not allocate, lock or panic.
#![expect(unsafe_code, reason = "calls ioctl and flistxattr")]

use std::ffi::{CStr, c_int};
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::ptr;

use super::calls;
use super::messages::Made;

/// Describes the directory at `path`; `None` if it cannot be opened.
pub(super) fn look(path: &CStr) -> Option<Made> {
    let directory = calls::open(path, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW);
    if directory == -1 {
        return None;
    }
    let made = describe(directory);
    calls::close(directory);
    made
}

/// Describes an open directory; `None` if the system refuses that.
fn describe(directory: c_int) -> Option<Made> {
    // SAFETY: the descriptor is open, and `ManuallyDrop` leaves closing it to the caller.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(directory) });
    let status = file.metadata().ok()?; // one system call, which allocates nothing
    let mut attributes: c_int = 0;
    // SAFETY: the request writes an `int` (`ioctl_iflags(2)`), which `attributes` is.
    if unsafe { libc::ioctl(directory, libc::FS_IOC_GETFLAGS, &raw mut attributes) } == -1 {
        attributes = -1;
    }
    // SAFETY: with a size of 0 the call writes nothing and returns the length of the list.
    let names = unsafe { libc::flistxattr(directory, ptr::null_mut(), 0) };
    Some(Made {
        device: status.dev(),
        number: status.ino(),
        mode: status.mode(),
        owner: status.uid(),
        group: status.gid(),
        attributes,
        names: names as i64,
    })
}
