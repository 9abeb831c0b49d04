//! Writes to descriptors, pipes and devices on Unix.
#![expect(unsafe_code, reason = "duplicates a descriptor by its number")]

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Time within which a process must open a pipe for reading, or else the report cannot be written.
const READER_LIMIT: Duration = Duration::from_secs(5);

/// Interval between attempts to open a pipe, because the system does not report a new reader.
const READER_STEP: Duration = Duration::from_millis(10);

/// Time within which the reader of a pipe must read some bytes, or else the report cannot be
/// written.
const STALL_LIMIT: Duration = Duration::from_secs(60);

/// Number of bytes that every pipe accepts without blocking after `poll` has reported the pipe as
/// ready for writing: the smallest `PIPE_BUF` that POSIX allows.
const PIECE: usize = 512;

/// Device and file number of a file, which no other existing file shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity([u64; 2]);

impl Identity {
    #[expect(clippy::unnecessary_wraps, reason = "Windows has no such numbers in stable Rust")]
    pub(super) fn of(found: &Metadata) -> Option<Self> {
        Some(Self([found.dev(), found.ino()]))
    }
}

/// Returns the number of the descriptor of this process that `path` names, as `/dev/fd/1` does.
/// `folder` is the canonical path of the folder of `path`.
pub(super) fn descriptor(folder: &Path, path: &Path) -> Option<i32> {
    let is_own = ["/dev/fd", "/proc/self/fd", "/proc/thread-self/fd"]
        .iter()
        .any(|own| fs::canonicalize(own).is_ok_and(|own| own == folder));
    path.file_name().filter(|_| is_own)?.to_str()?.parse().ok()
}

/// Returns a copy of a descriptor, which has the same position in the file.
pub(super) fn duplicate(number: i32) -> io::Result<File> {
    // SAFETY: `F_DUPFD_CLOEXEC` takes an integer, and fails without effect if `number` is not open.
    let copy = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 0) };
    if copy == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `fcntl` has just made this descriptor, and nothing else owns the descriptor.
    let copy = unsafe { OwnedFd::from_raw_fd(copy) };
    let flags = rustix::fs::fcntl_getfl(&copy)?;
    match flags & rustix::fs::OFlags::ACCMODE {
        rustix::fs::OFlags::RDONLY => Err(io::Error::from_raw_os_error(libc::EBADF)),
        _ => Ok(copy.into()),
    }
}

/// Returns the identities of standard output and standard error, or `None` for a stream that is not
/// a regular file.
pub(super) fn own_streams() -> [Option<Identity>; 2] {
    let identity = |copied: io::Result<OwnedFd>| {
        let found = File::from(copied.ok()?).metadata().ok().filter(Metadata::is_file)?;
        Identity::of(&found)
    };
    let (stdout, stderr) = (io::stdout(), io::stderr());
    [identity(stdout.as_fd().try_clone_to_owned()), identity(stderr.as_fd().try_clone_to_owned())]
}

pub(super) fn too_many_links() -> io::Error {
    io::Error::from_raw_os_error(libc::ELOOP)
}

/// Makes opening a pipe fail instead of wait if no process reads the pipe.
pub(super) fn without_blocking(options: &mut OpenOptions) -> &mut OpenOptions {
    options.custom_flags(libc::O_NONBLOCK)
}

/// Opens a pipe or a device for writing, and waits until the pipe has a reader. Returns an error if
/// the pipe has no reader after [`READER_LIMIT`].
pub(super) fn open_device(path: &Path) -> io::Result<Patient> {
    let until = Instant::now() + READER_LIMIT;
    loop {
        match without_blocking(File::options().append(true)).open(path) {
            Ok(file) => return Ok(Patient::new(file)),
            Err(error) if error.raw_os_error() != Some(libc::ENXIO) => return Err(error),
            Err(_) if Instant::now() < until => thread::sleep(READER_STEP),
            Err(error) => {
                let cause = format!("{error}: no process reads it");
                return Err(io::Error::new(error.kind(), cause));
            }
        }
    }
}

/// Writer to a pipe or a device. Writing fails if the reader reads nothing for [`STALL_LIMIT`].
#[derive(Debug)]
pub(super) struct Patient(File);

impl Patient {
    pub(super) fn new(file: File) -> Self {
        Self(file)
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let limit = Timespec::try_from(STALL_LIMIT).expect("a minute fits");
        loop {
            let mut polled = [PollFd::new(&self.0, PollFlags::OUT)];
            match poll(&mut polled, Some(&limit)) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(0) => {
                    let cause = format!("its reader has read nothing for {STALL_LIMIT:?}");
                    return Err(io::Error::new(io::ErrorKind::TimedOut, cause));
                }
                Ok(_) => {}
            }
            match self.0.write(&bytes[..bytes.len().min(PIECE)]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
