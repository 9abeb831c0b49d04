//! Lists directories of `/proc` whose entries are numbers: process IDs or open descriptors. The
//! code of this module must neither allocate nor panic, because supervisors execute it.
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
    while let Some(mut entries) = read_entries(list, &mut room) {
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

/// Reads the next directory entries into `room`. Returns `None` at the end of the directory and on
/// an error.
fn read_entries(directory: c_int, room: &mut [u8]) -> Option<&[u8]> {
    let (to, length) = (room.as_mut_ptr(), room.len());
    // SAFETY: the pointer and the length describe the slice `room`. The function calls `getdents64`
    // by its number instead of `readdir`, because `readdir` needs an allocation.
    let read = unsafe { libc::syscall(libc::SYS_getdents64, directory, to, length) };
    usize::try_from(read).ok().filter(|read| *read > 0).and_then(|read| room.get(..read))
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
}
