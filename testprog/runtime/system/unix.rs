//! What the runtime asks of a Unix system.
#![expect(unsafe_code, reason = "calls signal and process functions")]

use std::mem::MaybeUninit;
use std::ptr;

/// Whether the system's answer about a thread's own stack is about whichever stack is in use. A POSIX system knows nothing of
/// other stacks.
pub(in crate::runtime) const OWN_STACK_FOLLOWS_SWITCHES: bool = false;

/// All signals are blocked on this thread as long as it lives.
#[derive(Debug)]
pub(in crate::runtime) struct Blocked {
    before: libc::sigset_t,
}

pub(in crate::runtime) fn block_signals() -> Blocked {
    let mut all = MaybeUninit::uninit();
    // SAFETY: `sigfillset` fills the set that it is given.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    let mut before = MaybeUninit::uninit();
    // SAFETY: `all` was filled, and `before` is writable memory for a set. With these arguments it cannot fail.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    // SAFETY: the call above has filled it.
    Blocked { before: unsafe { before.assume_init() } }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: `before` is a set that the system has filled; the old one is not asked for.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut())
        };
    }
}

/// Returns the system's number of this thread, for messages.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::runtime) fn thread_id() -> u64 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::gettid() }.unsigned_abs().into()
}

/// Returns the system's number of this thread, for messages.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(in crate::runtime) fn thread_id() -> u64 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::pthread_self() as u64 }
}

/// Writes to standard error by one system call. What cannot be written is lost: there is nobody left to tell.
pub(in crate::runtime) fn write_to_stderr(text: &[u8]) {
    // SAFETY: the pointer and the length are those of a slice.
    let _ = unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

/// Ends the process at once: no handlers, no destructors.
pub(in crate::runtime) fn exit(status: i32) -> ! {
    // SAFETY: it takes an integer and does not return.
    unsafe { libc::_exit(status) }
}

/// The mutant that takes SIGABRT for its own.
pub(in crate::runtime) fn swallow_abort() {
    swallow(libc::SIGABRT);
}

/// The mutant that takes a wrong access for its own.
pub(in crate::runtime) fn swallow_segv() {
    swallow(libc::SIGSEGV);
    swallow(libc::SIGBUS);
}

fn swallow(signal: libc::c_int) {
    extern "C" fn handler(_: libc::c_int) {
        exit(0);
    }
    let handler: extern "C" fn(libc::c_int) = handler;
    // SAFETY: the handler does nothing but end the process, which is allowed in it.
    unsafe { libc::signal(signal, handler as libc::sighandler_t) };
}
