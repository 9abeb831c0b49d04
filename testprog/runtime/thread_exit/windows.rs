//! The notice of a thread's exit on Windows.
#![expect(unsafe_code, reason = "calls functions of fiber-local storage")]

use std::ffi::c_void;
use std::sync::OnceLock;
use std::{io, ptr};

use windows_sys::Win32::System::Threading::{FLS_OUT_OF_INDEXES, FlsAlloc, FlsSetValue};

use crate::runtime::machine::Machine;

/// The notice of a thread's exit: a fiber-local value, whose callback runs on the thread.
#[derive(Debug)]
pub(in crate::runtime) struct ThreadExit(u32);

/// What [`ThreadExit`] calls. A callback is a C function that takes no more than the value.
static ON_EXIT: OnceLock<fn(&'static Machine)> = OnceLock::new();

impl ThreadExit {
    /// Returns a notice that calls `f` with the machine of a thread that exits.
    pub(in crate::runtime) fn new(f: fn(&'static Machine)) -> io::Result<Self> {
        ON_EXIT.get_or_init(|| f);
        // SAFETY: the callback has the type that is asked for.
        let index = unsafe { FlsAlloc(Some(callback)) };
        if index == FLS_OUT_OF_INDEXES { Err(io::Error::last_os_error()) } else { Ok(Self(index)) }
    }

    /// Asks for the notice when this thread exits.
    pub(in crate::runtime) fn arm(&self, machine: &'static Machine) {
        self.set(ptr::from_ref(machine).cast());
    }

    /// Takes that back.
    pub(in crate::runtime) fn disarm(&self) {
        self.set(ptr::null());
    }

    fn set(&self, value: *const c_void) {
        // SAFETY: the index was made in `new` and is never freed.
        let done = unsafe { FlsSetValue(self.0, value) };
        assert_ne!(done, 0, "out of memory for a thread's value");
    }
}

unsafe extern "system" fn callback(value: *const c_void) {
    // SAFETY: the value is what `arm` was given: a machine, which lives as long as the process.
    let machine = unsafe { &*value.cast::<Machine>() };
    if let Some(f) = ON_EXIT.get() {
        f(machine);
    }
}
