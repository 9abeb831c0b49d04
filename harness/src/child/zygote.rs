//! Runs a *zygote*: a process that forks itself for each scenario, so the program is started only
//! once.
//!
//! The zygote waits at the beginning of `main` with one thread. The zygote receives a name and two
//! descriptors from the runner, forks, waits for the fork, and reports how the fork ended. The
//! zygote does not allocate between forks, so every fork begins with the same memory.
#![expect(unsafe_code, reason = "calls fork, wait4 and what a fork needs before a scenario")]

use std::ffi::c_int;
use std::fmt::Arguments;
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::time::Duration;
use std::{fs, io, ptr};

use crate::packet;
use crate::protocol::{self, ForkExit, NAME_LIMIT, ZYGOTE_SOCKET_FD};

/// Serves the runner until the runner is gone. Returns only in forks, with the name of the scenario
/// to run; the zygote itself exits in this function.
///
/// # Errors
///
/// Returns one line for a person if this process cannot be a zygote.
pub(super) fn serve(emulator: Option<&str>) -> Result<String, String> {
    let fail = |cause: &str| Err(format!("failed to serve `{}`: {cause}", protocol::ZYGOTE_FLAG));
    // A fork has only one thread, and locks that other threads held at the fork stay locked. Under
    // an emulator more threads are accepted, because the emulator's own are counted too.
    let threads = fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 && emulator.is_none() {
        return fail(&format!("there are {threads} threads before `main` begins"));
    }
    let dumpable = close_to_others();
    if !send(protocol::VERSION_LINE.as_bytes()) {
        return fail(&format!("descriptor {ZYGOTE_SOCKET_FD} is not a socket to a runner"));
    }
    let mut name = [0; NAME_LIMIT];
    loop {
        let Some((length, [stdout, stderr, _])) =
            packet::receive(ZYGOTE_SOCKET_FD, [&mut name, &mut []])
        else {
            exit(0);
        };
        // SAFETY: `getpid` takes no arguments.
        let zygote = unsafe { libc::getpid() };
        // SAFETY: this process has only one thread, so its fork lacks none.
        match unsafe { libc::fork() } {
            0 => {
                settle([stdout, stderr], zygote, dumpable);
                return Ok(String::from_utf8_lossy(&name[..length]).into_owned());
            }
            -1 => tell(format_args!("failed {}", io::Error::last_os_error())),
            pid => {
                close(stdout);
                close(stderr);
                let ended = wait_for(pid);
                tell(format_args!("{ended}"));
                if ended.is_last {
                    exit(0);
                }
            }
        }
    }
}

/// Gives a fork what a newly started child has: a process group, a parent whose death kills it, and
/// its output streams. A fork inherits everything else from its zygote.
fn settle(streams: [c_int; 2], zygote: libc::pid_t, dumpable: c_int) {
    // A debugger may look at the fork, and the fork may leave a core file.
    // SAFETY: `prctl` takes only integers here.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, dumpable) };
    // SAFETY: `setpgid` takes only integers.
    unsafe { libc::setpgid(0, 0) };
    // Without its zygote, nothing would reap the fork. If the zygote died before this call, no
    // signal arrives, so compare the parent's ID afterwards.
    // SAFETY: `prctl` takes only integers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: `getppid` takes no arguments.
    if unsafe { libc::getppid() } != zygote {
        exit(127);
    }
    for (stream, standard) in streams.into_iter().zip([libc::STDOUT_FILENO, libc::STDERR_FILENO]) {
        // SAFETY: `dup2` takes only integers.
        unsafe { libc::dup2(stream, standard) };
        close(stream);
    }
    close(ZYGOTE_SOCKET_FD);
}

/// Keeps forks of the same user from writing to this process's memory (`/proc/PID/mem`), which later
/// forks would inherit, and from copying its socket (`pidfd_getfd(2)`). Returns the value of
/// `PR_SET_DUMPABLE` from before.
fn close_to_others() -> c_int {
    // SAFETY: `prctl` takes only an integer here.
    let before = unsafe { libc::prctl(libc::PR_GET_DUMPABLE) };
    // SAFETY: `prctl` takes only integers here.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) };
    before
}

fn wait_for(pid: libc::pid_t) -> ForkExit {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers lead to writable memory of the sizes that `wait4` fills.
        let waited = unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) };
        if waited != -1 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            break;
        }
    }
    // SAFETY: `rusage` is a C struct of integers that was zeroed, and zeros are a valid value.
    let usage = unsafe { usage.assume_init() };
    let time = |time: libc::timeval| {
        let seconds = Duration::from_secs(time.tv_sec.try_into().unwrap_or_default());
        seconds + Duration::from_micros(time.tv_usec.try_into().unwrap_or_default())
    };
    ForkExit {
        status,
        user: time(usage.ru_utime),
        system: time(usage.ru_stime),
        max_rss_kib: usage.ru_maxrss.try_into().unwrap_or_default(),
        is_last: !is_alone(),
    }
}

/// Returns true if this process has no child. A fork can give the zygote a child with
/// `CLONE_PARENT`, which nothing here would kill. The zygote then exits, and the child becomes the
/// supervisor's.
fn is_alone() -> bool {
    // SAFETY: `waitpid` accepts a null pointer in place of the address of a status.
    unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG) == -1 }
}

/// Sends a message to the runner. If the runner is gone, this process exits.
fn tell(message: Arguments<'_>) {
    const LONGEST: usize = 256;
    let mut room = [0; LONGEST];
    let mut rest = &mut room[..];
    // A message that does not fit is cut, so the error is ignored.
    let _ = rest.write_fmt(message);
    let length = LONGEST - rest.len();
    if !send(&room[..length]) {
        exit(0);
    }
}

fn send(message: &[u8]) -> bool {
    // SAFETY: the pointer and the length are those of a slice.
    let sent = unsafe {
        libc::send(ZYGOTE_SOCKET_FD, message.as_ptr().cast(), message.len(), libc::MSG_NOSIGNAL)
    };
    usize::try_from(sent) == Ok(message.len())
}

fn close(descriptor: c_int) {
    // SAFETY: the descriptor came in a message or is the zygote's socket, and nothing else uses it.
    unsafe { libc::close(descriptor) };
}

/// Exits without running exit handlers, which belong to the scenarios.
fn exit(status: c_int) -> ! {
    // SAFETY: `_exit` takes only an integer and does not return.
    unsafe { libc::_exit(status) }
}
