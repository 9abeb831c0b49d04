//! On Windows an alarm is a manual-reset event, which stays signalled.
#![expect(unsafe_code, reason = "calls CreateEventW and SetEvent")]

use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::sync::Arc;
use std::{io, ptr};

use windows_sys::Win32::Foundation::{FALSE, HANDLE, TRUE};
use windows_sys::Win32::System::Threading::{CreateEventW, SetEvent};

/// Alarm that signals an event when the alarm is dropped, which wakes all listeners.
#[derive(Debug)]
pub(in crate::spawn) struct Alarm(Listener);

/// Event that is signalled when the alarm is dropped.
#[derive(Clone, Debug)]
pub(in crate::spawn) struct Listener(Arc<OwnedHandle>);

impl Alarm {
    pub(in crate::spawn) fn new() -> io::Result<(Self, Listener)> {
        // SAFETY: the null pointers select the default access rights and no name. `TRUE` requests a
        // manual-reset event, and `FALSE` an event that is not signalled yet.
        let event = unsafe { CreateEventW(ptr::null(), TRUE, FALSE, ptr::null()) };
        if event.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: `CreateEventW` has just created the handle, and nothing else owns the handle.
        let event = unsafe { OwnedHandle::from_raw_handle(event) };
        let listener = Listener(Arc::new(event));
        Ok((Self(listener.clone()), listener))
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // SAFETY: the handle is an open event. `SetEvent` cannot fail for an open event.
        unsafe { SetEvent(self.0.handle()) };
    }
}

impl Listener {
    pub(in crate::spawn) fn handle(&self) -> HANDLE {
        self.0.as_raw_handle()
    }
}
