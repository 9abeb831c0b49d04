//! Runs a *zygote*: a process that forks itself for each scenario, so the program is started only
//! once.
//!
//! The zygote waits for requests at the beginning of `main`, with only one thread. For each
//! request, the zygote receives a scenario's name and two descriptors from the runner, forks, waits
//! for the fork, and reports how the fork ended. The zygote does not allocate between forks, so
//! every fork begins with the same memory.
#![expect(unsafe_code, reason = "calls fork, wait4 and the system calls that prepare a fork")]

use std::ffi::c_int;
use std::fmt::Arguments;
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;
use std::{fs, io, ptr};

use crate::packet;
use crate::protocol::{self, NAME_LIMIT};
use crate::zygote_messages::{ForkExit, ZYGOTE_SOCKET_FD};

/// Serves the runner's requests until the runner closes its socket. Returns only in forks of the
/// zygote, with the name of the scenario to run. The zygote itself never returns from this
/// function.
///
/// # Errors
///
/// Returns a one-line message if this process cannot be a zygote.
pub(super) fn serve(emulator: Option<&str>) -> Result<String, String> {
    let fail = |cause: &str| Err(format!("failed to serve `{}`: {cause}", protocol::ZYGOTE_FLAG));
    // A zygote must have only one thread, because a fork copies only the calling thread, so a lock
    // that another thread holds would stay locked in the fork. Under an emulator the number of
    // threads includes the emulator's threads, so more than one thread is accepted.
    let threads = fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 && emulator.is_none() {
        return fail(&format!("the process has {threads} threads before `main` begins"));
    }
    let dumpable = close_to_others();
    let refused = match shared() {
        Ok(refused) => refused,
        Err(error) => return fail(&format!("failed to map memory: {error}")),
    };
    if let Err(error) = send(protocol::VERSION_LINE.as_bytes()) {
        return fail(&format!("failed to send on descriptor {ZYGOTE_SOCKET_FD}: {error}"));
    }
    let mut name = [0; NAME_LIMIT];
    loop {
        let Ok(Some((length, [stdout, stderr, _]))) =
            packet::receive(ZYGOTE_SOCKET_FD, [&mut name, &mut []])
        else {
            exit(0);
        };
        // SAFETY: `getpid` takes no arguments.
        let zygote = unsafe { libc::getpid() };
        // SAFETY: this process has only one thread, so no other thread can hold a lock that the
        // fork needs.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            if let Err(error) = settle([stdout, stderr], zygote, dumpable) {
                refused.store(error.raw_os_error().unwrap_or(libc::EIO), Ordering::Relaxed);
                exit(127);
            }
            return Ok(String::from_utf8_lossy(&name[..length]).into_owned());
        }
        let forked = io::Error::last_os_error();
        close(stdout);
        close(stderr);
        if pid == -1 {
            tell(format_args!("failed {forked}"));
            continue;
        }
        match (wait_for(pid), refused.swap(0, Ordering::Relaxed)) {
            (Ok(ended), 0) => {
                tell(format_args!("{ended}"));
                if ended.is_last {
                    exit(0);
                }
            }
            (Ok(_), error) => tell(format_args!("failed {}", io::Error::from_raw_os_error(error))),
            (Err(error), _) => {
                tell(format_args!("failed {error}"));
                exit(0);
            }
        }
    }
}

/// Maps an integer that this process shares with its forks. If `settle` fails in a fork, the fork
/// stores the `errno` value in this integer, because the fork's exit status belongs to the
/// scenario.
fn shared() -> io::Result<&'static AtomicI32> {
    // SAFETY: `mmap` creates a new anonymous mapping and changes no existing mapping.
    let mapped = unsafe {
        libc::mmap(
            ptr::null_mut(),
            size_of::<AtomicI32>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if mapped == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the mapping is a zeroed page, which nothing unmaps, and zeros are a valid integer.
    Ok(unsafe { &*mapped.cast::<AtomicI32>() })
}

/// Sets up what a fork does not inherit from its zygote: a process group, SIGKILL at the death of
/// the zygote, and output streams.
///
/// # Errors
///
/// Returns the error of dup2(2) if the output streams cannot be redirected.
fn settle(streams: [c_int; 2], zygote: libc::pid_t, dumpable: c_int) -> io::Result<()> {
    // `PR_SET_DUMPABLE` lets a debugger trace the fork, and lets the fork write a core file.
    // SAFETY: this `prctl` takes only integers.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, dumpable) };
    // SAFETY: `setpgid` takes only integers.
    unsafe { libc::setpgid(0, 0) };
    // The kernel kills the fork when the zygote dies, because nothing else would reap the fork. If
    // the zygote has died before the call of `prctl`, the kernel sends no signal, so compare the
    // parent's ID afterwards.
    // SAFETY: `prctl` takes only integers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: `getppid` takes no arguments.
    if unsafe { libc::getppid() } != zygote {
        exit(127);
    }
    for (stream, standard) in streams.into_iter().zip([libc::STDOUT_FILENO, libc::STDERR_FILENO]) {
        // SAFETY: `dup2` takes only integers.
        while unsafe { libc::dup2(stream, standard) } == -1 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        close(stream);
    }
    close(ZYGOTE_SOCKET_FD);
    Ok(())
}

/// Makes this zygote not dumpable, so its forks cannot write to the zygote's memory
/// (`/proc/PID/mem`) or copy the zygote's socket (`pidfd_getfd(2)`). A fork's changes to the
/// zygote's memory would affect all later forks. Returns the previous value of `PR_SET_DUMPABLE`.
fn close_to_others() -> c_int {
    // SAFETY: `PR_GET_DUMPABLE` takes no further argument.
    let before = unsafe { libc::prctl(libc::PR_GET_DUMPABLE) };
    // SAFETY: this `prctl` takes only integers.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) };
    before
}

fn wait_for(pid: libc::pid_t) -> io::Result<ForkExit> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers point to writable memory of the types that `wait4` fills.
        let waited = unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) };
        if waited != -1 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    // SAFETY: `usage` was zeroed, and zeros are a valid `rusage`, which is a C struct of integers.
    let usage = unsafe { usage.assume_init() };
    let time = |time: libc::timeval| {
        let seconds = Duration::from_secs(time.tv_sec.try_into().unwrap_or_default());
        seconds + Duration::from_micros(time.tv_usec.try_into().unwrap_or_default())
    };
    Ok(ForkExit {
        status,
        user: time(usage.ru_utime),
        system: time(usage.ru_stime),
        max_rss_kib: usage.ru_maxrss.try_into().unwrap_or_default(),
        is_last: !is_alone(),
    })
}

/// Returns true if this zygote has no child. A fork that calls clone(2) with `CLONE_PARENT` gives
/// the zygote a child that no code of the zygote would kill. If a fork has given the zygote a
/// child, the zygote exits, so the supervisor becomes the child's parent and kills the child.
fn is_alone() -> bool {
    // SAFETY: `waitpid` accepts a null pointer instead of a pointer to a status.
    unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG) == -1 }
}

/// Sends a message to the runner, or exits if the runner has closed its socket.
fn tell(message: Arguments<'_>) {
    const LONGEST: usize = 256;
    let mut room = [0; LONGEST];
    let mut rest = &mut room[..];
    // The error is ignored, because a message that is too long for `room` may be truncated.
    let _ = rest.write_fmt(message);
    let length = LONGEST - rest.len();
    if send(&room[..length]).is_err() {
        exit(0);
    }
}

/// Sends a message to the runner. The zygote's packet socket delivers a message whole or not at all
/// (unix(7)).
fn send(message: &[u8]) -> io::Result<()> {
    let (from, length) = (message.as_ptr().cast(), message.len());
    loop {
        // SAFETY: the pointer and the length describe the slice `message`.
        let sent = unsafe { libc::send(ZYGOTE_SOCKET_FD, from, length, libc::MSG_NOSIGNAL) };
        if sent != -1 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

fn close(descriptor: c_int) {
    // SAFETY: `descriptor` is the zygote's socket or came in a message, and nothing else uses
    // `descriptor`.
    unsafe { libc::close(descriptor) };
}

/// Exits without running exit handlers (atexit(3)), which should run only in a process that runs a
/// scenario.
fn exit(status: c_int) -> ! {
    // SAFETY: `_exit` takes only an integer and does not return.
    unsafe { libc::_exit(status) }
}
