//! What a process may use of the system.

use std::fmt;

/// What a child may use, as setrlimit(2) knows it.
///
/// # Platform specific behavior
///
/// Windows has none of these, and a child with limits cannot be started there. OpenBSD has no limit on address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Memory that it may map, in bytes.
    AddressSpace,
    /// The size of a core file, in bytes; 0 turns them off.
    Core,
    /// Processor time, in seconds; then it gets SIGXCPU, and SIGKILL a second later.
    CpuTime,
    /// The size of a file that it writes, in bytes; then it gets SIGXFSZ.
    FileSize,
    /// How many descriptors it may have.
    OpenFiles,
    /// How many processes and threads its user may have, not counting those of root.
    Processes,
}

impl Limit {
    /// Every limit, with its name on the command line and in a listing.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::AddressSpace, "address-space"),
        (Self::Core, "core"),
        (Self::CpuTime, "cpu-time"),
        (Self::FileSize, "file-size"),
        (Self::OpenFiles, "open-files"),
        (Self::Processes, "processes"),
    ];

    /// Returns the limit of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(_, known)| *known == name).map(|(limit, _)| *limit)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::NAMED.iter().find(|(limit, _)| limit == self);
        f.write_str(known.expect("every limit is in NAMED").1)
    }
}
