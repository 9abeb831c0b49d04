//! Wine, which runs Windows programs on other systems: whether this process is in it.
#![expect(unsafe_code, reason = "calls wine_get_version")]

use std::ffi::{CStr, c_char};
use std::mem;

use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::{s, w};

/// Returns Wine's version, or `None` on Windows itself. Wine adds a function to `ntdll` for this.
pub(crate) fn version() -> Option<String> {
    // SAFETY: the name is a constant that ends with a zero. The library is in every process and stays there.
    let ntdll = unsafe { GetModuleHandleW(w!("ntdll.dll")) };
    // SAFETY: the name is a constant that ends with a zero; a library that was not found is a null pointer, an error.
    let function = unsafe { GetProcAddress(ntdll, s!("wine_get_version")) }?;
    // SAFETY: Wine declares the function of this name as `const char * CDECL wine_get_version(void)`.
    let function: unsafe extern "C" fn() -> *const c_char = unsafe { mem::transmute(function) };
    // SAFETY: the function takes nothing.
    let version = unsafe { function() };
    // SAFETY: the function returns a string constant of the library.
    let version = unsafe { CStr::from_ptr(version) };
    Some(version.to_string_lossy().into_owned())
}
