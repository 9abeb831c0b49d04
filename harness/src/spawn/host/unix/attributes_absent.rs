//! Clears no file attributes, for systems on which no file attribute forbids the removal of a file.

use std::io;
use std::os::fd::BorrowedFd;

#[expect(clippy::unnecessary_wraps, reason = "on other systems the function can fail")]
pub(super) fn clear(_file: BorrowedFd<'_>) -> io::Result<()> {
    Ok(())
}
