//! Children that are forked from a process of the program, a *zygote*, instead of being started anew.
//!
//! The zygote is a supervisor's child like any other. It is asked over a socket of its own, so a fork needs no word with the
//! supervisor; but what a fork leaves behind becomes the supervisor's child, and the supervisor ends it.
#![expect(unsafe_code, reason = "calls socketpair and kill")]

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use super::messages::{self, Reply};
use super::pipe::pipe;
use super::proc;
use super::request::request;
use super::slot::{self, Slot, as_new, lock, order, read};
use crate::packet;
use crate::protocol::{self, ForkExit};
use crate::spawn::error::Error;
use crate::spawn::options::Options;
use crate::spawn::outcome::End;
use crate::spawn::program::Program;
use crate::spawn::scratch::Scratch;
use crate::spawn::unix::sys::{Finished, Resource, end, wait};
use crate::text::excerpt;

/// How long a program may take until it is ready to be forked: as long as for a listing.
const START_LIMIT: Duration = Duration::from_secs(30);

/// After so many forks, another zygote takes its place: so addresses and whatever else the system chooses for a program
/// do change now and then, at a thousandth of the price. It also keeps a limit on processor time away, which counts the
/// zygote's forking, too.
const MOST_FORKS: u32 = 1000;

/// So many zygotes may wait, for children that differ in their limits or in their environment. Then the one that has waited
/// longest makes room for another.
const MOST_IDLE: usize = 16;

/// Zygotes that wait, the one that has waited longest first.
static IDLE: Mutex<Vec<Zygote>> = Mutex::new(Vec::new());

/// A process of a program that forks itself.
#[derive(Debug)]
struct Zygote {
    slot: Slot,
    /// For packets.
    socket: UnixStream,
    pid: libc::pid_t,
    start: Start,
    /// The device and the number of the directory that it works in.
    directory: (u64, u64),
    forks: u32,
}

/// What a zygote was started with, and its forks have from it.
#[derive(Debug, PartialEq)]
struct Start {
    program: Program,
    env: Vec<(OsString, OsString)>,
    limits: Vec<(Resource, libc::rlim_t)>,
}

/// Has a zygote wait that these children can be forked from.
///
/// # Errors
///
/// The program cannot be started, or cannot fork itself.
pub(super) fn prepare(
    program: &Program,
    options: &Options,
    limits: Limits<'_>,
) -> Result<(), Error> {
    let zygote = Zygote::take(program, options, limits)?;
    lock(&IDLE).push(zygote);
    Ok(())
}

type Limits<'a> = &'a [(Resource, libc::rlim_t)];

/// Ends all zygotes that wait, when the runner exits. Their supervisors are waited for after that, with all others.
extern "C" fn end_all() {
    if slot::is_runner() {
        lock(&IDLE).clear();
    }
}

impl Zygote {
    fn take(program: &Program, options: &Options, limits: Limits<'_>) -> Result<Self, Error> {
        let fits = |Self { start, .. }: &Self| {
            start.program == *program && start.env == options.env && start.limits == limits
        };
        let mut idle = lock(&IDLE);
        match idle.iter().position(fits) {
            Some(index) => return Ok(idle.remove(index)),
            None if idle.len() >= MOST_IDLE => drop(idle.remove(0)),
            None => {}
        }
        drop(idle);
        Self::new(program, options, limits)
    }

    fn new(program: &Program, options: &Options, limits: Limits<'_>) -> Result<Self, Error> {
        static AT_EXIT: Once = Once::new();
        let fail = |error: io::Error| Error::new("fork", &program.path, error);
        let slot = Slot::take()?;
        // After the first supervisor's, so that it is called before it.
        slot::at_exit(&AT_EXIT, end_all);
        let (socket, theirs) = packets().map_err(fail)?;
        let (words, their_words) = pipe().map_err(fail)?;
        let streams = [their_words.as_fd(), their_words.as_fd(), theirs.as_fd()];
        request(&slot, program, protocol::ZYGOTE_FLAG, options, limits, &streams)?;
        drop((theirs, their_words));
        greet(&socket, &slot, words, program)?;
        let gone = || {
            fail(io::Error::other(
                "it has ended, or the kernel has no /proc/PID/task/PID/children (CONFIG_PROC_CHILDREN)",
            ))
        };
        let pid = *proc::children(slot.supervisor.pid).first().ok_or_else(gone)?;
        let directory = fs::symlink_metadata(slot.scratch.path()).map_err(fail)?;
        let (program, env, limits) = (program.clone(), options.env.clone(), limits.to_vec());
        Ok(Self {
            slot,
            socket,
            pid,
            start: Start { program, env, limits },
            directory: (directory.dev(), directory.ino()),
            forks: 0,
        })
    }

    /// Ends what a fork has left behind, and waits for the next one, if it can. Returns its directory if that could not be
    /// removed, or, as the second, if it is to be kept and there is something in it.
    fn leave(self, is_last: bool, keep: bool) -> io::Result<(Option<PathBuf>, Option<Scratch>)> {
        let mut is_usable = !is_last && self.forks < MOST_FORKS;
        if proc::children(self.slot.supervisor.pid) != [self.pid] {
            order(&self.slot, messages::SWEEP);
            let swept: Reply = read(&self.slot.supervisor.socket)?;
            is_usable &= swept.is_running != 0;
        }
        // The zygote works in it, too.
        is_usable &= !keep || !self.slot.scratch.is_in_use();
        if is_usable && (self.finds_its_directory() || self.clears_its_directory()) {
            lock(&IDLE).push(self);
            return Ok((None, None));
        }
        Ok(self.slot.leave(false, keep))
    }

    fn finds_its_directory(&self) -> bool {
        as_new(self.slot.scratch.path())
            .is_some_and(|found| (found.dev(), found.ino()) == self.directory)
    }

    fn clears_its_directory(&self) -> bool {
        clear(self.slot.scratch.path()).is_ok() && self.finds_its_directory()
    }
}

/// Removes what is in a directory.
fn clear(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Waits until the zygote says that it is one. `words` is what it prints meanwhile.
fn greet(
    socket: &UnixStream,
    slot: &Slot,
    mut words: File,
    program: &Program,
) -> Result<(), Error> {
    /// For the last line of a message.
    const ENOUGH: u64 = 64 << 10;
    let fail = |cause: String| Error::new("fork", &program.path, cause);
    let broken = |error: io::Error| fail(error.to_string());
    let supervisor = &slot.supervisor.socket;
    let until = Instant::now() + START_LIMIT;
    let mut room = [0; 64];
    let mut has_time = true;
    // That it has ended shows at its supervisor, be there a greeting before or not.
    loop {
        let ready =
            wait([Some(socket.as_fd()), Some(supervisor.as_fd())], until).map_err(broken)?;
        if ready[0] {
            match (&mut &*socket).read(&mut room) {
                Ok(length @ 1..) => {
                    let greeting = String::from_utf8_lossy(&room[..length]);
                    if greeting.trim_end() == protocol::VERSION_LINE {
                        return Ok(());
                    }
                    let (question, version) = (protocol::ZYGOTE_FLAG, protocol::VERSION_LINE);
                    let greeting = excerpt(&greeting);
                    return Err(fail(format!(
                        "{question} says `{greeting}` instead of `{version}`"
                    )));
                }
                _ => break,
            }
        }
        if ready[1] {
            break;
        }
        if Instant::now() >= until {
            has_time = false;
            break;
        }
    }
    if !has_time {
        order(slot, messages::KILL);
    }
    let ended: Reply = read(supervisor).map_err(broken)?;
    if ended.has_survivors() {
        order(slot, messages::SWEEP);
        let _: Reply = read(supervisor).map_err(broken)?;
    }
    if ended.error != 0 {
        return Err(program.not_started(&io::Error::from_raw_os_error(ended.error)));
    }
    let mut said = Vec::new();
    // Nothing that could write is left.
    words.by_ref().take(ENOUGH).read_to_end(&mut said).map_err(broken)?;
    let said = String::from_utf8_lossy(&said);
    let said = match said.trim_end().lines().last() {
        None | Some("") => String::new(),
        Some(line) => format!(", saying: {}", excerpt(line)),
    };
    let question = protocol::ZYGOTE_FLAG;
    Err(fail(match (has_time, end(ended.status)) {
        (false, _) => format!("{question} did not say within {START_LIMIT:?} that it is ready"),
        (true, End::Exited(status)) => format!("{question} ended with status {status}{said}"),
        (true, End::Signaled { signal, .. }) => format!("{question} died of {signal}{said}"),
        (true, End::TimedOut) => unreachable!("a status does not tell that"),
    }))
}

/// Returns the two ends of a socket for packets, which no program inherits.
fn packets() -> io::Result<(UnixStream, OwnedFd)> {
    let mut fds = [0; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: `fds` is writable memory for two descriptors.
    if unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, fds.as_mut_ptr()) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just made this descriptor, and nothing else owns it.
    let ours = unsafe { OwnedFd::from_raw_fd(fds[0]) };
    // SAFETY: the same holds for the other one.
    let theirs = unsafe { OwnedFd::from_raw_fd(fds[1]) };
    Ok((ours.into(), theirs))
}

/// A child that a zygote forks.
#[derive(Debug)]
pub(in crate::spawn::unix) struct Forked {
    zygote: Zygote,
}

impl Forked {
    /// Has a child forked. Returns it with the read ends of its standard output and standard error; there is one for both
    /// where they are merged.
    ///
    /// # Errors
    ///
    /// There is no zygote, or it cannot be asked.
    pub(super) fn start(
        program: &Program,
        name: &str,
        options: &Options,
        limits: Limits<'_>,
    ) -> Result<(Self, File, Option<File>), Error> {
        let fail = |error: io::Error| Error::new("fork", &program.path, error);
        let zygote = Zygote::take(program, options, limits)?;
        let (stdout, their_stdout) = pipe().map_err(fail)?;
        let (stderr, their_stderr) =
            if options.merge_output { None } else { Some(pipe().map_err(fail)?) }.unzip();
        let streams = [&their_stdout, their_stderr.as_ref().unwrap_or(&their_stdout)];
        let streams = streams.map(AsRawFd::as_raw_fd);
        let socket = zygote.socket.as_raw_fd();
        packet::send(socket, [name.as_bytes(), &[]], &streams).map_err(fail)?;
        Ok((Self { zygote }, stdout, stderr))
    }

    /// Returns the process whose child it is.
    pub(super) fn zygote(&self) -> libc::pid_t {
        self.zygote.pid
    }

    pub(super) fn doing(&self) -> Option<String> {
        proc::doing(proc::children(self.zygote.pid))
    }

    pub(super) fn terminate(&self) {
        self.each(|pid| {
            signal(-pid, libc::SIGTERM);
            // A stopped process acts on it only when it goes on.
            signal(-pid, libc::SIGCONT);
        });
    }

    pub(super) fn kill(&self) {
        self.each(|pid| {
            // The child may have moved to another group.
            signal(pid, libc::SIGKILL);
            signal(-pid, libc::SIGKILL);
        });
        // It may have stopped its zygote, which must tell of the end.
        signal(self.zygote.pid, libc::SIGCONT);
    }

    /// Calls `act` with the process of the child, if it is there. The zygote, not this process, waits for it, and could do
    /// so meanwhile; but a number is not given again before all others were.
    fn each(&self, act: impl Fn(libc::pid_t)) {
        proc::children(self.zygote.pid).into_iter().for_each(act);
    }

    pub(super) fn finish(mut self, keep: bool) -> io::Result<io::Result<Finished>> {
        let mut room = [0; 512];
        let length = (&self.zygote.socket).read(&mut room)?;
        let said = String::from_utf8_lossy(&room[..length]);
        if said.is_empty() {
            return Err(io::Error::other("its zygote was killed"));
        }
        if let Some(cause) = said.strip_prefix("failed ") {
            let cause = io::Error::other(cause.to_owned());
            return self.zygote.leave(false, false).map(|_| Err(cause));
        }
        let ended: ForkExit =
            said.parse().map_err(|said| io::Error::other(format!("its zygote says `{said}`")))?;
        self.zygote.forks += 1;
        let (not_removed, left) = self.zygote.leave(ended.is_last, keep)?;
        Ok(Ok(Finished { status: ended.status, usage: usage(&ended), not_removed, left }))
    }
}

impl AsFd for Forked {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.zygote.socket.as_fd()
    }
}

fn usage(ended: &ForkExit) -> libc::rusage {
    // SAFETY: `rusage` is a struct of integers, for which zeros are a valid value.
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    let time = |time: Duration| libc::timeval {
        tv_sec: time.as_secs().try_into().unwrap_or_default(),
        tv_usec: u64::from(time.subsec_micros()).try_into().unwrap_or_default(),
    };
    usage.ru_utime = time(ended.user);
    usage.ru_stime = time(ended.system);
    usage.ru_maxrss = ended.max_rss_kib.try_into().unwrap_or_default();
    usage
}

fn signal(pid: libc::pid_t, signal: libc::c_int) {
    // SAFETY: it takes integers.
    unsafe { libc::kill(pid, signal) };
}
