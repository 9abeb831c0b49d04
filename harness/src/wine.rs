//! Detects Wine, which runs Windows programs on other systems.
#![expect(unsafe_code, reason = "calls wine_get_version")]

use std::ffi::{CStr, c_char};
use std::mem;

use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::{s, w};

/// Returns Wine's version, or `None` on Windows itself. Wine's `ntdll` exports `wine_get_version`,
/// which Windows does not have.
pub(crate) fn version() -> Option<String> {
    // SAFETY: the name is a constant that ends with a zero. The library is loaded in every process
    // and is never unloaded.
    let ntdll = unsafe { GetModuleHandleW(w!("ntdll.dll")) };
    // SAFETY: the name is a constant that ends with a zero. If the library was not found, the null
    // handle makes the call fail.
    let function = unsafe { GetProcAddress(ntdll, s!("wine_get_version")) }?;
    // SAFETY: Wine declares the function of this name as `const char * CDECL
    // wine_get_version(void)`.
    let function: unsafe extern "C" fn() -> *const c_char = unsafe { mem::transmute(function) };
    // SAFETY: `wine_get_version` takes no arguments.
    let version = unsafe { function() };
    // SAFETY: `wine_get_version` returns a constant string of the library, which ends with a zero.
    let version = unsafe { CStr::from_ptr(version) };
    Some(version.to_string_lossy().into_owned())
}
