//! Finds the children of a process on kernels that are built without `CONFIG_PROC_CHILDREN` and
//! have no file that lists children. Many kernels for small devices lack `CONFIG_PROC_CHILDREN`. On
//! kernels without `CONFIG_PROC_CHILDREN`, the supervisor reads the parent of every process in
//! `/proc`. The code of this module must neither allocate nor panic, because supervisors execute
//! it.
#![expect(unsafe_code, reason = "calls read")]

use std::ffi::CStr;

use super::calls::{close, open, this_process};
use super::numbers::{for_each_number, number};

/// Calls `f` with the process ID of each child of `parent`. Returns `None` if `/proc` is not
/// mounted.
pub(super) fn for_each_child(parent: libc::pid_t, mut f: impl FnMut(libc::pid_t)) -> Option<()> {
    // If the current process has no entry, `/proc` is not mounted.
    parent_of(this_process())?;
    for_each_number(c"/proc", |pid, _| {
        if parent_of(pid) == Some(parent) {
            f(pid);
        }
    })
}

/// Reads the process ID of a process's parent from `/proc/PID/stat` (`proc_pid_stat(5)`). The
/// parent's ID is the second word after the process name. The last `)` of the file is the end of
/// the process name.
fn parent_of(pid: libc::pid_t) -> Option<libc::pid_t> {
    // The fields up to the parent's ID fit in 128 bytes, because the kernel limits a process name
    // to 15 bytes.
    let mut room = [0_u8; 128];
    let mut path = Path::new();
    path.add(b"/proc/");
    path.add_number(pid);
    path.add(b"/stat");
    let file = open(path.as_c_str()?, libc::O_RDONLY);
    // SAFETY: the pointer and the length describe the array `room`.
    let read = unsafe { libc::read(file, room.as_mut_ptr().cast(), room.len()) };
    close(file);
    let text = room.get(..usize::try_from(read).ok()?)?;
    let name_end = text.iter().rposition(|byte| *byte == b')')?;
    number(text.get(name_end + 1..)?.split(|byte| *byte == b' ').nth(2)?)
}

/// Buffer for building a short path without allocation.
struct Path {
    bytes: [u8; 32],
    length: usize,
}

impl Path {
    fn new() -> Self {
        Self { bytes: [0; 32], length: 0 }
    }

    fn add(&mut self, part: &[u8]) {
        for byte in part {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = *byte;
                self.length += 1;
            }
        }
    }

    fn add_number(&mut self, number: libc::pid_t) {
        let mut number = number.unsigned_abs();
        let mut digits = [0; 10];
        let mut first = digits.len();
        while let Some(place) = first.checked_sub(1).and_then(|index| digits.get_mut(index)) {
            *place = b'0' + (number % 10) as u8;
            first -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.add(digits.get(first..).unwrap_or_default());
    }

    fn as_c_str(&self) -> Option<&CStr> {
        CStr::from_bytes_until_nul(&self.bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::{self, Command, Stdio};

    use super::*;

    #[test]
    fn children_are_found_and_no_others() {
        // The name of the first child contains `) S 1 (`, which `parent_of` must not mistake for
        // the end of the name.
        let script = "cp /bin/sleep \"$0\"; \"$0\" 100 & sleep 100 & echo ready; wait";
        let file = std::env::temp_dir().join(format!("a) S 1 ({}", process::id()));
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(&file).stdout(Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let parent = libc::pid_t::try_from(shell.id()).unwrap();
        let mut found = Vec::new();
        for_each_child(parent, |pid| found.push(pid)).unwrap();
        let me = libc::pid_t::try_from(process::id()).unwrap();
        let mut mine = Vec::new();
        for_each_child(me, |pid| mine.push(pid)).unwrap();
        for pid in &found {
            // SAFETY: `kill` takes only integers. The shell has not reaped its children, so the
            // kernel has not reused their IDs.
            unsafe { libc::kill(*pid, libc::SIGKILL) };
        }
        shell.wait().unwrap();
        let _ = std::fs::remove_file(&file);
        assert_eq!((&*line, found.len()), ("ready\n", 2), "{found:?}");
        assert!(mine.contains(&parent), "{mine:?}");
        assert!(!mine.iter().any(|pid| found.contains(pid)), "{mine:?} {found:?}");
    }

    #[test]
    fn numbers_are_read_and_written_in_full() {
        for (digits, expected) in [(&b"0"[..], Some(0)), (b"4194304", Some(4_194_304))] {
            assert_eq!(number(digits), expected);
        }
        for digits in [&b""[..], b"-1", b"1 ", b"self", b"99999999999"] {
            assert_eq!(number(digits), None);
        }
        for number in [0, 7, 4_194_304, libc::pid_t::MAX] {
            let mut path = Path::new();
            path.add_number(number);
            assert_eq!(path.as_c_str().unwrap().to_str().unwrap(), number.to_string());
        }
    }
}
