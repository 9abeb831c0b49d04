//! Wraps the system calls that a supervisor makes.
//!
//! A supervisor process executes only code of this library and owns every descriptor in its
//! process. The functions of this module must not allocate, lock or panic; `serve.rs` explains why.
#![expect(unsafe_code, reason = "each function is one system call")]

use std::ffi::{CStr, c_int};
use std::mem::{self, MaybeUninit};
use std::{io, ptr};

use super::messages::{self, Reply};

/// Waits until the child `pid` ends, and returns a reply with the child's status and usage, or with
/// the error of wait4(2). If `flags` contains `WNOHANG`, returns `None` if the child is still
/// running.
pub(super) fn wait_for(pid: libc::pid_t, flags: c_int) -> Option<Reply> {
    let mut ended = empty_reply();
    loop {
        let (status, usage) = (&raw mut ended.status, &raw mut ended.usage);
        // SAFETY: both pointers point to writable memory of the types that `wait4` fills.
        match unsafe { libc::wait4(pid, status, flags, usage) } {
            -1 if errno() == libc::EINTR => {}
            -1 => {
                let (failed_step, error) = (messages::STEP_WAIT, errno());
                return Some(Reply { failed_step, error, ..empty_reply() });
            }
            0 => return None,
            _ => return Some(ended),
        }
    }
}

/// Maximum number of children to reap in one call. Without a maximum, a process that keeps starting
/// processes could prolong the call forever.
const MOST_REAPED: usize = 1 << 12;

/// Reaps children that have ended. Returns true if this process has no child left.
pub(super) fn reap_all() -> bool {
    for _ in 0..MOST_REAPED {
        // SAFETY: `waitpid` accepts a null pointer instead of a pointer to a status.
        match unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG) } {
            0 => return false,
            -1 if errno() == libc::EINTR => {}
            -1 => return true,
            _ => {}
        }
    }
    false
}

/// Reaps children that have ended, except `pid`, so that adopted orphans do not accumulate as
/// zombies. Returns true if `pid` has ended.
pub(super) fn reap_all_but(pid: libc::pid_t) -> bool {
    for _ in 0..MOST_REAPED {
        // SAFETY: zeros are a valid `siginfo_t`, which is a C struct of integers.
        let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: `info` is writable memory of the type that `waitid` fills.
        unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, flags) };
        // SAFETY: `waitid` has filled `info`, or has left `info` zeroed.
        let ended = unsafe { info.si_pid() };
        if ended == 0 || ended == pid {
            return ended != 0;
        }
        // SAFETY: `waitpid` accepts a null pointer instead of a pointer to a status.
        unsafe { libc::waitpid(ended, ptr::null_mut(), libc::WNOHANG) };
    }
    false
}

/// Returns the process ID of a child that has ended or stopped, with its `si_code` and `si_status`
/// (waitid(2)). Reaps the child if the child has ended. Returns `None` if no child has ended or
/// stopped.
///
/// # Errors
///
/// Returns the `errno` value of waitid(2), which is ECHILD if this process has no child.
pub(super) fn next_change() -> Result<Option<(libc::pid_t, c_int, c_int)>, c_int> {
    // SAFETY: zeros are a valid `siginfo_t`, which is a C struct of integers.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    let flags = libc::WEXITED | libc::WSTOPPED | libc::WNOHANG;
    // SAFETY: `info` is writable memory of the type that `waitid` fills.
    while unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, flags) } == -1 {
        if errno() != libc::EINTR {
            return Err(errno());
        }
    }
    // SAFETY: `waitid` has filled `info`, or has left `info` zeroed.
    let pid = unsafe { info.si_pid() };
    // SAFETY: `waitid` has filled `info`, or has left `info` zeroed.
    let status = unsafe { info.si_status() };
    Ok((pid != 0).then_some((pid, info.si_code, status)))
}

/// Sends SIGCONT to the child `pid` if the child has stopped.
pub(super) fn continue_stopped(pid: libc::pid_t) {
    // SAFETY: zeros are a valid `siginfo_t`, which is a C struct of integers.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    let flags = libc::WSTOPPED | libc::WNOHANG;
    // SAFETY: `info` is writable memory of the type that `waitid` fills.
    let waited = unsafe { libc::waitid(libc::P_PID, pid.unsigned_abs(), &raw mut info, flags) };
    // SAFETY: `waitid` has filled `info`, or has left `info` zeroed.
    if waited != -1 && unsafe { info.si_pid() } == pid {
        kill(pid, libc::SIGCONT);
    }
}

/// Sends a signal to the process `pid`, or to the process group `-pid` if `pid` is negative.
/// Returns 0, or the `errno` value if kill(2) failed.
pub(super) fn kill(pid: libc::pid_t, signal: c_int) -> c_int {
    // SAFETY: `kill` takes only integers. `pid` names a child that is not reaped yet, or the
    // process group of such a child, so the kernel has not reused the ID.
    if unsafe { libc::kill(pid, signal) } == -1 { errno() } else { 0 }
}

pub(super) fn close(descriptor: c_int) {
    // SAFETY: the supervisor owns every descriptor of its process.
    unsafe { libc::close(descriptor) };
}

/// Blocks all signals for this thread. Returns the previous set of blocked signals.
pub(super) fn block_all_signals() -> libc::sigset_t {
    let mut all = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the call initializes the signal set, which is writable memory.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: `all` is an initialized signal set, and `before` is writable memory for a signal set.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    // SAFETY: `before` was zeroed, and zeros are a valid `sigset_t`, which consists of integers.
    unsafe { before.assume_init() }
}

/// Sets the signals that are blocked for this thread to `blocked`.
pub(super) fn set_signals(blocked: &libc::sigset_t) {
    // SAFETY: the signal set is initialized, and the call accepts a null pointer for the old set.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, blocked, ptr::null_mut()) };
}

pub(super) fn unblock_all_signals() {
    let mut none = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the call initializes the signal set, which is writable memory.
    unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: the signal set is initialized, and the call accepts a null pointer for the old set.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut()) };
}

/// Resets every signal to its default action, so that a child does not inherit signals that the
/// runner ignores.
pub(super) fn default_all_signals() {
    const LAST: c_int = 64;
    for signal in 1..=LAST {
        // SAFETY: `SIG_DFL` installs no handler. For signals whose action cannot be changed,
        // `signal` fails without effect.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

pub(super) fn errno() -> c_int {
    // A supervisor may call `last_os_error`, because the function reads the thread's `errno`
    // without an allocation.
    io::Error::last_os_error().raw_os_error().unwrap_or_default()
}

pub(super) fn exit(status: c_int) -> ! {
    // SAFETY: `_exit` takes only an integer and does not return.
    unsafe { libc::_exit(status) }
}

/// Opens a file with close-on-exec set. Returns a negative number on failure.
pub(super) fn open(path: &CStr, flags: c_int) -> c_int {
    loop {
        // SAFETY: `path` is a C string, which ends with a zero byte.
        let opened = unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC) };
        if opened >= 0 || errno() != libc::EINTR {
            return opened;
        }
    }
}

/// Duplicates a descriptor to the number `to`. Programs that this process executes inherit the
/// duplicate. Returns true on success.
pub(super) fn duplicate(descriptor: c_int, to: c_int) -> bool {
    loop {
        // SAFETY: `dup2` takes only integers.
        if unsafe { libc::dup2(descriptor, to) } != -1 {
            return true;
        }
        if errno() != libc::EINTR {
            return false;
        }
    }
}

/// Sets close-on-exec for a descriptor.
pub(super) fn close_on_exec(descriptor: c_int) {
    // SAFETY: `fcntl` takes only integers.
    unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
}

/// Moves this process out of the runner's process group and detaches it from the terminal.
///
/// The function creates a new session only if the process cannot give up its terminal, because
/// Linux divides processor time between sessions (autogroups, sched(7)). If the runner and a
/// supervisor had different sessions, each message between them would be delayed on a busy
/// computer.
pub(super) fn leave_group_and_terminal() {
    if leaves_terminal() {
        own_group();
    } else {
        // SAFETY: `setsid` takes no arguments.
        unsafe { libc::setsid() };
    }
}

#[cfg(not(target_os = "android"))]
use libc::TIOCNOTTY;
/// Number of the request `TIOCNOTTY`, from asm-generic/ioctls.h, which every architecture of
/// Android uses. The libc crate does not define `TIOCNOTTY` for Android.
#[cfg(target_os = "android")]
const TIOCNOTTY: c_int = 0x5422;

/// Gives up the controlling terminal. Returns true if this process no longer has a controlling
/// terminal.
fn leaves_terminal() -> bool {
    let terminal = open(c"/dev/tty", libc::O_RDWR | libc::O_NOCTTY);
    if terminal == -1 {
        return errno() == libc::ENXIO;
    }
    // SAFETY: the request `TIOCNOTTY` takes no argument.
    let left = unsafe { libc::ioctl(terminal, TIOCNOTTY) } == 0;
    close(terminal);
    left
}

/// Makes this process the leader of a new process group.
pub(super) fn own_group() {
    // SAFETY: `setpgid` takes only integers.
    unsafe { libc::setpgid(0, 0) };
}

/// Makes this process a child subreaper, so that orphaned descendants become its children. Returns
/// 0, or the `errno` value if prctl(2) failed.
pub(super) fn adopt_orphans() -> c_int {
    // SAFETY: `prctl` takes only integers.
    if unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) } == -1 { errno() } else { 0 }
}

/// Keeps other processes of the same user from tracing this process, from copying its descriptors,
/// and from reading its memory and its environment in `/proc` (`PR_SET_DUMPABLE`). A process with
/// `CAP_SYS_PTRACE`, such as a process of root, can still trace this process and read its memory.
pub(super) fn close_to_others() {
    // SAFETY: `prctl` takes only integers.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) };
}

/// Returns a close-on-exec descriptor that becomes readable when the process `pid` ends
/// (`pidfd_open(2)`). Returns a negative number on failure, for example on Linux before 5.3, which
/// has no process descriptors.
pub(super) fn open_process(pid: libc::pid_t) -> c_int {
    // SAFETY: the system call `pidfd_open` takes only integers. The system call is made by its
    // number, because older C libraries have no wrapper for `pidfd_open`.
    let opened = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    c_int::try_from(opened).unwrap_or(-1)
}

/// Requests SIGKILL for this process when its parent dies (`PR_SET_PDEATHSIG`).
pub(super) fn die_with_parent() {
    // SAFETY: `prctl` takes only integers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Lets any process of the same user ptrace this process, even under Yama's restricted mode.
pub(super) fn open_to_debuggers() {
    const ANY: libc::c_ulong = libc::c_ulong::MAX; // PR_SET_PTRACER_ANY
    // SAFETY: `prctl` takes only integers. On a kernel without Yama the call fails without effect,
    // which is harmless because only Yama restricts the debuggers of the same user.
    unsafe { libc::prctl(libc::PR_SET_PTRACER, ANY) };
}

/// Sets the name of this process, which ps(1) shows. Linux truncates the name to 15 bytes.
pub(super) fn name(name: &CStr) {
    // SAFETY: `name` is a C string, which ends with a zero byte.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// Sets the umask to 022, so that children do not inherit the runner's umask.
pub(super) fn settle() {
    // SAFETY: `umask` takes only an integer.
    unsafe { libc::umask(0o022) };
}

/// Returns a descriptor that becomes readable when a child ends. Returns a negative number on
/// failure.
pub(super) fn watch_children() -> c_int {
    let mut wanted = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: the call initializes the signal set, which is writable memory.
    unsafe { libc::sigemptyset(wanted.as_mut_ptr()) };
    // SAFETY: `wanted` is an initialized signal set.
    unsafe { libc::sigaddset(wanted.as_mut_ptr(), libc::SIGCHLD) };
    // SAFETY: `wanted` is an initialized signal set.
    unsafe { libc::signalfd(-1, wanted.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) }
}

/// Waits until a descriptor is readable or `timeout` milliseconds have passed (-1: no timeout).
/// Returns true for each descriptor that is readable.
pub(super) fn wait<const N: usize>(descriptors: [c_int; N], timeout: c_int) -> [bool; N] {
    let mut polled = descriptors.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    // SAFETY: `polled` is an array of N valid `pollfd`s.
    let waited = unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, timeout) };
    if waited == -1 && errno() != libc::EINTR {
        return select(descriptors, timeout);
    }
    polled.map(|fd| fd.revents != 0)
}

/// Waits like [`wait`], but with select(2), which needs no memory for few descriptors. The function
/// poll(2) fails if the kernel has no memory, and for more descriptors than the limit on open
/// files. A child can lower the limit on open files of its supervisor (prlimit(2)).
fn select<const N: usize>(descriptors: [c_int; N], timeout: c_int) -> [bool; N] {
    // SAFETY: zeros are a valid, empty set of descriptors.
    let mut set: libc::fd_set = unsafe { mem::zeroed() };
    let is_valid = |fd: &c_int| (0..16).contains(fd);
    for fd in descriptors.iter().copied().filter(is_valid) {
        // SAFETY: the set is initialized and has room for 1,024 descriptors (`FD_SETSIZE`).
        unsafe { libc::FD_SET(fd, &raw mut set) };
    }
    let mut time =
        libc::timeval { tv_sec: (timeout / 1000).into(), tv_usec: (timeout % 1000 * 1000).into() };
    let time = if timeout < 0 { ptr::null_mut() } else { &raw mut time };
    let none = ptr::null_mut();
    // SAFETY: the set and the time are writable, and select(2) accepts null pointers for the other
    // sets.
    let ready = unsafe { libc::select(16, &raw mut set, none, none, time) };
    descriptors.map(|fd| {
        // SAFETY: the set is initialized and has room for the descriptor.
        ready > 0 && is_valid(&fd) && unsafe { libc::FD_ISSET(fd, &raw const set) }
    })
}

/// Reads and discards one event from a descriptor that [`watch_children`] returned.
pub(super) fn discard_event(descriptor: c_int) {
    let mut info = MaybeUninit::<libc::signalfd_siginfo>::uninit();
    // SAFETY: `info` is writable memory for one event.
    unsafe { libc::read(descriptor, info.as_mut_ptr().cast(), size_of_val(&info)) };
}

/// Reads from a descriptor until `room` is full. Returns false at the end of the data and on an
/// error.
pub(super) fn read(descriptor: c_int, mut room: &mut [u8]) -> bool {
    while !room.is_empty() {
        let (to, length) = (room.as_mut_ptr().cast(), room.len());
        // SAFETY: the pointer and the length describe a slice.
        match unsafe { libc::read(descriptor, to, length) } {
            -1 if errno() == libc::EINTR => {}
            read @ 1.. => room = room.get_mut(read.unsigned_abs()..).unwrap_or_default(),
            _ => return false,
        }
    }
    true
}

/// Sends all of `bytes`. Returns false if send(2) fails.
#[must_use]
pub(super) fn send(socket: c_int, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let (from, length) = (bytes.as_ptr().cast(), bytes.len());
        // SAFETY: the pointer and the length describe a slice.
        match unsafe { libc::send(socket, from, length, libc::MSG_NOSIGNAL) } {
            -1 if errno() == libc::EINTR => {}
            -1 => return false,
            sent => bytes = bytes.get(sent.unsigned_abs()..).unwrap_or_default(),
        }
    }
    true
}

/// Sends a packet with write(2), for a process in which sendto(2) has failed. The error is ignored,
/// because the process has no other way to report anything.
pub(super) fn send_last(socket: c_int, bytes: &[u8]) {
    // SAFETY: the pointer and the length describe a slice.
    unsafe { libc::write(socket, bytes.as_ptr().cast(), bytes.len()) };
}

/// Returns the ID of the parent process, or -1 on failure. The system call is made by its number,
/// because `getppid` of glibc and musl does not set `errno`.
pub(super) fn parent() -> libc::pid_t {
    // SAFETY: the system call `getppid` takes no arguments.
    let parent = unsafe { libc::syscall(libc::SYS_getppid) };
    libc::pid_t::try_from(parent).unwrap_or(-1)
}

pub(super) fn this_process() -> libc::pid_t {
    // SAFETY: `getpid` takes no arguments.
    unsafe { libc::getpid() }
}

/// Returns a reply whose fields are all zero.
pub(super) fn empty_reply() -> Reply {
    // SAFETY: zeros are a valid `Reply`, which consists of integers and structs of integers.
    unsafe { mem::zeroed() }
}
