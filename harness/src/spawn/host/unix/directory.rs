//! Defines an open directory, and operations on the directory's entries that do not follow symbolic
//! links.
#![expect(unsafe_code, reason = "std has no file operations relative to an open directory")]

use std::ffi::{CStr, CString, c_int};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, IntoRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::ptr::NonNull;

// On 32-bit systems, `readdir` without the suffix 64 fails for files with a large inode number.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use libc::readdir;
#[cfg(any(target_os = "linux", target_os = "android"))]
use libc::readdir64 as readdir;

/// Device and inode number of a directory. No two existing directories have the same device and
/// inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spawn) struct Identity {
    pub(in crate::spawn) device: u64,
    pub(in crate::spawn) number: u64,
}

/// An open directory.
#[derive(Debug)]
pub(super) struct Directory(File);

impl Directory {
    /// Opens the directory at `path`, which may be a symbolic link.
    pub(super) fn open(path: &CStr) -> io::Result<Self> {
        open_at(libc::AT_FDCWD, path, libc::O_DIRECTORY).map(|fd| Self(fd.into()))
    }

    /// Opens the subdirectory `name`.
    pub(super) fn open_entry(&self, name: &CStr) -> io::Result<Self> {
        open_at(self.0.as_raw_fd(), name, libc::O_DIRECTORY | libc::O_NOFOLLOW)
            .map(|fd| Self(fd.into()))
    }

    /// Opens the file `name` for reading, without blocking on a FIFO that has no writer.
    pub(super) fn open_file(&self, name: &CStr) -> io::Result<OwnedFd> {
        open_at(self.0.as_raw_fd(), name, libc::O_NONBLOCK | libc::O_NOFOLLOW)
    }

    /// Returns the directory's identity.
    pub(super) fn identity(&self) -> io::Result<Identity> {
        let found = self.0.metadata()?;
        Ok(Identity { device: found.dev(), number: found.ino() })
    }

    /// Returns whether the entry `name` is a directory.
    pub(super) fn is_directory(&self, name: &CStr) -> io::Result<bool> {
        let (fd, flags) = (self.0.as_raw_fd(), libc::AT_SYMLINK_NOFOLLOW);
        let mut status = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: `name` is a C string, and `status` is writable memory of the type that `fstatat`
        // fills.
        check(unsafe { libc::fstatat(fd, name.as_ptr(), status.as_mut_ptr(), flags) })?;
        // SAFETY: `fstatat` succeeded, so it has filled `status`.
        let status = unsafe { status.assume_init() };
        Ok(status.st_mode & libc::S_IFMT == libc::S_IFDIR)
    }

    /// Makes the subdirectory `name`.
    #[cfg(test)]
    pub(super) fn make_directory(&self, name: &CStr) -> io::Result<()> {
        // SAFETY: `name` is a C string.
        check(unsafe { libc::mkdirat(self.0.as_raw_fd(), name.as_ptr(), 0o700) })
    }

    /// Removes the entry `name`, which must not be a directory.
    pub(super) fn remove_file(&self, name: &CStr) -> io::Result<()> {
        self.unlink(name, 0)
    }

    /// Removes the empty subdirectory `name`.
    pub(super) fn remove_directory(&self, name: &CStr) -> io::Result<()> {
        self.unlink(name, libc::AT_REMOVEDIR)
    }

    fn unlink(&self, name: &CStr, flags: c_int) -> io::Result<()> {
        // SAFETY: `name` is a C string.
        check(unsafe { libc::unlinkat(self.0.as_raw_fd(), name.as_ptr(), flags) })
    }

    /// Moves the entry `name` to the directory `to` and renames the entry to `new_name`.
    pub(super) fn move_entry(&self, name: &CStr, to: &Self, new_name: &CStr) -> io::Result<()> {
        let (from, to) = (self.0.as_raw_fd(), to.0.as_raw_fd());
        // SAFETY: both names are C strings.
        check(unsafe { libc::renameat(from, name.as_ptr(), to, new_name.as_ptr()) })
    }

    /// Gives the owner of the entry `name` all access rights, and removes the rights of everybody
    /// else.
    pub(super) fn give_access(&self, name: &CStr) -> io::Result<()> {
        const OWNER_ONLY: libc::mode_t = 0o700;
        let (fd, flags) = (self.0.as_raw_fd(), libc::AT_SYMLINK_NOFOLLOW);
        // SAFETY: `name` is a C string.
        check(unsafe { libc::fchmodat(fd, name.as_ptr(), OWNER_ONLY, flags) })
    }

    /// Returns an iterator over the names of the directory's entries.
    pub(super) fn entries(&self) -> io::Result<Entries> {
        // The stream needs a new descriptor, because a `dup` of `self` would share the read
        // position of `self`.
        let fd = open_at(self.0.as_raw_fd(), c".", libc::O_DIRECTORY)?.into_raw_fd();
        // SAFETY: `fd` is an open descriptor that nothing else owns.
        let stream = NonNull::new(unsafe { libc::fdopendir(fd) });
        stream.map(Entries).ok_or_else(|| {
            let error = io::Error::last_os_error();
            // SAFETY: `fdopendir` has failed, so this function still owns `fd`.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
            error
        })
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Iterator over the names of a directory's entries, without `.` and `..`.
#[derive(Debug)]
pub(super) struct Entries(NonNull<libc::DIR>);

impl Iterator for Entries {
    type Item = CString;

    /// Returns the name of the next entry. An error of `readdir` ends the iteration without a
    /// report, because the later removal of the directory fails anyway if entries are left.
    fn next(&mut self) -> Option<CString> {
        loop {
            // SAFETY: the directory stream is open, and only this `Entries` uses the stream.
            let entry = NonNull::new(unsafe { readdir(self.0.as_ptr()) })?;
            // SAFETY: `entry` points to a `dirent`, which is valid until the next call of
            // `readdir`.
            let name = unsafe { &raw const (*entry.as_ptr()).d_name };
            // SAFETY: the name of an entry ends with a zero byte (readdir(3)).
            let name = unsafe { CStr::from_ptr(name.cast()) };
            if name != c"." && name != c".." {
                return Some(name.to_owned());
            }
        }
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        // SAFETY: the directory stream is open, and nothing uses the stream after `drop`.
        unsafe { libc::closedir(self.0.as_ptr()) };
    }
}

fn open_at(directory: c_int, name: &CStr, flags: c_int) -> io::Result<OwnedFd> {
    let flags = flags | libc::O_RDONLY | libc::O_CLOEXEC;
    // SAFETY: `name` is a C string, and `openat` needs no mode without O_CREAT.
    let fd = unsafe { libc::openat(directory, name.as_ptr(), flags) };
    check(fd)?;
    // SAFETY: `openat` has just returned this descriptor, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn check(result: c_int) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
