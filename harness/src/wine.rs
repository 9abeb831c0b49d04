//! Detects Wine, which runs Windows programs on other systems.
#![expect(unsafe_code, reason = "calls wine_get_version")]

use std::ffi::{CStr, c_char};
use std::mem;

use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::{s, w};

/// Returns Wine's version, or `None` on Windows itself. Wine's `ntdll` exports the function
/// `wine_get_version`, and the `ntdll` of Windows does not.
pub(crate) fn version() -> Option<String> {
    // SAFETY: the name `ntdll.dll` is a constant string that ends with a zero. Windows loads
    // `ntdll.dll` into every process and never unloads it.
    let ntdll = unsafe { GetModuleHandleW(w!("ntdll.dll")) };
    // SAFETY: the function's name is a constant string that ends with a zero. If `ntdll` is null,
    // `GetProcAddress` returns `None`.
    let function = unsafe { GetProcAddress(ntdll, s!("wine_get_version")) }?;
    // SAFETY: Wine declares the function as `const char * CDECL wine_get_version(void)`.
    let function: unsafe extern "C" fn() -> *const c_char = unsafe { mem::transmute(function) };
    // SAFETY: `wine_get_version` takes no arguments.
    let version = unsafe { function() };
    // SAFETY: `wine_get_version` returns a constant string of `ntdll`, which ends with a zero.
    let version = unsafe { CStr::from_ptr(version) };
    Some(version.to_string_lossy().into_owned())
}
