//! Starting and ending a child on Unix systems other than Linux: the standard library starts it, and its process group is
//! what can be ended. A process that leaves the group (`setsid`) is not found, and a runner that is killed leaves the child
//! to itself.
#![expect(unsafe_code, reason = "calls kill, dup2 and wait4")]

#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd"
))]
mod exit_kqueue;
#[cfg(not(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd"
)))]
mod exit_thread;

use std::fs::DirBuilder;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::Mutex;

#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd"
))]
use self::exit_kqueue::ExitWatch;
#[cfg(not(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd"
)))]
use self::exit_thread::ExitWatch;
use super::sys::{Finished, Resource, set_limit};
use crate::spawn::command::command;
use crate::spawn::error::{Error, NO_ZYGOTE};
use crate::spawn::options::Options;
use crate::spawn::program::Program;
use crate::spawn::scratch::Scratch;

#[cfg(not(any(target_os = "illumos", target_os = "solaris")))]
use libc::wait4;
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
unsafe extern "C" {
    /// As in wait3(3C); the crate libc does not declare it for these systems.
    fn wait4(
        pid: libc::pid_t,
        status: *mut libc::c_int,
        options: libc::c_int,
        usage: *mut libc::rusage,
    ) -> libc::pid_t;
}

/// A child, from its start to its end. It leads a process group, whose number is its process id.
#[derive(Debug)]
pub(super) struct Process {
    pid: libc::pid_t,
    exit: ExitWatch,
    directory: Scratch,
}

impl Process {
    /// Starts a child. Returns it with the read ends of its standard output and standard error; there is one for both where
    /// they are merged.
    pub(super) fn start(
        program: &Program,
        argument: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(Self, ChildStdout, Option<ChildStderr>), Error> {
        let directory = Scratch::new(|path| DirBuilder::new().mode(0o700).create(path))?;
        let mut command = command(program, argument, options, directory.path())?;
        let limits = limits.to_vec();
        let limit = move || {
            let set = limits.iter().all(|(resource, amount)| set_limit(*resource, *amount));
            if set { Ok(()) } else { Err(io::Error::last_os_error()) }
        };
        // SAFETY: after the fork, it calls nothing but `setrlimit` and reads memory that is its own.
        unsafe { command.pre_exec(limit) };
        if options.merge_output {
            command.stderr(Stdio::null());
            // SAFETY: after the fork, it calls nothing but `dup2`. The standard library has put the pipe in its place before.
            unsafe { command.pre_exec(merge) };
        }
        let mut child = spawn(&mut command).map_err(|error| program.not_started(&error))?;
        let pid = libc::pid_t::try_from(child.id()).expect("a process id fits pid_t");
        let stdout = child.stdout.take().expect("a pipe was asked for");
        let stderr = child.stderr.take();
        let exit = ExitWatch::new(pid).map_err(|error| {
            signal(pid, libc::SIGKILL);
            // The error on its way to the caller tells more than this one could.
            let _ = child.wait();
            program.not_started(&error)
        })?;
        Ok((Self { pid, exit, directory }, stdout, stderr))
    }

    /// Refuses to have a child forked: nothing would end what it leaves behind.
    pub(super) fn fork(
        program: &Program,
        _name: &str,
        options: &Options,
        limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(Self, ChildStdout, Option<ChildStderr>), Error> {
        Err(Self::prepare_to_fork(program, options, limits).expect_err("it cannot"))
    }

    pub(super) fn prepare_to_fork(
        program: &Program,
        _options: &Options,
        _limits: &[(Resource, libc::rlim_t)],
    ) -> Result<(), Error> {
        Err(Error::new("fork", &program.path, NO_ZYGOTE))
    }

    /// Returns what its threads are doing: not known here.
    #[expect(clippy::unused_self, reason = "as on Linux, where it is known")]
    pub(super) fn doing(&self) -> Option<String> {
        None
    }

    /// Returns the child, for a debugger.
    pub(super) fn processes(&self) -> Vec<libc::pid_t> {
        vec![self.pid]
    }

    /// Asks the child's group to end.
    pub(super) fn terminate(&self) {
        signal(self.pid, libc::SIGTERM);
        signal(self.pid, libc::SIGCONT); // a stopped process acts on SIGTERM only when it goes on
    }

    /// Kills the child's group.
    pub(super) fn kill(&self) {
        signal(self.pid, libc::SIGKILL);
        // SAFETY: `kill` takes two integers. The child is not waited for, so the number is its. It may have left its group.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
    }

    /// Kills whatever the child has left behind in its group, and tells how it ended. The child must have ended. With `keep`,
    /// what is in its directory stays.
    ///
    /// That it did not start, which is the inner error, is known earlier here.
    pub(super) fn finish(self, keep: bool) -> io::Result<io::Result<Finished>> {
        // Not yet waited for, so the group's number cannot belong to another.
        self.kill();
        let mut status = 0;
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        loop {
            // SAFETY: both pointers lead to writable memory of the sizes that `wait4` fills.
            let pid = unsafe { wait4(self.pid, &raw mut status, 0, usage.as_mut_ptr()) };
            if pid == self.pid {
                // SAFETY: `rusage` is a struct of integers, for which the zeros that it began with are a valid value.
                let usage = unsafe { usage.assume_init() };
                let directory = self.directory;
                let (not_removed, left) = match keep && directory.is_in_use() {
                    true => (None, Some(directory)),
                    false => (directory.remove(), None),
                };
                return Ok(Ok(Finished { status, usage, not_removed, left }));
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

/// Starts it in a process group of its own.
fn spawn(command: &mut Command) -> io::Result<Child> {
    const OWN_GROUP: i32 = 0;
    // Where there is no `pipe2`, as on Apple systems, a pipe is open to be inherited for a moment: by no other child.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().expect("nothing panics while it is held");
    command.process_group(OWN_GROUP).spawn()
}

/// Has standard error go where standard output goes.
fn merge() -> io::Result<()> {
    // SAFETY: it takes integers.
    match unsafe { libc::dup2(libc::STDOUT_FILENO, libc::STDERR_FILENO) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Sends a signal to every process of a child's group. That none is left is no error.
fn signal(group: libc::pid_t, signal: libc::c_int) {
    // SAFETY: `kill` takes two integers. The group's leader is a child that is not waited for, so the number is its.
    unsafe { libc::kill(-group, signal) };
}
