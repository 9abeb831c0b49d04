//! Reads the entries of directories with getdents64(2): the numbers in a directory of `/proc`,
//! which are process IDs or open descriptors, and whether a directory is empty. The code of this
//! module must neither allocate nor panic, because supervisors execute it.
#![expect(unsafe_code, reason = "calls getdents64")]

use std::ffi::{CStr, c_int};

use super::calls::{close, open};

/// Calls `f` for each entry of a directory whose name is a number. The arguments of `f` are the
/// number and the descriptor of the open directory. Returns `None` if the directory cannot be
/// opened.
pub(super) fn for_each_number(directory: &CStr, mut f: impl FnMut(c_int, c_int)) -> Option<()> {
    let list = open(directory, libc::O_RDONLY | libc::O_DIRECTORY);
    if list < 0 {
        return None;
    }
    let mut room = [0_u8; 4096];
    while let Some(mut entries @ [_, ..]) = read_entries(list, &mut room) {
        while let Some((name, rest)) = next_entry(entries) {
            if let Some(number) = number(name) {
                f(number, list);
            }
            entries = rest;
        }
    }
    close(list);
    Some(())
}

/// Returns true if an open directory has no entries except `.` and `..`. Returns false if the
/// directory cannot be read. The descriptor's read position must be the start of the directory.
pub(super) fn is_empty(directory: c_int) -> bool {
    // The buffer has room for one entry with the longest possible name (255 bytes).
    let mut room = [0_u8; 512];
    loop {
        let Some(mut entries) = read_entries(directory, &mut room) else { return false };
        if entries.is_empty() {
            return true;
        }
        while let Some((name, rest)) = next_entry(entries) {
            if !matches!(name, b"." | b"..") {
                return false;
            }
            entries = rest;
        }
    }
}

/// Reads the next directory entries into `room`. Returns an empty slice at the end of the
/// directory, and `None` on an error.
fn read_entries(directory: c_int, room: &mut [u8]) -> Option<&[u8]> {
    let (to, length) = (room.as_mut_ptr(), room.len());
    // SAFETY: the pointer and the length describe the slice `room`. The function calls `getdents64`
    // by its number instead of `readdir`, because `readdir` needs an allocation.
    let read = unsafe { libc::syscall(libc::SYS_getdents64, directory, to, length) };
    usize::try_from(read).ok().and_then(|read| room.get(..read))
}

/// Returns the name of the first directory entry and the bytes after that entry. A directory entry
/// has two numbers of 8 bytes, its length in 2 bytes, the file type in 1 byte, and the name up to a
/// zero byte (getdents64(2)).
fn next_entry(entries: &[u8]) -> Option<(&[u8], &[u8])> {
    const LENGTH: usize = 16;
    const NAME: usize = 19;
    let length = [*entries.get(LENGTH)?, *entries.get(LENGTH + 1)?];
    let (entry, rest) = entries.split_at_checked(u16::from_ne_bytes(length).into())?;
    let name = entry.get(NAME..)?.split(|byte| *byte == 0).next()?;
    Some((name, rest))
}

/// Parses a number that consists only of decimal digits. Returns `None` for a text with other
/// characters.
pub(super) fn number(digits: &[u8]) -> Option<libc::pid_t> {
    let add = |number: libc::pid_t, digit: &u8| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    };
    digits.iter().try_fold(0, add).filter(|_| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd as _;

    use super::*;

    #[test]
    fn an_entry_that_is_cut_off_is_the_end() {
        let mut entry = [0; 24];
        entry[16..18].copy_from_slice(&24_u16.to_ne_bytes());
        entry[19..22].copy_from_slice(b"123");
        assert_eq!(next_entry(&entry), Some((&b"123"[..], &[][..])));
        assert_eq!(next_entry(&entry[..20]), None);
        assert_eq!(next_entry(&[]), None);
    }

    #[test]
    fn a_directory_is_empty_until_it_has_an_entry() {
        let path = std::env::temp_dir().join(format!("testprog-empty-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        let is_empty_now = || is_empty(std::fs::File::open(&path).unwrap().as_raw_fd());
        let mut seen = vec![is_empty_now()];
        // The longest possible name needs the largest entry.
        for name in ["..a".to_owned(), "a".repeat(255)] {
            std::fs::write(path.join(&name), "").unwrap();
            seen.push(is_empty_now());
            std::fs::remove_file(path.join(name)).unwrap();
        }
        seen.push(is_empty_now());
        std::fs::remove_dir(&path).unwrap();
        seen.push(is_empty(-1));
        assert_eq!(seen, [true, false, false, true, false]);
    }
}
