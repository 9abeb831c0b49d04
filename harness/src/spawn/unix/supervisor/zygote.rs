//! Forks children from a *zygote*, an idle process of the program, instead of starting the program
//! for each child.
//!
//! The zygote is a child of a supervisor. The runner requests forks from the zygote over a socket
//! that does not involve the supervisor. A process that a fork leaves behind becomes a child of the
//! supervisor, and the supervisor kills that process.
#![expect(unsafe_code, reason = "calls kill")]

use std::cell::OnceCell;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixStream;
use std::sync::Once;
use std::time::{Duration, Instant};

use super::connection::left_running;
use super::messages::{self, Made};
use super::owned::Owned;
use super::pipe::{is_silent, packets, pipe};
use super::proc;
use super::request::request;
use super::slot::{self, Slot, is_as_made, look};
use super::state::State;
use crate::packet;
use crate::protocol;
use crate::spawn::clock::Clock;
use crate::spawn::error::Error;
use crate::spawn::options::Options;
use crate::spawn::outcome::End;
use crate::spawn::program::Program;
use crate::spawn::scratch::Scratch;
use crate::spawn::unix::sys::{Finished, NotStarted, Resource, end, wait};
use crate::text::excerpt;
use crate::zygote_messages::ForkExit;

/// Deadline for a new zygote's greeting. `START_LIMIT` is as long as the default deadline of a
/// listing.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Number of forks after which the runner replaces a zygote by a new zygote. The system randomizes
/// addresses when a program starts, so forks of a new zygote have new addresses. Replacing zygotes
/// also keeps the processor time of each zygote small, which counts toward the zygote's limit on
/// processor time.
const MOST_FORKS: u32 = 1000;

/// Maximum number of idle zygotes. Children with different limits or environments need different
/// zygotes. When the maximum is reached, the runner stops the zygote that has been idle longest.
const MOST_IDLE: usize = 16;

/// Idle zygotes, starting with the zygote that has been idle longest.
static IDLE: Owned<Vec<Zygote>> = Owned::new();

/// Zygote: a process of the program under test that forks itself for each case.
#[derive(Debug)]
struct Zygote {
    slot: Slot,
    /// Packet socket that connects the runner to the zygote.
    socket: UnixStream,
    pid: libc::pid_t,
    /// List of the children of the zygote's supervisor, or `None` if the kernel keeps no such list
    /// or `/proc` hides the supervisor (mount option `hidepid=2`).
    siblings: Option<File>,
    start: Start,
    /// State of the zygote's working directory when the zygote was ready.
    directory: Made,
    /// Limits and scheduling of the zygote's process when the zygote was ready. The zygote's forks
    /// inherit the zygote's limits and scheduling.
    state: Box<State>,
    forks: u32,
}

/// Parameters with which a zygote was started. The zygote's forks inherit the parameters of the
/// zygote.
#[derive(Debug, PartialEq)]
struct Start {
    program: Program,
    env: Vec<(OsString, OsString)>,
    limits: Vec<(Resource, libc::rlim_t)>,
}

/// Starts a zygote for these options unless such a zygote is idle.
///
/// # Errors
///
/// Returns an error if the program cannot be started or cannot serve as a zygote.
pub(super) fn prepare(
    program: &Program,
    options: &Options,
    limits: Limits<'_>,
) -> Result<(), Error> {
    let zygote = Zygote::take(program, options, limits)?;
    IDLE.lock().push(zygote);
    Ok(())
}

/// Error of a process that could not be killed, error of a directory that could not be removed, and
/// the directory that the caller keeps.
type Left = (Option<Error>, Option<Error>, Option<Scratch>);

type Limits<'a> = &'a [(Resource, libc::rlim_t)];

/// Stops all idle zygotes when the runner exits. The guard reaps the zygotes' supervisors later,
/// together with all other supervisors.
extern "C" fn end_all() {
    IDLE.lock().clear();
}

impl Zygote {
    fn take(program: &Program, options: &Options, limits: Limits<'_>) -> Result<Self, Error> {
        let fits = |Self { start, .. }: &Self| {
            start.program == *program && start.env == options.env && start.limits == limits
        };
        loop {
            let mut idle = IDLE.lock();
            let found = idle.iter().position(fits);
            // Remove an idle zygote that fits, or, if no zygote fits and too many are idle, the
            // zygote that has been idle longest. Dropping a zygote stops the zygote.
            let zygote = match found {
                Some(index) => idle.remove(index),
                None if idle.len() >= MOST_IDLE => idle.remove(0),
                None => break,
            };
            drop(idle);
            if found.is_none() {
                break;
            }
            if zygote.is_untouched() {
                return Ok(zygote);
            }
        }
        Self::new(program, options, limits)
    }

    /// Returns true if no child has tampered with this idle zygote: the zygote runs, its socket has
    /// no unread data, and its limits and scheduling are unchanged.
    fn is_untouched(&self) -> bool {
        is_silent(&self.socket) && State::of(self.pid) == *self.state
    }

    fn new(program: &Program, options: &Options, limits: Limits<'_>) -> Result<Self, Error> {
        static AT_EXIT: Once = Once::new();
        let fail = |error: io::Error| Error::new("fork", &program.path, error);
        let mut slot = Slot::take()?;
        // `end_all` must run before `end_supervisors`. `Slot::take` has already registered
        // `end_supervisors`, and atexit(3) calls the last registered function first.
        slot::at_exit(&AT_EXIT, end_all);
        let (socket, theirs) = packets().map_err(fail)?;
        socket.set_read_timeout(Some(START_LIMIT)).map_err(fail)?;
        socket.set_write_timeout(Some(START_LIMIT)).map_err(fail)?;
        let (words, their_words) = pipe().map_err(fail)?;
        let streams = [their_words.as_fd(), their_words.as_fd(), theirs.as_fd()];
        request(&mut slot, program, protocol::ZYGOTE_FLAG, options, limits, &streams)?;
        drop((theirs, their_words));
        let mut slot = greet(&socket, slot, words, program)?;
        let (pid, directory) = match examine(&slot) {
            Ok(examined) => examined,
            Err(error) => return Err(slot.give_up(fail(error))),
        };
        slot.set_made(directory);
        let (program, env, limits) = (program.clone(), options.env.clone(), limits.to_vec());
        let (state, start) = (Box::new(State::of(pid)), Start { program, env, limits });
        let siblings = proc::open_children(slot.supervisor.pid).ok();
        Ok(Self { slot, socket, pid, siblings, start, directory, state, forks: 0 })
    }

    /// Kills the processes that a fork has left behind, and puts the zygote into the list of idle
    /// zygotes if the zygote is still usable. Returns an error if the supervisor does not reply.
    fn leave(self, is_last: bool, keep: bool) -> io::Result<Left> {
        let mut is_usable = !is_last && self.forks < MOST_FORKS;
        let mut not_killed = None;
        if !self.is_only_child() {
            self.slot.supervisor.order(messages::SWEEP);
            let swept = match self.slot.supervisor.read() {
                Ok(swept) => swept,
                Err(error) => return Err(self.slot.abandon(&error)),
            };
            not_killed = left_running(&swept);
            is_usable &= swept.is_running != 0 && not_killed.is_none();
        }
        // If the caller keeps the directory, the zygote cannot be used again, because the directory
        // is also the zygote's working directory.
        is_usable &= !keep || !self.slot.scratch.is_in_use();
        if is_usable && (self.finds_its_directory() || self.clears_its_directory()) {
            IDLE.lock().push(self);
            return Ok((not_killed, None, None));
        }
        let (not_removed, left) = self.slot.leave(false, keep);
        Ok((not_killed, not_removed, left))
    }

    /// Returns true if the zygote's supervisor has no other child than the zygote, so no fork has
    /// left a process behind.
    fn is_only_child(&self) -> bool {
        // 64 bytes hold at least two process IDs, so the list need not be read to its end.
        let mut list = [0; 64];
        match self.siblings.as_ref().map(|siblings| siblings.read_at(&mut list, 0)) {
            Some(Ok(length)) => list[..length] == *format!("{} ", self.pid).as_bytes(),
            _ => proc::children(self.slot.supervisor.pid) == [self.pid],
        }
    }

    fn finds_its_directory(&self) -> bool {
        is_as_made(self.slot.scratch.path(), &self.directory)
    }

    fn clears_its_directory(&self) -> bool {
        self.slot.scratch.clear().is_ok() && self.finds_its_directory()
    }
}

/// Returns the process ID of the zygote in `slot`, and the state of the zygote's directory.
fn examine(slot: &Slot) -> io::Result<(libc::pid_t, Made)> {
    // The runner asks the supervisor for the zygote's process ID, because `/proc` may hide the
    // zygote from a runner that does not belong to root (mount option `hidepid=2`).
    slot.supervisor.order(messages::SWEEP);
    let pid = match slot.supervisor.read() {
        Ok(swept) if swept.is_running != 0 => swept.status,
        Ok(_) => return Err(io::Error::other("the zygote process ended unexpectedly")),
        Err(error) => return Err(slot.supervisor.abandon(&error, slot.scratch.path())),
    };
    // A runner that cannot list the zygote's children could not kill a fork at its deadline.
    proc::list_children(pid)
        .map_err(|error| io::Error::other(format!("failed to list processes in /proc: {error}")))?;
    let directory = look(slot.scratch.path()).ok_or_else(|| {
        let error = io::Error::last_os_error();
        io::Error::other(format!("failed to open the zygote's directory: {error}"))
    })?;
    Ok((pid, directory))
}

/// Waits for the greeting of the zygote in `slot`, and returns the slot. `words` is the read end of
/// the pipe with the zygote's output.
fn greet(
    socket: &UnixStream,
    slot: Slot,
    mut words: File,
    program: &Program,
) -> Result<Slot, Error> {
    /// Maximum number of bytes of the zygote's output to read. The error message for a zygote that
    /// fails contains the last line of the zygote's output.
    const ENOUGH: u64 = 64 << 10;
    let fail = |cause: String| Error::new("fork", &program.path, cause);
    let broken = |error: io::Error| fail(error.to_string());
    let until = Instant::now() + START_LIMIT;
    let mut room = [0; 64];
    let mut has_time = true;
    // The loop waits for the zygote's socket and for the supervisor's socket. The supervisor's
    // socket becomes readable when the zygote has ended.
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let ready = [socket.as_fd(), slot.supervisor.socket.as_fd()].map(Some);
        let ready = wait(ready, left).map_err(broken)?;
        if ready[0] {
            match (&mut &*socket).read(&mut room) {
                Ok(length @ 1..) => {
                    let greeting = String::from_utf8_lossy(&room[..length]);
                    if greeting.trim_end() == protocol::VERSION_LINE {
                        return Ok(slot);
                    }
                    let (question, version) = (protocol::ZYGOTE_FLAG, protocol::VERSION_LINE);
                    let greeting = excerpt(&greeting);
                    let cause =
                        format!("{question} greeted with `{greeting}` instead of `{version}`");
                    return Err(slot.give_up(fail(cause)));
                }
                Ok(0) => break, // the zygote has ended
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(slot.abandon(&error))),
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
        slot.supervisor.order(messages::KILL);
    }
    let read = || {
        let ended = slot.supervisor.read()?;
        if ended.has_survivors() {
            slot.supervisor.order(messages::SWEEP);
            slot.supervisor.read()?;
        }
        Ok(ended)
    };
    let ended = match read() {
        Ok(ended) => ended,
        Err(error) => return Err(broken(slot.abandon(&error))),
    };
    if ended.failed_step != 0 {
        return Err(match slot.not_started(&ended, program, has_time) {
            NotStarted::NameInUse => {
                fail("the path of the zygote's directory already exists".to_owned())
            }
            NotStarted::Refused(error) | NotStarted::Failed(error) => error,
        });
    }
    let mut said = Vec::new();
    // The error is ignored, because the pipe is non-blocking, so reading fails if a process that
    // could not be killed holds the pipe open.
    let _ = words.by_ref().take(ENOUGH).read_to_end(&mut said);
    let said = String::from_utf8_lossy(&said);
    let said = match said.trim_end().lines().last() {
        None | Some("") => String::new(),
        Some(line) => format!(", saying: {}", excerpt(line)),
    };
    let question = protocol::ZYGOTE_FLAG;
    Err(slot.give_up(fail(match (has_time, end(ended.status)) {
        (false, _) => format!("{question} was not ready within {START_LIMIT:?}"),
        (true, End::Exited(status)) => format!("{question} ended with status {status}{said}"),
        (true, End::Signaled { signal, .. }) => format!("{question} died of {signal}{said}"),
        (true, End::TimedOut) => unreachable!("`end` never returns `TimedOut` for a wait status"),
    })))
}

/// Child that a zygote forks.
#[derive(Debug)]
pub(in crate::spawn::unix) struct Forked {
    zygote: Zygote,
    /// Why the runner killed the zygote together with the child, or `None` if the runner did not
    /// kill the zygote.
    not_listed: OnceCell<io::Error>,
}

impl Forked {
    /// Requests a zygote to fork a child, and returns the child and the read ends of the child's
    /// standard output and standard error. If the options merge the output streams, standard error
    /// has no read end.
    ///
    /// # Errors
    ///
    /// Returns an error if a zygote cannot be started or if the request cannot be sent.
    pub(super) fn start(
        program: &Program,
        name: &str,
        options: &Options,
        limits: Limits<'_>,
        clock: &mut Clock,
    ) -> Result<(Self, File, Option<File>), Error> {
        let fail = |error: io::Error| Error::new("fork", &program.path, error);
        let zygote = Zygote::take(program, options, limits)?;
        clock.skip();
        let (stdout, their_stdout) = pipe().map_err(fail)?;
        let (stderr, their_stderr) =
            if options.merge_output { None } else { Some(pipe().map_err(fail)?) }.unzip();
        let streams = [&their_stdout, their_stderr.as_ref().unwrap_or(&their_stdout)];
        let streams = streams.map(AsRawFd::as_raw_fd);
        let socket = zygote.socket.as_raw_fd();
        packet::send(socket, [name.as_bytes(), &[]], &streams).map_err(|error| {
            match error.kind() {
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
                    fail(io::Error::other("the child's zygote process ended unexpectedly"))
                }
                _ => fail(error),
            }
        })?;
        Ok((Self { zygote, not_listed: OnceCell::new() }, stdout, stderr))
    }

    /// Returns the process ID of the zygote, which is the child's parent.
    pub(super) fn zygote(&self) -> libc::pid_t {
        self.zygote.pid
    }

    pub(super) fn doing(&self) -> Option<String> {
        proc::doing(proc::children(self.zygote.pid))
    }

    pub(super) fn terminate(&self) {
        self.each(|pid| {
            signal(-pid, libc::SIGTERM);
            // SIGCONT follows SIGTERM, because a stopped process handles SIGTERM only after
            // SIGCONT.
            signal(-pid, libc::SIGCONT);
        });
    }

    pub(super) fn kill(&self) {
        if let Err(error) = proc::list_children(self.zygote.pid) {
            // The kernel kills the child when its zygote dies (`PR_SET_PDEATHSIG`).
            signal(self.zygote.pid, libc::SIGKILL);
            _ = self.not_listed.set(error);
        }
        self.each(|pid| {
            // The child may have moved to another process group, so kill both the child and its
            // original group.
            signal(pid, libc::SIGKILL);
            signal(-pid, libc::SIGKILL);
        });
        // Kill the processes that the child has left behind, because such a process may trace the
        // zygote and thereby stop the zygote.
        let others = proc::descendants(self.zygote.slot.supervisor.pid).into_iter();
        others.filter(|pid| *pid != self.zygote.pid).for_each(|pid| signal(pid, libc::SIGKILL));
        // Continue the zygote, because the child may have stopped the zygote, and a stopped zygote
        // cannot report how the child ended.
        signal(self.zygote.pid, libc::SIGCONT);
    }

    /// Calls `act` with the child's process ID if the child still exists. The zygote may reap the
    /// child at any moment, even before `act` sends a signal. Even if the child was reaped, `act`
    /// reaches no other process, because the kernel reuses a process ID only after it has used all
    /// other process IDs.
    fn each(&self, act: impl Fn(libc::pid_t)) {
        proc::children(self.zygote.pid).into_iter().for_each(act);
    }

    /// Reads the zygote's message that reports how the child ended.
    fn report(&self) -> io::Result<String> {
        let mut room = [0; 512];
        let length = loop {
            match (&self.zygote.socket).read(&mut room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        if length == 0 {
            return Err(io::Error::other("the child's zygote process ended unexpectedly"));
        }
        Ok(String::from_utf8_lossy(&room[..length]).into_owned())
    }

    pub(super) fn abandon(self, error: &io::Error) -> io::Error {
        self.zygote.slot.abandon(error)
    }

    pub(super) fn finish(
        mut self,
        program: &Program,
        keep: bool,
    ) -> io::Result<Result<Finished, NotStarted>> {
        let said = match self.report() {
            Ok(said) => said,
            Err(error) => {
                let error = self.not_listed.take().map_or(error, |cause| {
                    io::Error::other(format!(
                        "the runner killed the child's zygote process, because listing its forks \
                         failed: {cause}"
                    ))
                });
                return Err(self.abandon(&error));
            }
        };
        if let Some(cause) = said.strip_prefix("failed ") {
            let error = Error::new("fork", &program.path, cause);
            return self.zygote.leave(false, false).map(|_| Err(NotStarted::Failed(error)));
        }
        let Ok(ended) = said.parse::<ForkExit>() else {
            let why = format!("the child's zygote sent the unknown message `{}`", excerpt(&said));
            return Err(self.abandon(&io::Error::other(why)));
        };
        self.zygote.forks += 1;
        let (not_killed, not_removed, left) = self.zygote.leave(ended.is_last, keep)?;
        let (status, usage) = (ended.status, usage(&ended));
        Ok(Ok(Finished { status, usage, not_removed, not_killed, left }))
    }
}

impl AsFd for Forked {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.zygote.socket.as_fd()
    }
}

fn usage(ended: &ForkExit) -> libc::rusage {
    // SAFETY: zeros are a valid `rusage`, which is a C struct of integers.
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
    // SAFETY: `kill` takes only integers.
    unsafe { libc::kill(pid, signal) };
}
