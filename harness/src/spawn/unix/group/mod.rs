//! Starts and ends a child on Unix systems other than Linux and Android. The standard library
//! starts the child, and the runner kills the child's process group. The runner does not find a
//! process that leaves the process group (`setsid`). If the runner is killed, the child keeps
//! running.
#![expect(unsafe_code, reason = "calls kill, dup2 and wait4")]

#[cfg(bsd)]
mod exit_kqueue;
#[cfg(not(bsd))]
mod exit_thread;

use std::fs::DirBuilder;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

#[cfg(bsd)]
use self::exit_kqueue::ExitWatch;
#[cfg(not(bsd))]
use self::exit_thread::ExitWatch;
use super::open_files;
use super::sys::{Finished, NotStarted, Resource, set_limit};
use crate::spawn::clock::Clock;
use crate::spawn::command::command;
use crate::spawn::error::{Error, NO_ZYGOTE};
use crate::spawn::options::Options;
use crate::spawn::program::Program;
use crate::spawn::scratch::Scratch;

#[cfg(not(any(target_os = "illumos", target_os = "solaris")))]
use libc::wait4;
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
unsafe extern "C" {
    /// Declaration of `wait4` from wait3(3C), because the libc crate does not declare `wait4` for
    /// illumos and Solaris.
    fn wait4(
        pid: libc::pid_t,
        status: *mut libc::c_int,
        options: libc::c_int,
        usage: *mut libc::rusage,
    ) -> libc::pid_t;
}

/// Running child. The child leads a process group, whose ID is the child's process ID.
#[derive(Debug)]
pub(super) struct Process {
    pid: libc::pid_t,
    exit: ExitWatch,
    directory: Scratch,
}

impl Process {
    /// Starts a child, and returns the child and the read ends of the child's standard output and
    /// standard error. If the options merge the output streams, standard error has no read end.
    pub(super) fn start(
        program: &Program,
        argument: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
        clock: &mut Clock,
    ) -> Result<(Self, ChildStdout, Option<ChildStderr>), Error> {
        let directory = Scratch::new(|path| DirBuilder::new().mode(0o700).create(path))?;
        let mut command = command(program, argument, options, directory.path())?;
        let limits = limits.to_vec();
        let open_files = open_files::original();
        let limit = move || {
            let set = open_files.is_none_or(|limit| open_files::set(&limit))
                && limits.iter().all(|(resource, amount)| set_limit(*resource, *amount));
            if set { Ok(()) } else { Err(io::Error::last_os_error()) }
        };
        // SAFETY: in the forked process, `limit` only makes the system call `setrlimit` and reads
        // the memory of `limits`.
        unsafe { command.pre_exec(limit) };
        if options.merge_output {
            command.stderr(Stdio::null());
            // SAFETY: in the forked process, `merge` only calls `dup2`, which is async-signal-safe
            // (POSIX). When `merge` runs, the standard library has already redirected standard
            // output to the pipe.
            unsafe { command.pre_exec(merge) };
        }
        let mut child = spawn(&mut command, clock).map_err(|error| program.not_started(&error))?;
        let pid = libc::pid_t::try_from(child.id()).expect("a process ID fits in `pid_t`");
        let stdout = child.stdout.take().expect("standard output is a pipe");
        let stderr = child.stderr.take();
        let exit = ExitWatch::new(pid).map_err(|error| {
            signal(pid, libc::SIGKILL);
            // The error of `wait` is ignored, because the error of `ExitWatch::new` is more
            // important to the caller.
            let _ = child.wait();
            program.not_started(&error)
        })?;
        Ok((Self { pid, exit, directory }, stdout, stderr))
    }

    /// Always returns an error, because without a supervisor nothing would kill the processes that
    /// a zygote's fork leaves behind.
    pub(super) fn fork(
        program: &Program,
        _name: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
        _clock: &mut Clock,
    ) -> Result<(Self, ChildStdout, Option<ChildStderr>), Error> {
        Err(Self::prepare_to_fork(program, options, limits)
            .expect_err("`prepare_to_fork` always fails on this system"))
    }

    pub(super) fn prepare_to_fork(
        program: &Program,
        _options: &Options,
        _limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(), Error> {
        Err(Error::new("fork", &program.path, NO_ZYGOTE))
    }

    /// Always returns `None`, because the systems of this module have no interface that reports the
    /// state of threads.
    #[expect(clippy::unused_self, reason = "the method of the same name on Linux needs `self`")]
    pub(super) fn doing(&self) -> Option<String> {
        None
    }

    /// Returns the child's process ID, so that a debugger can attach to the child.
    pub(super) fn processes(&self) -> Vec<libc::pid_t> {
        vec![self.pid]
    }

    /// Always returns zero, because [`start`](Self::start) returns after the child has started.
    #[expect(clippy::unused_self, reason = "the method of the same name on Linux needs `self`")]
    pub(super) fn delay(&self, _elapsed: Duration) -> Duration {
        Duration::ZERO
    }

    /// Sends SIGTERM to the child's process group.
    pub(super) fn terminate(&self) {
        signal(self.pid, libc::SIGTERM);
        signal(self.pid, libc::SIGCONT); // a stopped process handles SIGTERM only after SIGCONT
    }

    /// Sends SIGKILL to the child and to its process group.
    pub(super) fn kill(&self) {
        signal(self.pid, libc::SIGKILL);
        // The child may have left its process group, so kill the child by its process ID too.
        // SAFETY: `kill` takes only integers, and the child is not reaped yet, so its process ID
        // has not been reused.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
    }

    /// Kills the child, because the runner failed to wait for the child or for its output with
    /// `error`. Returns `error`.
    pub(super) fn abandon(self, error: &io::Error) -> io::Error {
        self.kill();
        io::Error::new(error.kind(), error.to_string())
    }

    /// Kills the processes that are left in the group of an ended child, and returns how the child
    /// ended. If `keep` is true, the child's directory is removed only if the directory is empty.
    ///
    /// The inner result is always `Ok`, because [`start`](Self::start) has already returned an
    /// error for a child that does not start.
    pub(super) fn finish(
        self,
        _program: &Program,
        keep: bool,
    ) -> io::Result<Result<Finished, NotStarted>> {
        // Kill the process group before the child is reaped, because the kernel can reuse the
        // group's ID once the child is reaped.
        self.kill();
        let mut status = 0;
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        loop {
            // SAFETY: both pointers point to writable memory of the types that `wait4` fills.
            let pid = unsafe { wait4(self.pid, &raw mut status, 0, usage.as_mut_ptr()) };
            if pid == self.pid {
                // SAFETY: `usage` was zeroed, and zeros are a valid `rusage`, which is a C struct
                // of integers.
                let usage = unsafe { usage.assume_init() };
                let (not_removed, left) = self.directory.leave(keep);
                let not_killed = None;
                return Ok(Ok(Finished { status, usage, not_removed, not_killed, left }));
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.exit.as_fd()
    }
}

/// Starts a command in a process group of its own.
fn spawn(command: &mut Command, clock: &mut Clock) -> io::Result<Child> {
    const OWN_GROUP: i32 = 0;
    // The lock lets only one thread start a child at a time. On systems without `pipe2`, such as
    // Apple's, a new pipe is inheritable for a moment, so a child that another thread starts at
    // that moment would hold the pipe open.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().expect("no thread panics while it holds the lock");
    clock.skip();
    command.process_group(OWN_GROUP).spawn()
}

/// Redirects standard error to standard output.
fn merge() -> io::Result<()> {
    // SAFETY: `dup2` takes only integers.
    match unsafe { libc::dup2(libc::STDOUT_FILENO, libc::STDERR_FILENO) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Sends a signal to every process in a child's group. The function ignores the error for a group
/// without processes.
fn signal(group: libc::pid_t, signal: libc::c_int) {
    // SAFETY: `kill` takes only integers, and the group's leader is a child that is not reaped yet,
    // so the group's ID has not been reused.
    unsafe { libc::kill(-group, signal) };
}
