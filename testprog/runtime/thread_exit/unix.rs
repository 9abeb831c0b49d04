//! The notice of a thread's exit on a Unix system.
#![expect(unsafe_code, reason = "calls pthread functions")]

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use std::{io, ptr};

use crate::runtime::machine::Machine;

/// The notice of a thread's exit: a pthread key, whose destructor runs on the thread.
#[derive(Debug)]
pub(in crate::runtime) struct ThreadExit(libc::pthread_key_t);

/// What [`ThreadExit`] calls. A destructor is a C function that takes no more than the key's value.
static ON_EXIT: OnceLock<fn(&'static Machine)> = OnceLock::new();

impl ThreadExit {
    /// Returns a notice that calls `f` with the machine of a thread that exits.
    pub(in crate::runtime) fn new(f: fn(&'static Machine)) -> io::Result<Self> {
        let f = *ON_EXIT.get_or_init(|| f);
        let _: fn(&'static Machine) = f;
        let mut key = MaybeUninit::uninit();
        // SAFETY: `key` is writable memory for a key; the destructor has the type that is asked for.
        match unsafe { libc::pthread_key_create(key.as_mut_ptr(), Some(destructor)) } {
            // SAFETY: the call succeeded, so it has filled the key.
            0 => Ok(Self(unsafe { key.assume_init() })),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    /// Asks for the notice when this thread exits. Not for signal handlers: it may allocate.
    pub(in crate::runtime) fn arm(&self, machine: &'static Machine) {
        self.set(ptr::from_ref(machine).cast());
    }

    /// Takes that back.
    pub(in crate::runtime) fn disarm(&self) {
        self.set(ptr::null());
    }

    fn set(&self, value: *const c_void) {
        // SAFETY: the key was made in `new` and is never deleted.
        let error = unsafe { libc::pthread_setspecific(self.0, value) };
        assert_eq!(error, 0, "out of memory for a thread's value");
    }
}

extern "C" fn destructor(value: *mut c_void) {
    // SAFETY: the value is what `arm` was given: a machine, which lives as long as the process.
    let machine = unsafe { &*value.cast::<Machine>() };
    if let Some(f) = ON_EXIT.get() {
        f(machine);
    }
}
