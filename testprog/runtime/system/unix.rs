//! System calls of the runtime on Unix: signals, exit, standard error.
#![expect(unsafe_code, reason = "calls signal and process functions")]

use std::mem::MaybeUninit;
use std::ptr;

/// Whether the system reports the stack in use, rather than the stack that the thread was created
/// with. POSIX systems report the stack that the thread was created with.
pub(in crate::runtime) const OWN_STACK_FOLLOWS_SWITCHES: bool = false;

/// Guard that keeps all signals blocked on this thread until the guard is dropped.
#[derive(Debug)]
pub(in crate::runtime) struct Blocked {
    before: libc::sigset_t,
}

/// Blocks all signals on this thread.
pub(in crate::runtime) fn block_signals() -> Blocked {
    let mut all = MaybeUninit::uninit();
    // SAFETY: `all` is writable memory for a signal set.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    let mut before = MaybeUninit::uninit();
    // SAFETY: `sigfillset` has filled `all`, and `before` is writable memory for a signal set.
    // `pthread_sigmask` fails only for an invalid first argument.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    // SAFETY: `pthread_sigmask` has filled `before`.
    Blocked { before: unsafe { before.assume_init() } }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: `pthread_sigmask` has filled `before`, and a null pointer requests no old set.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut())
        };
    }
}

/// Returns the operating system's ID of this thread, for messages.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::runtime) fn thread_id() -> u64 {
    // SAFETY: `gettid` takes no arguments and cannot fail.
    unsafe { libc::gettid() }.unsigned_abs().into()
}

/// Returns the operating system's ID of this thread, for messages.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(in crate::runtime) fn thread_id() -> u64 {
    // SAFETY: `pthread_self` takes no arguments and cannot fail.
    unsafe { libc::pthread_self() as u64 }
}

/// Writes a text to standard error with one system call, and ignores a failure.
pub(in crate::runtime) fn write_to_stderr(text: &[u8]) {
    // SAFETY: the pointer and the length are those of `text`.
    let _ = unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

/// Exits the process at once, without `atexit` handlers and destructors.
pub(in crate::runtime) fn exit(status: i32) -> ! {
    // SAFETY: `_exit` takes an integer and does not return.
    unsafe { libc::_exit(status) }
}

/// Handles SIGABRT by an exit with status 0, for the mutant `swallow-abort`.
pub(in crate::runtime) fn swallow_abort() {
    swallow(libc::SIGABRT);
}

/// Handles SIGSEGV and SIGBUS by an exit with status 0, for the mutant `swallow-segv`.
pub(in crate::runtime) fn swallow_segv() {
    swallow(libc::SIGSEGV);
    swallow(libc::SIGBUS);
}

/// Handles a signal by an exit with status 0.
fn swallow(signal: libc::c_int) {
    extern "C" fn handler(_: libc::c_int) {
        exit(0);
    }
    let handler: extern "C" fn(libc::c_int) = handler;
    // SAFETY: the handler calls only `_exit`, which is async-signal-safe.
    unsafe { libc::signal(signal, handler as libc::sighandler_t) };
}
