//! The notification of a thread's exit on Windows, which is the callback of a fiber-local value.
#![expect(unsafe_code, reason = "calls functions of fiber-local storage")]

use std::ffi::c_void;
use std::sync::OnceLock;
use std::{io, ptr};

use windows_sys::Win32::System::Threading::{FLS_OUT_OF_INDEXES, FlsAlloc, FlsSetValue};

use crate::runtime::machine::Machine;

/// Notification of each thread's exit: the index of a fiber-local value, whose callback runs on the
/// thread that exits.
#[derive(Debug)]
pub(in crate::runtime) struct ThreadExit(u32);

/// The function that the fiber-local value's callback calls. The function is in a static variable,
/// because the callback receives only the fiber-local value.
static ON_EXIT: OnceLock<fn(&'static Machine)> = OnceLock::new();

impl ThreadExit {
    /// Creates a notification that calls `f` with the `Machine` (the runtime's record) of each
    /// thread that exits.
    pub(in crate::runtime) fn new(f: fn(&'static Machine)) -> io::Result<Self> {
        ON_EXIT.get_or_init(|| f);
        // SAFETY: the function `callback` has the type that `FlsAlloc` requires.
        let index = unsafe { FlsAlloc(Some(callback)) };
        if index == FLS_OUT_OF_INDEXES { Err(io::Error::last_os_error()) } else { Ok(Self(index)) }
    }

    /// Requests the notification of this thread's exit.
    pub(in crate::runtime) fn arm(&self, machine: &'static Machine) {
        self.set(ptr::from_ref(machine).cast());
    }

    /// Cancels the notification of this thread's exit.
    pub(in crate::runtime) fn disarm(&self) {
        self.set(ptr::null());
    }

    /// Sets this thread's fiber-local value.
    fn set(&self, value: *const c_void) {
        // SAFETY: the function `new` has allocated the index, and no code frees the index.
        let done = unsafe { FlsSetValue(self.0, value) };
        assert_ne!(done, 0, "failed to set a thread's fiber-local value: out of memory");
    }
}

/// Calls the function in [`ON_EXIT`] with the `Machine` of the thread that exits.
unsafe extern "system" fn callback(value: *const c_void) {
    // SAFETY: only `arm` sets a value that is not null, namely a pointer to a `Machine`, and
    // `Machine`s are never freed.
    let machine = unsafe { &*value.cast::<Machine>() };
    if let Some(f) = ON_EXIT.get() {
        f(machine);
    }
}
