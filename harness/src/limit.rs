//! Defines the resource limits of a process.

use std::fmt;

/// Resource limit of a child (setrlimit(2)).
///
/// # Platform specific behavior
///
/// On Windows, the runner returns an error for a child with limits. On OpenBSD, illumos and
/// Solaris, [`AddressSpace`](Self::AddressSpace) limits the data segment instead of the address
/// space. On illumos and Solaris, [`Processes`](Self::Processes) limits open files instead of
/// processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Address space, in bytes.
    AddressSpace,
    /// Size of a core file, in bytes. 0 turns core files off.
    Core,
    /// Processor time, in seconds. When the processor time reaches the limit, Linux sends SIGKILL
    /// without SIGXCPU, because the runner sets the soft and the hard limit to the same value
    /// (getrlimit(2)). Systems other than Linux may send SIGXCPU.
    CpuTime,
    /// Size of a file that the process writes, in bytes. A write beyond the limit raises SIGXFSZ.
    FileSize,
    /// Number of open file descriptors.
    OpenFiles,
    /// Number of processes of the child's user. Linux also counts threads for this limit, and does
    /// not enforce the limit for root (getrlimit(2)).
    Processes,
    /// Size of the main thread's stack, in bytes. On Linux, the limit also is the default stack
    /// size of new threads (getrlimit(2), `pthread_create(3)`).
    Stack,
}

impl Limit {
    /// Every limit with its name on the command line and in a listing.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::AddressSpace, "address-space"),
        (Self::Core, "core"),
        (Self::CpuTime, "cpu-time"),
        (Self::FileSize, "file-size"),
        (Self::OpenFiles, "open-files"),
        (Self::Processes, "processes"),
        (Self::Stack, "stack"),
    ];

    /// Returns the limit with this name, such as `open-files`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(_, known)| *known == name).map(|(limit, _)| *limit)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::NAMED.iter().find(|(limit, _)| limit == self);
        f.write_str(known.expect("`NAMED` has every limit").1)
    }
}
