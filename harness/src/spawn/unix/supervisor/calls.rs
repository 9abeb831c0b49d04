//! The system calls of a supervisor, each for what it does there.
//!
//! It is the only thing in its process, owns every descriptor of it, and may not allocate, lock or panic; see `serve.rs`.
#![expect(unsafe_code, reason = "each function is one system call")]

use std::ffi::{CStr, c_int};
use std::mem::{self, MaybeUninit};
use std::{io, ptr};

use super::messages::Reply;

/// Waits for the end of one child; `None` where it has not ended and `WNOHANG` is among the flags.
pub(super) fn wait_for(pid: libc::pid_t, flags: c_int) -> Option<Reply> {
    let mut ended = empty_reply();
    loop {
        let (status, usage) = (&raw mut ended.status, &raw mut ended.usage);
        // SAFETY: both pointers lead to writable memory of the sizes that `wait4` fills.
        match unsafe { libc::wait4(pid, status, flags, usage) } {
            -1 if errno() == libc::EINTR => {}
            0 => return None,
            _ => return Some(ended),
        }
    }
}

/// Waits for every child that has ended. Returns whether there is no child any more.
pub(super) fn reap_all() -> bool {
    loop {
        // SAFETY: the status is not asked for.
        match unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG) } {
            0 => return false,
            -1 if errno() == libc::EINTR => {}
            -1 => return true,
            _ => {}
        }
    }
}

/// Waits for every child that has ended up to the first that is `pid`, so that those that others left behind do not pile up.
/// Returns whether `pid` has ended.
pub(super) fn reap_all_but(pid: libc::pid_t) -> bool {
    loop {
        // SAFETY: a struct of integers, for which zeros are a valid value.
        let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: `info` is writable memory of the size that `waitid` fills.
        unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, flags) };
        // SAFETY: `waitid` has filled it, or left zeros.
        let ended = unsafe { info.si_pid() };
        if ended == 0 || ended == pid {
            return ended != 0;
        }
        // SAFETY: the status is not asked for.
        unsafe { libc::waitpid(ended, ptr::null_mut(), libc::WNOHANG) };
    }
}

pub(super) fn kill(pid: libc::pid_t, signal: c_int) {
    // SAFETY: it takes integers; the process, or the group, is that of a child that is not waited for.
    unsafe { libc::kill(pid, signal) };
}

pub(super) fn close(descriptor: c_int) {
    // SAFETY: the supervisor owns every descriptor of its process.
    unsafe { libc::close(descriptor) };
}

/// Closes all descriptors from `first` on.
pub(super) fn close_from(first: c_int) {
    const TO_THE_LAST: libc::c_uint = libc::c_uint::MAX;
    // SAFETY: it takes integers, and the supervisor owns every descriptor of its process. Called by number: musl has no
    // function for it, and glibc none before 2.34.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, TO_THE_LAST, 0) };
    if closed == -1 {
        // Before Linux 5.9.
        // SAFETY: it takes an integer.
        let limit = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
        (first..c_int::try_from(limit).unwrap_or(1 << 20)).for_each(close);
    }
}

pub(super) fn block_all_signals() {
    let mut all = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: it fills the set.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: the set was filled, and the old one is not asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), ptr::null_mut()) };
}

pub(super) fn unblock_all_signals() {
    let mut none = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: it fills the set.
    unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: the set was filled, and the old one is not asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut()) };
}

/// Takes away what the runner does with signals, so that no child inherits that it ignores one.
pub(super) fn default_all_signals() {
    const LAST: c_int = 64;
    for signal in 1..=LAST {
        // SAFETY: the default needs no handler. For the few numbers that cannot be set, nothing changes.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

pub(super) fn errno() -> c_int {
    // `last_os_error` reads a variable of the thread and allocates nothing.
    io::Error::last_os_error().raw_os_error().unwrap_or_default()
}

pub(super) fn exit(status: c_int) -> ! {
    // SAFETY: it takes an integer and does not return.
    unsafe { libc::_exit(status) }
}

/// Opens a file so that no program inherits the descriptor; negative where it cannot.
pub(super) fn open(path: &CStr, flags: c_int) -> c_int {
    // SAFETY: the path ends with a zero byte.
    unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC) }
}

/// Makes `to` a copy of a descriptor, which programs inherit.
pub(super) fn duplicate(descriptor: c_int, to: c_int) {
    // SAFETY: it takes integers.
    unsafe { libc::dup2(descriptor, to) };
}

/// Has no program inherit a descriptor.
pub(super) fn close_on_exec(descriptor: c_int) {
    // SAFETY: it takes integers.
    unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
}

/// Takes this process out of the runner's group and from its terminal.
///
/// Not to a session of its own, if that can be: Linux schedules sessions against each other (autogroups, sched(7)), and on a
/// busy machine each word between two of them would wait for its turn.
pub(super) fn leave_group_and_terminal() {
    if leaves_terminal() {
        own_group();
    } else {
        // SAFETY: it takes nothing.
        unsafe { libc::setsid() };
    }
}

#[cfg(not(target_os = "android"))]
use libc::TIOCNOTTY;
/// From asm-generic/ioctls.h, which all processors of Android have; the crate libc does not.
#[cfg(target_os = "android")]
const TIOCNOTTY: c_int = 0x5422;

/// Gives the controlling terminal up. Returns whether there is none now.
fn leaves_terminal() -> bool {
    let terminal = open(c"/dev/tty", libc::O_RDWR | libc::O_NOCTTY);
    if terminal == -1 {
        return errno() == libc::ENXIO;
    }
    // SAFETY: the request takes no argument.
    let left = unsafe { libc::ioctl(terminal, TIOCNOTTY) } == 0;
    close(terminal);
    left
}

/// Moves this process to a group of its own.
pub(super) fn own_group() {
    // SAFETY: it takes integers.
    unsafe { libc::setpgid(0, 0) };
}

/// Has orphans become children of this process.
pub(super) fn adopt_orphans() {
    // SAFETY: it takes integers.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
}

/// Has this process killed when its parent ends.
pub(super) fn die_with_parent() {
    // SAFETY: it takes integers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Has any process of the same user be able to trace this one, where the kernel would let only an ancestor (Yama).
pub(super) fn open_to_debuggers() {
    const ANY: libc::c_ulong = libc::c_ulong::MAX; // PR_SET_PTRACER_ANY
    // SAFETY: it takes integers. Without Yama it fails, and nothing is lost.
    unsafe { libc::prctl(libc::PR_SET_PTRACER, ANY) };
}

/// Names this process for ps(1).
pub(super) fn name(name: &CStr) {
    // SAFETY: the name ends with a zero byte.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

/// Settles what a child inherits whatever the runner had: the mask for new files.
pub(super) fn settle() {
    // SAFETY: it takes an integer.
    unsafe { libc::umask(0o022) };
}

/// Returns a descriptor that is readable when a child has ended; negative where there is none.
pub(super) fn watch_children() -> c_int {
    let mut wanted = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: it fills the set.
    unsafe { libc::sigemptyset(wanted.as_mut_ptr()) };
    // SAFETY: the set was filled.
    unsafe { libc::sigaddset(wanted.as_mut_ptr(), libc::SIGCHLD) };
    // SAFETY: the set was filled.
    unsafe { libc::signalfd(-1, wanted.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) }
}

/// Sleeps until one of the descriptors is ready, or for so many milliseconds (-1: for ever); says which of them are.
pub(super) fn wait<const N: usize>(descriptors: [c_int; N], timeout: c_int) -> [bool; N] {
    let mut polled = descriptors.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    // SAFETY: `polled` is an array of N valid `pollfd`s.
    unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, timeout) };
    polled.map(|fd| fd.revents != 0)
}

/// Takes the news from a descriptor of [`watch_children`]; what it says does not matter.
pub(super) fn take_news(descriptor: c_int) {
    let mut info = MaybeUninit::<libc::signalfd_siginfo>::uninit();
    // SAFETY: there is room for one.
    unsafe { libc::read(descriptor, info.as_mut_ptr().cast(), size_of_val(&info)) };
}

/// Reads all that there is room for. Returns whether it could.
pub(super) fn read(descriptor: c_int, mut room: &mut [u8]) -> bool {
    while !room.is_empty() {
        let (to, length) = (room.as_mut_ptr().cast(), room.len());
        // SAFETY: the pointer and the length are those of a slice.
        match unsafe { libc::read(descriptor, to, length) } {
            -1 if errno() == libc::EINTR => {}
            read @ 1.. => room = room.get_mut(read.unsigned_abs()..).unwrap_or_default(),
            _ => return false,
        }
    }
    true
}

/// Sends all of it. That the other end is closed will show when it is read from.
pub(super) fn send(socket: c_int, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let (from, length) = (bytes.as_ptr().cast(), bytes.len());
        // SAFETY: the pointer and the length are those of a slice.
        match unsafe { libc::send(socket, from, length, libc::MSG_NOSIGNAL) } {
            -1 if errno() == libc::EINTR => {}
            -1 => return,
            sent => bytes = bytes.get(sent.unsigned_abs()..).unwrap_or_default(),
        }
    }
}

pub(super) fn parent() -> libc::pid_t {
    // SAFETY: it takes nothing.
    unsafe { libc::getppid() }
}

pub(super) fn this_process() -> libc::pid_t {
    // SAFETY: it takes nothing.
    unsafe { libc::getpid() }
}

/// Returns the answer about a child that there is not.
pub(super) fn empty_reply() -> Reply {
    // SAFETY: integers and structs of integers, for which zeros are a valid value.
    unsafe { mem::zeroed() }
}
