//! Reads the properties of a child's working directory, so that the runner can detect a child's
//! changes.
//!
//! The code of this module must not allocate, lock or panic, because supervisors execute it.
#![expect(unsafe_code, reason = "calls ioctl and flistxattr")]

use std::ffi::{CStr, c_int};
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::ptr;

use super::calls;
use super::messages::Made;
use super::numbers::is_empty;

/// Returns the state of the directory at `path`, or `None` if the directory cannot be opened.
pub(super) fn look(path: &CStr) -> Option<Made> {
    let directory = open(path);
    if directory == -1 {
        return None;
    }
    let made = describe(directory);
    calls::close(directory);
    made
}

/// Returns the state of the directory at `path`, or `None` if the directory has entries or cannot
/// be read.
pub(super) fn look_if_empty(path: &CStr) -> Option<Made> {
    let directory = open(path);
    if directory == -1 {
        return None;
    }
    let made = describe(directory).filter(|_| is_empty(directory));
    calls::close(directory);
    made
}

/// Opens the directory at `path`. Returns -1 if `path` is a symbolic link.
fn open(path: &CStr) -> c_int {
    calls::open(path, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW)
}

/// Returns the state of an open directory, or `None` if fstat(2) fails.
fn describe(directory: c_int) -> Option<Made> {
    // SAFETY: `directory` is an open descriptor, and `ManuallyDrop` keeps `file` from closing the
    // caller's descriptor.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(directory) });
    let status = file.metadata().ok()?; // `metadata` makes one system call and does not allocate
    let mut attributes: c_int = 0;
    // SAFETY: `FS_IOC_GETFLAGS` writes an `int` (`ioctl_iflags(2)`), and `attributes` is an `int`.
    if unsafe { libc::ioctl(directory, libc::FS_IOC_GETFLAGS, &raw mut attributes) } == -1 {
        attributes = -1;
    }
    // SAFETY: with a size of 0, `flistxattr` writes nothing and returns the length of the list of
    // attributes.
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
