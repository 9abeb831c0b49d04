//! System calls of the runtime on Windows: exit, standard error, exceptions.
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

/// Whether the system reports the stack in use, rather than the stack that the thread was created
/// with. On Windows, the reported bounds come from the thread environment block (TEB), which a
/// fiber switch changes. Reading the thread environment block needs no system call.
pub(in crate::runtime) const OWN_STACK_FOLLOWS_SWITCHES: bool = true;

/// Guard that does nothing, because Windows has no signals.
#[derive(Debug)]
pub(in crate::runtime) struct Blocked;

/// Does nothing, because Windows has no signals.
pub(in crate::runtime) fn block_signals() -> Blocked {
    Blocked
}

/// Returns `None`, because Windows reserves the whole stack of the main thread when the process
/// starts, so the stack's bounds do not change.
pub(in crate::runtime) fn main_stack_limit(_told_hi: usize) -> Option<(usize, usize)> {
    None
}

/// Returns the operating system's ID of this thread, for messages.
pub(in crate::runtime) fn thread_id() -> u64 {
    // SAFETY: the function `GetCurrentThreadId` takes no arguments and cannot fail.
    unsafe { GetCurrentThreadId() }.into()
}

/// Returns true, because the callback of a fiber-local value runs at every exit of a thread, so
/// each thread that exits gives its `Machine` back.
pub(in crate::runtime) fn thread_exists(_id: usize) -> bool {
    true
}

/// Writes a text to standard error with one system call, and ignores a failure.
pub(in crate::runtime) fn write_to_stderr(text: &[u8]) {
    // SAFETY: the function `GetStdHandle` takes an integer and accesses no memory of the caller.
    let stderr = unsafe { GetStdHandle(STD_ERROR_HANDLE) };
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut written = 0;
    // SAFETY: the text `text` is at least `length` bytes long, and `written` is a writable `u32`.
    // If `stderr` is not a valid handle, `WriteFile` fails.
    unsafe {
        WriteFile(stderr, text.as_ptr(), length, &raw mut written, ptr::null_mut());
    }
}

/// Ends the process at once with the given exit status.
pub(in crate::runtime) fn exit(status: i32) -> ! {
    // SAFETY: the function `ExitProcess` takes only an integer and does not return.
    unsafe { ExitProcess(u32::from_ne_bytes(status.to_ne_bytes())) }
}

/// Handles SIGABRT by an exit with status 0, for the mutant `swallow-abort`. On Windows the C
/// library implements SIGABRT, and `abort` raises SIGABRT.
pub(in crate::runtime) fn swallow_abort() {
    extern "C" fn handler(_: c_int) {
        exit(0);
    }
    let handler: extern "C" fn(c_int) = handler;
    // SAFETY: the handler only exits the process, which a handler of SIGABRT may do.
    unsafe { libc::signal(libc::SIGABRT, handler as libc::sighandler_t) };
}

/// Handles an access violation by an exit with status 0, for the mutant `swallow-segv`.
pub(in crate::runtime) fn swallow_segv() {
    unsafe extern "system" fn filter(pointers: *const EXCEPTION_POINTERS) -> i32 {
        // SAFETY: the system passes a filter a valid pointer to `EXCEPTION_POINTERS`.
        let record = unsafe { (*pointers).ExceptionRecord };
        // SAFETY: The field `ExceptionRecord` that the system passes to a filter is a valid
        // pointer.
        if unsafe { (*record).ExceptionCode } == STATUS_ACCESS_VIOLATION {
            exit(0);
        }
        EXCEPTION_CONTINUE_SEARCH
    }
    // SAFETY: the filter has the required type, and reads only memory that the system passes to it.
    unsafe { SetUnhandledExceptionFilter(Some(filter)) };
}
