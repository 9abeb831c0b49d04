//! Limits the size of a child's core file, finds the core file, and explains why a core file is
//! missing.
#![expect(unsafe_code, reason = "calls getrlimit")]

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

/// Returns the `RLIMIT_CORE` value that turns a child's core files off.
pub(super) fn off() -> libc::rlim_t {
    static LIMIT: OnceLock<libc::rlim_t> = OnceLock::new();
    // The limit is computed only once, so children may write core files if an administrator changes
    // the core pattern later.
    *LIMIT.get_or_init(|| off_with(&pattern()))
}

/// Returns the `RLIMIT_CORE` value that turns core files off if `pattern` is the system's core
/// pattern.
///
/// If the pattern names a program, such as systemd-coredump or apport, Linux pipes the core file to
/// the program even if the limit is 0 (core(5)). Only a limit of 1 keeps Linux from piping the core
/// file to the program. The kernel treats a crash with a limit of 1 as a crash of the pattern's
/// program (fs/coredump.c, "we use cprm.limit of 1 here as a special value"). For a pattern that
/// names no program the limit is 0, because qemu-user writes a core file for every other limit.
fn off_with(pattern: &str) -> libc::rlim_t {
    libc::rlim_t::from(pattern.starts_with('|'))
}

/// Returns Linux's core pattern (core(5)), or an empty string if the pattern cannot be read.
fn pattern() -> String {
    fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default().trim().to_owned()
}

/// Returns the hard limit on the size of a core file, in bytes.
pub(super) fn hard_limit() -> libc::rlim_t {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is writable memory of the type that `getrlimit` fills.
    unsafe { libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit) };
    limit.rlim_max
}

/// Moves the core file from a child's directory to a new path beside the directory. Returns the
/// core file's new path, or a message that explains why there is no core file. The child must have
/// ended before the call.
pub(super) fn take(directory: &Path, is_dumped: bool) -> Result<PathBuf, String> {
    let found = is_dumped.then(|| find(directory)).flatten();
    let Some(found) = found else {
        return Err(absence(&pattern(), is_dumped, hard_limit() == 0));
    };
    let mut path = OsString::from(directory);
    path.push(".core");
    match fs::rename(&found, &path) {
        Ok(()) => Ok(path.into()),
        Err(error) => Err(format!("failed to move `{}`: {error}", found.display())),
    }
}

/// Returns the newest core file in a directory. The function recognizes core files by their
/// content, because the names of core files depend on the system.
fn find(directory: &Path) -> Option<PathBuf> {
    /// Maximum number of directory entries to read, because a child can create any number of files.
    const MOST_FILES: usize = 1000;
    let entries = fs::read_dir(directory).ok()?.flatten().take(MOST_FILES);
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let cores = files.filter(|entry| is_core(&entry.path()));
    let made = |entry: &fs::DirEntry| {
        entry.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    cores.max_by_key(made).map(|entry| entry.path())
}

/// Returns true if the header of the file marks a core file: an ELF file of type `ET_CORE`, or a
/// Mach-O file of type `MH_CORE`.
fn is_core(path: &Path) -> bool {
    const BIG_ENDIAN: u8 = 2;
    const ET_CORE: u16 = 4;
    const MH_CORE: u8 = 4;
    let mut header = [0; 18];
    if File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_err() {
        return false;
    }
    if header.starts_with(&[0xcf, 0xfa, 0xed, 0xfe]) {
        return header[12] == MH_CORE;
    }
    let kind = [header[16], header[17]];
    let kind = if header[5] == BIG_ENDIAN { u16::from_be_bytes } else { u16::from_le_bytes }(kind);
    header.starts_with(b"\x7fELF") && kind == ET_CORE
}

/// Returns a message that explains why the child's directory has no core file, and where the core
/// file may be (core(5)).
fn absence(pattern: &str, is_dumped: bool, is_forbidden: bool) -> String {
    if let Some(handler) = pattern.strip_prefix('|') {
        let command = handler.split_whitespace().next().unwrap_or_default();
        let look = if command.contains("systemd-coredump") { "; see `coredumpctl`" } else { "" };
        format!("the system pipes core files to `{command}` (/proc/sys/kernel/core_pattern){look}")
    } else if is_forbidden {
        "the hard limit on core files is 0 (`ulimit -Hc`)".to_owned()
    } else if is_dumped && pattern.starts_with('/') {
        format!("the system writes core files to `{pattern}` (/proc/sys/kernel/core_pattern)")
    } else if is_dumped {
        "the system wrote a core file, but not in the child's directory".to_owned()
    } else {
        "the system wrote no core file".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_why_there_is_no_core_file() {
        let piped = "|/usr/lib/systemd/systemd-coredump %P %u";
        for (pattern, is_dumped, is_forbidden, part) in [
            (piped, false, true, "`/usr/lib/systemd/systemd-coredump` (/proc"),
            (piped, true, false, "see `coredumpctl`"),
            ("|/usr/share/apport/apport -p%p", true, false, "`/usr/share/apport/apport`"),
            ("/var/crash/core.%p", true, false, "`/var/crash/core.%p`"),
            ("core", true, false, "but not in the child's directory"),
            ("core", false, true, "ulimit -Hc"),
            ("core", false, false, "wrote no core file"),
        ] {
            let text = absence(pattern, is_dumped, is_forbidden);
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_program_that_takes_core_files_gets_none() {
        for (pattern, limit) in [
            ("", 0),
            ("core", 0),
            ("/var/crash/%e|%p", 0),
            ("|/usr/lib/systemd/systemd-coredump %P", 1),
        ] {
            assert_eq!(off_with(pattern), limit, "{pattern}");
        }
    }

    #[test]
    fn a_core_file_is_known_by_its_header() {
        let folder = std::env::temp_dir().join(format!("core-file-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let header =
            |kind: [u8; 2]| [&b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"[..], &kind].concat();
        fs::write(folder.join("core"), header([3, 0])).unwrap();
        fs::write(folder.join("short"), b"\x7fELF").unwrap();
        std::os::unix::fs::symlink("/proc/self/exe", folder.join("link")).unwrap();
        assert_eq!(find(&folder), None);
        fs::write(folder.join("any name"), header([4, 0])).unwrap();
        assert_eq!(find(&folder), Some(folder.join("any name")));
        fs::remove_dir_all(folder).unwrap();
    }
}
