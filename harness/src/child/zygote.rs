//! A zygote: a process that forks itself for each scenario, so that the program is started once and not each time.
//!
//! It waits at the beginning of `main` with one thread, takes a name and two descriptors from the runner, forks, waits for
//! the fork, tells how it ended, and takes the next. It draws on no memory meanwhile, so that every fork begins alike.
#![expect(unsafe_code, reason = "calls fork, wait4 and what a fork needs before a scenario")]

use std::ffi::c_int;
use std::fmt::Arguments;
use std::io::Write as _;
use std::mem::MaybeUninit;
use std::time::Duration;
use std::{fs, io, ptr};

use crate::packet;
use crate::protocol::{self, ForkExit, NAME_LIMIT, ZYGOTE_SOCKET_FD};

/// Serves the runner. Returns in each fork, with the name of the scenario that it is for; the zygote itself ends here.
///
/// # Errors
///
/// One line for a person: this process cannot be a zygote.
pub(super) fn serve(emulator: Option<&str>) -> Result<String, String> {
    let fail = |cause: &str| Err(format!("failed to serve `{}`: {cause}", protocol::ZYGOTE_FLAG));
    // A fork has one thread, and whatever the others held stays held. An emulator's own threads are counted, too.
    let threads = fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 && emulator.is_none() {
        return fail(&format!("there are {threads} threads before `main` begins"));
    }
    if !send(protocol::VERSION_LINE.as_bytes()) {
        return fail(&format!("descriptor {ZYGOTE_SOCKET_FD} is no socket of a runner"));
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
        // SAFETY: this process has one thread, so its copy lacks nothing.
        match unsafe { libc::fork() } {
            0 => {
                settle([stdout, stderr], zygote);
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

/// Makes a fork what a process is that was started for the scenario. The rest it has from its zygote.
fn settle(streams: [c_int; 2], zygote: libc::pid_t) {
    // SAFETY: `setpgid` takes only integers.
    unsafe { libc::setpgid(0, 0) };
    // Without its zygote nobody would wait for it. Where the zygote died before this call, it sent nothing.
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
    // SAFETY: `rusage` is a struct of integers, for which the zeros that it began with are a valid value.
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

/// Returns whether this process has no child. One that the fork gave it (`CLONE_PARENT`) is nobody's to end; when the zygote
/// ends, it is the supervisor's.
fn is_alone() -> bool {
    // SAFETY: the status is not asked for.
    unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG) == -1 }
}

/// Sends a message to the runner. Where the runner is gone, this process ends.
fn tell(message: Arguments<'_>) {
    const LONGEST: usize = 256;
    let mut room = [0; LONGEST];
    let mut rest = &mut room[..];
    // What is longer than the room is cut.
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
    // SAFETY: the descriptor came in a message, or is the socket, and nothing else uses it.
    unsafe { libc::close(descriptor) };
}

/// Ends this process without what else is done at its end: that is for the scenarios.
fn exit(status: c_int) -> ! {
    // SAFETY: `_exit` takes only an integer and does not return.
    unsafe { libc::_exit(status) }
}
