//! Turns off crash dialogs for a child on Windows, and collects the OS information that the child
//! reports.
#![expect(unsafe_code, reason = "calls SetErrorMode, RtlGetVersion and GetSystemInfo")]

use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
use windows_sys::Win32::Foundation::STATUS_SUCCESS;
use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::SystemInformation::{GetSystemInfo, OSVERSIONINFOW, SYSTEM_INFO};

use crate::wine;

/// Turns off the dialogs that Windows shows for a crash, because many scenarios crash on purpose.
pub(super) fn settle() {
    let none = SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX;
    // SAFETY: `SetErrorMode` takes only an integer and cannot fail.
    unsafe { SetErrorMode(none) };
}

pub(super) fn facts() -> Vec<(&'static str, String)> {
    let mut facts = vec![("libc", LIBC.to_owned())];
    facts.extend(kernel().map(|version| ("kernel", version)));
    facts.push(("page-size", page_size().to_string()));
    facts.extend(emulator().map(|name| ("emulator", name)));
    facts
}

/// Name of the C runtime that `rustc` links for this target. GNU's mingw uses msvcrt, Microsoft's
/// older runtime; LLVM's mingw and MSVC use ucrt, the newer runtime.
const LIBC: &str =
    if cfg!(all(target_env = "gnu", not(target_abi = "llvm"))) { "msvcrt" } else { "ucrt" };

/// Returns the version of the Windows kernel. `GetVersionEx` would return a version that depends on
/// the executable's manifest.
fn kernel() -> Option<String> {
    let mut version = OSVERSIONINFOW::default();
    version.dwOSVersionInfoSize =
        u32::try_from(size_of_val(&version)).expect("the size of a system struct fits in a `u32`");
    // SAFETY: `RtlGetVersion` writes at most the number of bytes that the first field of `version`
    // states, which is the size of `version`.
    let status = unsafe { RtlGetVersion(&raw mut version) };
    let OSVERSIONINFOW { dwMajorVersion, dwMinorVersion, dwBuildNumber, .. } = version;
    (status == STATUS_SUCCESS)
        .then(|| format!("Windows NT {dwMajorVersion}.{dwMinorVersion}.{dwBuildNumber}"))
}

fn page_size() -> u32 {
    let mut info = SYSTEM_INFO::default();
    // SAFETY: `GetSystemInfo` fills a `SYSTEM_INFO`, and `info` is a writable `SYSTEM_INFO`.
    unsafe { GetSystemInfo(&raw mut info) };
    info.dwPageSize
}

pub(super) fn emulator() -> Option<String> {
    wine::version().map(|version| format!("wine {version}"))
}
