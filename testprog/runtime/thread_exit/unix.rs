//! The notification of a thread's exit on Unix, which is the destructor of a pthread key.
#![expect(unsafe_code, reason = "calls pthread functions")]

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use std::{io, ptr};

use crate::runtime::machine::Machine;

/// Notification of each thread's exit: a pthread key, whose destructor runs on the thread that
/// exits.
#[derive(Debug)]
pub(in crate::runtime) struct ThreadExit(libc::pthread_key_t);

/// The function that the key's destructor calls. The function is in a static variable, because a
/// key's destructor receives only the key's value.
static ON_EXIT: OnceLock<fn(&'static Machine)> = OnceLock::new();

impl ThreadExit {
    /// Creates a notification that calls `f` with the `Machine` (the runtime's record) of each
    /// thread that exits.
    pub(in crate::runtime) fn new(f: fn(&'static Machine)) -> io::Result<Self> {
        let f = *ON_EXIT.get_or_init(|| f);
        let _: fn(&'static Machine) = f;
        let mut key = MaybeUninit::uninit();
        // SAFETY: the variable `key` is writable memory for a key, and the destructor has the
        // required type.
        match unsafe { libc::pthread_key_create(key.as_mut_ptr(), Some(destructor)) } {
            // SAFETY: the function `pthread_key_create` has succeeded and therefore filled `key`.
            0 => Ok(Self(unsafe { key.assume_init() })),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    /// Requests the notification of this thread's exit. Signal handlers must not call this
    /// function, because it may allocate memory.
    pub(in crate::runtime) fn arm(&self, machine: &'static Machine) {
        self.set(ptr::from_ref(machine).cast());
    }

    /// Cancels the notification of this thread's exit.
    pub(in crate::runtime) fn disarm(&self) {
        self.set(ptr::null());
    }

    /// Sets this thread's value of the pthread key.
    fn set(&self, value: *const c_void) {
        // SAFETY: the function `new` has created the key, and no code deletes the key.
        let error = unsafe { libc::pthread_setspecific(self.0, value) };
        assert_eq!(error, 0, "failed to set a thread's value of the pthread key: out of memory");
    }
}

/// Calls the function in [`ON_EXIT`] with the `Machine` of the thread that exits.
extern "C" fn destructor(value: *mut c_void) {
    // SAFETY: only `arm` sets a value that is not null, namely a pointer to a `Machine`, and
    // `Machine`s are never freed.
    let machine = unsafe { &*value.cast::<Machine>() };
    if let Some(f) = ON_EXIT.get() {
        f(machine);
    }
}
