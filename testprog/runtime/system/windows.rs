//! What the runtime asks of Windows.
#![expect(unsafe_code, reason = "calls process and exception functions")]

use std::ffi::c_int;
use std::ptr;

use windows_sys::Win32::Foundation::STATUS_ACCESS_VIOLATION;
use windows_sys::Win32::Storage::FileSystem::WriteFile;
use windows_sys::Win32::System::Console::{GetStdHandle, STD_ERROR_HANDLE};
use windows_sys::Win32::System::Diagnostics::Debug::{
    EXCEPTION_CONTINUE_SEARCH, EXCEPTION_POINTERS, SetUnhandledExceptionFilter,
};
use windows_sys::Win32::System::Threading::{ExitProcess, GetCurrentThreadId};

/// Whether the system's answer about a thread's own stack is about whichever stack is in use: it is what the thread's
/// environment block says, which a switch of fibers changes. To read it is no system call.
pub(in crate::runtime) const OWN_STACK_FOLLOWS_SWITCHES: bool = true;

/// Windows has no signals, so there is nothing to block.
#[derive(Debug)]
pub(in crate::runtime) struct Blocked;

pub(in crate::runtime) fn block_signals() -> Blocked {
    Blocked
}

/// Returns the system's number of this thread, for messages.
pub(in crate::runtime) fn thread_id() -> u64 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { GetCurrentThreadId() }.into()
}

/// Writes to standard error by one system call. What cannot be written is lost: there is nobody left to tell.
pub(in crate::runtime) fn write_to_stderr(text: &[u8]) {
    // SAFETY: it takes an integer and cannot touch memory of ours.
    let stderr = unsafe { GetStdHandle(STD_ERROR_HANDLE) };
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut written = 0;
    // SAFETY: the slice is at least `length` long, and `written` is a variable of the type asked for. A handle that is none
    // makes the call fail.
    unsafe {
        WriteFile(stderr, text.as_ptr(), length, &raw mut written, ptr::null_mut());
    }
}

/// Ends the process at once.
pub(in crate::runtime) fn exit(status: i32) -> ! {
    // SAFETY: it takes an integer and does not return.
    unsafe { ExitProcess(u32::from_ne_bytes(status.to_ne_bytes())) }
}

/// The mutant that takes SIGABRT for its own. Windows has no such signal, but C has it there: `abort` raises it.
pub(in crate::runtime) fn swallow_abort() {
    extern "C" fn handler(_: c_int) {
        exit(0);
    }
    let handler: extern "C" fn(c_int) = handler;
    // SAFETY: the handler does nothing but end the process, which is allowed in it.
    unsafe { libc::signal(libc::SIGABRT, handler as libc::sighandler_t) };
}

/// The mutant that takes a wrong access for its own.
pub(in crate::runtime) fn swallow_segv() {
    unsafe extern "system" fn filter(pointers: *const EXCEPTION_POINTERS) -> i32 {
        // SAFETY: the system calls a filter with a pointer to what it knows of the exception.
        let record = unsafe { (*pointers).ExceptionRecord };
        // SAFETY: and that leads to a record.
        if unsafe { (*record).ExceptionCode } == STATUS_ACCESS_VIOLATION {
            exit(0);
        }
        EXCEPTION_CONTINUE_SEARCH
    }
    // SAFETY: the filter has the type that is asked for, and touches only what it is given.
    unsafe { SetUnhandledExceptionFilter(Some(filter)) };
}
