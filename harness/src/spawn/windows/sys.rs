//! How Windows wants to be told sizes and times, and how it tells that a call failed.

use std::io;
use std::time::Duration;

use windows_sys::Win32::System::Threading::INFINITE;
use windows_sys::core::BOOL;

/// Rounds up, so that the time is over when a wait says so. 49 days and more are for ever.
pub(super) fn millis(limit: Duration) -> u32 {
    u32::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(INFINITE)
}

/// Returns the size of a struct as the system wants to be told.
pub(super) fn size_of<T>(value: &T) -> u32 {
    u32::try_from(size_of_val(value)).expect("a struct of the system is small")
}

/// Reads what most calls return: zero where they failed.
pub(super) fn check(result: BOOL) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_rounded_up() {
        assert_eq!(millis(Duration::ZERO), 0);
        assert_eq!(millis(Duration::from_nanos(1_000_001)), 2);
        assert_eq!(millis(Duration::MAX), INFINITE);
    }
}
