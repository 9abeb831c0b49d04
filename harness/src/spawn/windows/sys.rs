//! Converts sizes, times and results for Windows functions.

use std::io;
use std::time::Duration;

use windows_sys::Win32::System::Threading::INFINITE;
use windows_sys::core::BOOL;

/// Returns a timeout in milliseconds, rounded up so that a wait never times out too early. A
/// timeout of 49.7 days or more is infinite.
pub(super) fn millis(limit: Duration) -> u32 {
    u32::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(INFINITE)
}

/// Returns the size of a struct in bytes, as the type that Windows functions take.
pub(super) fn size_of<T>(value: &T) -> u32 {
    u32::try_from(size_of_val(value)).expect("the size of a system struct fits in a `u32`")
}

/// Converts the result of a Windows function, which is zero on failure.
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
