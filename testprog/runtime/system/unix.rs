//! System calls of the runtime on Unix: signals, exit, standard error.
#![expect(unsafe_code, reason = "calls signal and process functions")]

use std::mem::MaybeUninit;
use std::ptr;

#[cfg(target_os = "android")]
use libc::__errno as errno_location;
#[cfg(target_os = "linux")]
use libc::__errno_location as errno_location;

use crate::runtime::mutant::{self, Mutant};

/// Whether the system reports the stack in use, rather than the stack that the thread was created
/// with. POSIX systems report the stack that the thread was created with.
pub(in crate::runtime) const OWN_STACK_FOLLOWS_SWITCHES: bool = false;

/// Guard that keeps all signals, except those in [`SYNCHRONOUS`], blocked on this thread until the
/// guard is dropped.
#[derive(Debug)]
pub(in crate::runtime) struct Blocked {
    before: libc::sigset_t,
}

/// The signals that a thread raises by its own instructions. If an instruction faults while the
/// fault's signal is blocked, the kernel kills the process, even if the signal has a handler. A
/// coroutine library may extend its stacks in a handler of SIGSEGV.
const SYNCHRONOUS: [libc::c_int; 5] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP];

/// Blocks all signals on this thread, except the signals in [`SYNCHRONOUS`].
pub(in crate::runtime) fn block_signals() -> Blocked {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the variable `set` is writable memory for a signal set.
    unsafe { libc::sigfillset(set.as_mut_ptr()) };
    if !mutant::is(Mutant::BlocksFaults) {
        for signal in SYNCHRONOUS {
            // SAFETY: the function `sigfillset` has filled `set`, and `signal` is the number of a
            // signal.
            unsafe { libc::sigdelset(set.as_mut_ptr(), signal) };
        }
    }
    let mut before = MaybeUninit::uninit();
    let how = if mutant::is(Mutant::OpensFaults) { libc::SIG_SETMASK } else { libc::SIG_BLOCK };
    // With `SIG_BLOCK`, a signal in `SYNCHRONOUS` that the caller has blocked stays blocked.
    // SAFETY: the function `sigfillset` has filled `set`, and `before` is writable memory for a
    // signal set. The function `pthread_sigmask` fails only for an invalid first argument.
    unsafe { libc::pthread_sigmask(how, set.as_ptr(), before.as_mut_ptr()) };
    // SAFETY: the function `pthread_sigmask` has filled `before`.
    Blocked { before: unsafe { before.assume_init() } }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        if mutant::is(Mutant::OpensMask) {
            // SAFETY: the variable `before` is writable memory for a signal set.
            unsafe { libc::sigemptyset(&raw mut self.before) };
        }
        // SAFETY: the function `pthread_sigmask` has filled `before`, and a null pointer requests
        // no old set.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut())
        };
    }
}

/// Returns the lowest address to which the main thread's stack may currently grow, and the stack's
/// highest address. Returns `None` if the stack's highest address is unknown.
///
/// `told_hi` is the upper end that the C library reports for the main thread's stack, or 0 if the C
/// library does not report the upper end. The kernel refuses to extend the stack when the stack's
/// size would exceed the current `RLIMIT_STACK` (setrlimit(2)).
///
/// Signals: signal handlers may call this function.
pub(in crate::runtime) fn main_stack_limit(told_hi: usize) -> Option<(usize, usize)> {
    let top = initial_stack_top(told_hi);
    if top == 0 {
        return None;
    }
    let mut limit = MaybeUninit::uninit();
    // SAFETY: the variable `limit` is writable memory for the two values of a resource limit.
    if unsafe { libc::getrlimit(libc::RLIMIT_STACK, limit.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: the function `getrlimit` has succeeded and therefore filled `limit`.
    let limit: libc::rlimit = unsafe { limit.assume_init() };
    let size = usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX);
    Some((top.saturating_sub(size), top))
}

/// Returns the highest address of the main thread's stack.
///
/// The kernel measures the stack's size from the end of the stack's memory, but C libraries report
/// an upper end below the program's arguments. The program's file name is the last text in the
/// stack's memory, and the kernel passes the address of the file name as `AT_EXECFN`
/// (getauxval(3)).
#[cfg(any(target_os = "linux", target_os = "android"))]
fn initial_stack_top(told_hi: usize) -> usize {
    /// Largest distance in bytes that the runtime accepts between the reported upper end and the
    /// file name. Linux limits the size of arguments and environment to 6 MiB (execve(2)).
    const FARTHEST: usize = 8 << 20;
    const PAGE: usize = 4 << 10;
    // SAFETY: the function `getauxval` takes only an integer.
    let name = unsafe { libc::getauxval(libc::AT_EXECFN) };
    let name = usize::try_from(name).unwrap_or(0);
    if name == 0 || told_hi != 0 && name.wrapping_sub(told_hi).wrapping_add(PAGE) > FARTHEST {
        return told_hi;
    }
    // SAFETY: the kernel has stored the program's file name as a string at this address, and the
    // memory stays mapped as long as the process runs.
    let length = unsafe { libc::strlen(ptr::without_provenance(name)) };
    (name + length).next_multiple_of(PAGE)
}

/// Returns the highest address of the main thread's stack, as the C library reports it.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn initial_stack_top(told_hi: usize) -> usize {
    told_hi
}

/// Returns the operating system's ID of this thread, for messages.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::runtime) fn thread_id() -> u64 {
    // SAFETY: the function `gettid` takes no arguments and cannot fail.
    unsafe { libc::gettid() }.unsigned_abs().into()
}

/// Returns the operating system's ID of this thread, for messages.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(in crate::runtime) fn thread_id() -> u64 {
    // SAFETY: the function `pthread_self` takes no arguments and cannot fail.
    unsafe { libc::pthread_self() as u64 }
}

/// Returns whether a thread of this process with the system's ID `id` exists. The system may give
/// the ID of a thread that has ended to a new thread. This function leaves `errno` unchanged,
/// because a callback must not change the caller's `errno`.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::runtime) fn thread_exists(id: usize) -> bool {
    let Ok(id) = libc::pid_t::try_from(id) else { return true };
    // SAFETY: the function `getpid` takes no arguments and cannot fail.
    let process = unsafe { libc::getpid() };
    // SAFETY: the function takes no arguments, and returns the address of this thread's `errno`.
    let errno = unsafe { errno_location() };
    // SAFETY: the variable `errno` of this thread exists as long as the thread.
    let before = unsafe { errno.read() };
    // With the signal 0, the system call `tgkill` only checks whether the thread exists
    // (tgkill(2)). SAFETY: the system call `tgkill` takes three integers and accesses no memory of
    // this process.
    let result = unsafe { libc::syscall(libc::SYS_tgkill, process, id, 0) };
    // SAFETY: the variable `errno` of this thread exists as long as the thread.
    let error = unsafe { errno.replace(before) };
    result == 0 || error != libc::ESRCH
}

/// Returns true, because no known function of this system reports whether a thread exists.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(in crate::runtime) fn thread_exists(_id: usize) -> bool {
    true
}

/// Maps zeroed memory for a value, and never unmaps the memory. Returns `None` if the system has no
/// memory left.
///
/// Signals: signal handlers may call this function, because it takes no lock of the allocator.
pub(in crate::runtime) fn map_zeros<T>() -> Option<ptr::NonNull<T>> {
    const { assert!(align_of::<T>() <= 4096, "mmap aligns to a page") };
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: without `MAP_FIXED`, the new mapping replaces no memory.
    let memory = unsafe { libc::mmap(ptr::null_mut(), size_of::<T>(), protection, flags, -1, 0) };
    if memory == libc::MAP_FAILED { None } else { ptr::NonNull::new(memory.cast()) }
}

/// Writes a text to standard error with one system call, and ignores a failure.
pub(in crate::runtime) fn write_to_stderr(text: &[u8]) {
    // SAFETY: the pointer and the length are those of `text`.
    let _ = unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

/// Exits the process at once, without `atexit` handlers and destructors.
pub(in crate::runtime) fn exit(status: i32) -> ! {
    // SAFETY: the function `_exit` takes only an integer and does not return.
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

/// Disables this thread's alternate signal stack, for the mutant `takes-altstack`.
pub(in crate::runtime) fn take_altstack() {
    let off = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
    // SAFETY: the variable `off` describes no memory, and a null pointer requests no old stack.
    unsafe { libc::sigaltstack(&raw const off, ptr::null_mut()) };
}

/// Sets the flag `SA_ONSTACK` of the handler of SIGUSR1, for the mutant `adds-onstack`.
pub(in crate::runtime) fn add_onstack() {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the variable `action` is writable memory for the old action, and a null pointer
    // requests no change.
    unsafe { libc::sigaction(libc::SIGUSR1, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all bytes of `action` are initialized, and zeros are a valid action.
    let mut action = unsafe { action.assume_init() };
    action.sa_flags |= libc::SA_ONSTACK;
    // SAFETY: the variable `action` is the current action with one more flag, so the handler stays
    // as safe as the host program has made the handler.
    unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, ptr::null_mut()) };
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
