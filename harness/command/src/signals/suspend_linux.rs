//! SIGTSTP stops this process after its children.
//!
//! 1. All threads of this process block SIGTSTP, so SIGTSTP stays pending. SIGTSTP keeps its default
//!    action.
//! 2. A thread waits for the pending SIGTSTP with `signalfd(2)`, but does not take it.
//! 3. The thread stops the children, and then unblocks SIGTSTP. The pending SIGTSTP stops this
//!    process.
//! 4. SIGCONT continues this process. The thread blocks SIGTSTP again and continues the children.
//!
//! SIGCONT discards a pending SIGTSTP (POSIX.1-2017, 2.4.1). So if SIGCONT arrives before the end of
//! step 3, this process does not stop. With a handler for SIGTSTP, SIGCONT could arrive between the
//! call of the handler and the stop of this process. Then nothing would continue this process.
#![expect(unsafe_code, reason = "calls signalfd and pthread_sigmask")]

use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::ptr;

/// Returns a descriptor that is readable while SIGTSTP is pending, or `None` if the system does not
/// create the descriptor.
pub(super) fn pending() -> Option<OwnedFd> {
    let set = only_sigtstp();
    // SAFETY: `set` is an initialized signal set, and -1 requests a new descriptor.
    let descriptor = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC) };
    if descriptor == -1 {
        return None;
    }
    // SAFETY: `signalfd` has returned a new descriptor, which has no other owner.
    Some(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Blocks SIGTSTP for the calling thread and for the threads that it starts later.
pub(super) fn block() {
    change_mask(libc::SIG_BLOCK);
}

/// Unblocks SIGTSTP for the calling thread. If SIGTSTP is pending, this process stops, and the
/// function returns when SIGCONT has continued this process.
pub(super) fn unblock() {
    change_mask(libc::SIG_UNBLOCK);
}

/// Blocks or unblocks SIGTSTP for the calling thread.
fn change_mask(how: libc::c_int) {
    let set = only_sigtstp();
    // SAFETY: `set` is an initialized signal set, and the call accepts a null pointer for the old
    // set.
    unsafe { libc::pthread_sigmask(how, &raw const set, ptr::null_mut()) };
}

fn only_sigtstp() -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the call initializes the signal set, which is writable memory.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: the signal set is initialized, and SIGTSTP is a signal's number.
    unsafe { libc::sigaddset(set.as_mut_ptr(), libc::SIGTSTP) };
    // SAFETY: `sigemptyset` has initialized the signal set.
    unsafe { set.assume_init() }
}
