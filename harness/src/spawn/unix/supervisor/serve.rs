//! Implements the supervisor process.
//!
//! A supervisor is a fork of a process with several threads, and the fork contains only the thread
//! that called `fork`. Locks that other threads held during the fork stay locked in the supervisor,
//! for example the lock of the allocator, of a mutex or of standard output. The code of a
//! supervisor does not allocate, lock, panic or format, so it cannot wait for a lock that stays
//! locked. A supervisor only makes system calls and compares numbers. POSIX allows only
//! async-signal-safe functions after `fork` in a process with several threads.
#![expect(unsafe_code, reason = "calls mmap, clone and execve")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::time::Instant;

use super::messages::{self, LIMITS, Limit, Made, POINTERS, Plain, Reply, Request, STRINGS};
use super::{calls, children, descriptors, made};
use crate::spawn::unix::sys::set_limit;
use crate::zygote_messages::ZYGOTE_SOCKET_FD;

/// Interval, in milliseconds, at which the supervisor searches for new processes to kill. The
/// supervisor also searches for new processes whenever a child has ended.
const SWEEP_STEP: c_int = 20;

/// File descriptor of the socket to the runner, which is the only inherited descriptor that a
/// supervisor keeps.
const SOCKET: c_int = 3;

/// Process ID that stands for no process.
const NOBODY: libc::pid_t = 0;

/// Working memory of the supervisor. The memory comes from `mmap`, because the supervisor must not
/// use the allocator.
struct Room {
    strings: [u8; STRINGS],
    pointers: [*const c_char; POINTERS],
    /// Stack of the child until the child executes its program.
    stack: [u8; 64 << 10],
}

/// Serves the runner at the other end of `socket` until the runner is gone.
///
/// # Safety
///
/// The caller must have forked this process for the supervisor, so that this process has only one
/// thread and nothing else uses its descriptors.
pub(super) unsafe fn main(socket: c_int) -> ! {
    // The supervisor blocks all signals, because a signal that is meant for the runner, such as
    // Ctrl-C's SIGINT, must not kill the supervisor before the supervisor has cleaned up. Most
    // signals for the runner do not reach the supervisor, because it is in another process group
    // than the runner.
    let _ = calls::block_all_signals();
    calls::default_all_signals();
    calls::leave_group_and_terminal();
    let adopt_error = calls::adopt_orphans();
    calls::close_to_others();
    calls::name(c"testprog-superv");
    calls::settle();
    // The supervisor closes all inherited descriptors except the socket. A supervisor that kept the
    // other descriptors would hold open the runner's pipes and the sockets of other supervisors.
    if !calls::duplicate(socket, SOCKET) {
        calls::exit(1); // the runner's next read reports that the socket is closed
    }
    calls::close_on_exec(SOCKET);
    descriptors::close_from(SOCKET + 1);
    let null = calls::open(c"/dev/null", libc::O_RDWR);
    if null == -1 {
        refuse(messages::STEP_STREAMS, calls::errno());
    }
    for standard in 0..SOCKET {
        if !calls::duplicate(null, standard) {
            refuse(messages::STEP_SUPERVISOR, calls::errno());
        }
    }
    let ends = calls::watch_children();
    if ends == -1 {
        refuse(messages::STEP_SUPERVISOR, calls::errno());
    }
    // SAFETY: `mmap` creates a new anonymous mapping and changes no existing mapping.
    let room = unsafe {
        libc::mmap(
            ptr::null_mut(),
            size_of::<Room>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if room == libc::MAP_FAILED {
        refuse(messages::STEP_SUPERVISOR, calls::errno());
    }
    // SAFETY: zeros are a valid `Room`, the mapping has the size of a `Room`, and nothing else
    // refers to the mapping.
    let room = unsafe { &mut *room.cast::<Room>() };
    let supervisor = Supervisor {
        ends,
        list: children::open_list(),
        adopt_error,
        nonce: 0,
        group: NOBODY,
        is_zygote: false,
        has_directory: false,
        made: Made::NONE,
        left: Left::default(),
        room,
    };
    supervisor.serve()
}

/// Reports that this supervisor cannot start any child, and exits when the runner is gone.
fn refuse(failed_step: c_int, error: c_int) -> ! {
    // The supervisor reads the runner's request before it replies, because the reply repeats the
    // request's number. If the supervisor exited without reading the request, the connection would
    // be reset, and the runner would not receive the reply.
    let Some((request, _, streams)) = messages::receive_request(SOCKET, &mut []) else {
        calls::exit(1)
    };
    streams.into_iter().filter(|stream| *stream != -1).for_each(calls::close);
    let reply = Reply { failed_step, error, nonce: request.nonce, ..calls::empty_reply() };
    let _ = answer(&reply); // sending fails only if the runner is gone
    while calls::read(SOCKET, &mut [0]) {}
    calls::exit(1)
}

struct Supervisor {
    /// Descriptor that becomes readable when a child ends.
    ends: c_int,
    /// Descriptor of the list of children; see [`children::open_list`].
    list: c_int,
    /// `errno` value of the system call that makes this process a child subreaper, or 0 if the call
    /// succeeded.
    adopt_error: c_int,
    /// Random number of the last request, which each reply repeats.
    nonce: u64,
    /// ID of the process group of the last child.
    group: libc::pid_t,
    /// Whether the last child is a zygote.
    is_zygote: bool,
    /// Whether this supervisor created the last child's directory.
    has_directory: bool,
    /// State of the last child's directory when the supervisor created the directory.
    made: Made,
    /// Process that the last sweep could not kill, if there is one.
    left: Left,
    room: &'static mut Room,
}

/// Process that a sweep could not kill.
#[derive(Clone, Copy, Default)]
struct Left {
    /// ID of the process that could not be killed, or 0 if there is no such process.
    pid: libc::pid_t,
    /// `errno` value of kill(2), or 0 if the process did not end in time.
    error: c_int,
}

impl Supervisor {
    /// Runs one child after the other until the runner is gone.
    fn serve(mut self) -> ! {
        loop {
            let mut ended = match self.start() {
                Ok(pid) => self.follow(pid),
                Err([failed_step, error]) => Reply { failed_step, error, ..calls::empty_reply() },
            };
            ended.made = self.made;
            if ended.failed_step != 0 && ended.has_survivors() {
                self.sweep(NOBODY);
                ended.survivors = 0;
            }
            self.answer(ended);
            if ended.has_survivors() {
                // The next order is always SWEEP after a reply with survivors, so the supervisor
                // does not check the order.
                self.order();
                self.sweep(NOBODY);
                self.answer(ended);
            }
        }
    }

    /// Sends a reply to the runner. If sending fails, the supervisor kills the child's remaining
    /// processes and exits, so that the runner does not wait for the reply.
    fn answer(&mut self, reply: Reply) {
        let Left { pid, error } = self.left;
        let is_sent = answer(&Reply {
            not_killed: pid,
            kill_error: error,
            adopt_error: self.adopt_error,
            nonce: self.nonce,
            ..reply
        });
        if !is_sent {
            self.sweep(NOBODY);
            self.leave();
        }
    }

    /// Waits for a request and starts the child. Returns the child's process ID, or the step that
    /// failed and the `errno` value of the failure.
    fn start(&mut self) -> Result<libc::pid_t, [c_int; 2]> {
        let Some((request, have, streams)) =
            messages::receive_request(SOCKET, &mut self.room.strings)
        else {
            self.leave();
        };
        let rest = self.room.strings.get_mut(have..request.length as usize).unwrap_or_default();
        if !calls::read(SOCKET, rest) {
            self.leave();
        }
        (self.nonce, self.left) = (request.nonce, Left::default());
        let started = self.launch(&request, streams);
        streams.into_iter().filter(|stream| *stream != -1).for_each(calls::close);
        started
    }

    fn launch(
        &mut self,
        request: &Request,
        streams: [c_int; 3],
    ) -> Result<libc::pid_t, [c_int; 2]> {
        let (working_directory, variables) = self.point(request);
        if request.directory_is_there == 0 {
            (self.has_directory, self.made) = (false, Made::NONE);
            // SAFETY: the directory's path is a C string, which ends with a zero byte.
            if unsafe { libc::mkdir(self.directory().as_ptr(), 0o700) } == -1 {
                return Err([messages::STEP_DIRECTORY, calls::errno()]);
            }
            self.has_directory = true;
            self.made = made::look(self.directory()).unwrap_or(Made::NONE);
        }
        let mut launch = Launch {
            working_directory,
            path: self.room.pointers[0],
            arguments: self.room.pointers[1..].as_ptr(),
            variables,
            streams,
            supervisor: calls::this_process(),
            limits: request.limits,
            limit_count: request.limit_count as usize,
            is_open_to_debuggers: request.is_open_to_debuggers != 0,
            failed_step: 0,
            error: 0,
        };
        let top = self.room.stack.as_mut_ptr_range().end;
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        // SAFETY: `CLONE_VFORK` suspends this process until the child has executed its program or
        // exited. The child has its own stack, and `launch` lives until the child has executed its
        // program.
        let pid =
            unsafe { libc::clone(become_program, top.cast(), flags, (&raw mut launch).cast()) };
        if pid == -1 {
            return Err([messages::STEP_PROCESS, calls::errno()]);
        }
        if launch.failed_step != 0 {
            calls::wait_for(pid, 0);
            return Err([launch.failed_step, launch.error]);
        }
        (self.group, self.is_zygote) = (pid, launch.streams[2] != -1);
        Ok(pid)
    }

    /// Returns the path of the child's directory, which is the first string of a request. The path
    /// is empty before the first request.
    fn directory(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.room.strings).unwrap_or_default()
    }

    /// Fills the table of pointers to the strings of a request. The order of the strings is:
    /// directory, working directory, path of the executable, arguments, environment variables. The
    /// order of the pointers is: path, arguments, null, environment variables, null. Returns a
    /// pointer to the working directory, and the address of the pointer to the first environment
    /// variable.
    fn point(&mut self, request: &Request) -> (*const c_char, *const *const c_char) {
        let (arguments, variables) = (request.arguments as usize, request.variables as usize);
        let Room { strings, pointers, .. } = &mut *self.room;
        let mut at = 0;
        let mut next = || {
            let here = at;
            while strings.get(at).is_some_and(|byte| *byte != 0) {
                at += 1;
            }
            at += 1;
            strings.as_ptr().wrapping_add(here).cast::<c_char>()
        };
        next();
        let working_directory = next();
        // `lists` contains the ranges of two lists of pointers: the executable's path with the
        // arguments, and the environment variables. A null pointer follows each of the two lists.
        // The runner sends at most as many strings as the table of pointers can hold.
        let lists = [0..1 + arguments, 2 + arguments..2 + arguments + variables];
        for list in lists {
            for pointer in pointers.get_mut(list.clone()).unwrap_or_default() {
                *pointer = next();
            }
            if let Some(end) = pointers.get_mut(list.end) {
                *end = ptr::null();
            }
        }
        (working_directory, pointers.as_ptr().wrapping_add(2 + arguments))
    }

    /// Executes the runner's orders until the child ends.
    fn follow(&mut self, pid: libc::pid_t) -> Reply {
        loop {
            if self.is_zygote {
                // A forked child can stop its zygote, and a stopped zygote cannot report how the
                // forked child ended. If a child that is no zygote stops itself, the case hangs,
                // and the supervisor does not continue the child.
                calls::continue_stopped(pid);
            }
            let [ordered, _] = calls::wait([SOCKET, self.ends], -1);
            calls::discard_event(self.ends);
            calls::reap_all_but(pid);
            if let Some(mut ended) = calls::wait_for(pid, libc::WNOHANG) {
                ended.survivors = (!calls::reap_all()).into();
                return ended;
            }
            match ordered.then(|| self.order()) {
                None => {}
                Some(messages::TERMINATE) => {
                    calls::kill(-pid, libc::SIGTERM);
                    // SIGCONT follows SIGTERM, because a stopped process handles SIGTERM only after
                    // SIGCONT.
                    calls::kill(-pid, libc::SIGCONT);
                }
                Some(messages::SWEEP) => {
                    self.sweep(pid);
                    self.answer(Reply { is_running: 1, status: pid, ..calls::empty_reply() });
                }
                Some(_) => {
                    // The child may have moved to another process group, so kill both the child and
                    // its original group.
                    calls::kill(pid, libc::SIGKILL);
                    calls::kill(-pid, libc::SIGKILL);
                }
            }
        }
    }

    /// Reads one order from the runner. If the runner is gone, the supervisor kills the child's
    /// remaining processes and exits.
    fn order(&mut self) -> u8 {
        let mut order = [0];
        if !calls::read(SOCKET, &mut order) {
            self.sweep(NOBODY);
            self.leave();
        }
        order[0]
    }

    /// Kills all children of this process except `but`, including orphans that this process adopts
    /// meanwhile, until no such child is left. Gives up after [`messages::SWEEP_LIMIT`], or if this
    /// process may not kill the children that are left, or when `but` has ended.
    fn sweep(&mut self, but: libc::pid_t) {
        let until = Instant::now() + messages::SWEEP_LIMIT;
        loop {
            // Discard old events before the search for children, so that the wait at the end of the
            // loop ends only for a later event.
            calls::discard_event(self.ends);
            let excepted_has_ended = calls::reap_all_but(but);
            let killed = children::kill_children(self.list, |pid| pid != but);
            if killed.is_none() && but != self.group && self.group != NOBODY {
                // The search for children failed, so kill at least the last child's process group.
                // The kernel does not reuse a group's ID while the group has a member.
                calls::kill(-self.group, libc::SIGKILL);
            }
            let killed = killed.unwrap_or_default();
            let is_over = killed.found == killed.refused || Instant::now() >= until;
            if is_over || excepted_has_ended {
                self.left = Left { pid: killed.last, error: killed.error };
                return;
            }
            calls::wait([self.ends], SWEEP_STEP);
        }
    }

    /// Removes the last child's directory and exits. The directory is removed only if this
    /// supervisor created the directory and the directory is empty. The supervisor removes the
    /// directory because the runner is gone and may not have removed it.
    fn leave(&self) -> ! {
        if self.has_directory {
            // SAFETY: the directory's path is a C string, which ends with a zero byte.
            unsafe { libc::rmdir(self.directory().as_ptr()) };
        }
        calls::exit(0)
    }
}

/// Sends a message to the runner. Returns false if send(2) fails.
fn answer<T: Plain>(message: &T) -> bool {
    calls::send(SOCKET, messages::bytes(message))
}

/// Parameters with which the child executes its program.
struct Launch {
    working_directory: *const c_char,
    path: *const c_char,
    arguments: *const *const c_char,
    variables: *const *const c_char,
    /// Descriptors of standard output, of standard error, and of a zygote's socket. The last
    /// descriptor is -1 if the child is not a zygote.
    streams: [c_int; 3],
    supervisor: libc::pid_t,
    limits: [Limit; LIMITS],
    limit_count: usize,
    is_open_to_debuggers: bool,
    /// Step of the start that failed, or 0.
    failed_step: c_int,
    /// `errno` value of the step that failed.
    error: c_int,
}

/// Runs in the child until the child executes its program. Until the child executes its program,
/// the child shares the memory of the suspended supervisor.
extern "C" fn become_program(launch: *mut c_void) -> c_int {
    // SAFETY: `Supervisor::launch` passes a pointer to a `Launch`, and is suspended while the child
    // uses the `Launch`.
    let launch = unsafe { &mut *launch.cast::<Launch>() };
    calls::own_group();
    // The kernel kills the child when the supervisor dies, because nothing else would enforce the
    // child's deadline. If the supervisor has died before `die_with_parent`, the kernel sends no
    // signal, so compare the parent's ID afterwards.
    calls::die_with_parent();
    if calls::parent() != launch.supervisor {
        calls::exit(127);
    }
    if launch.is_open_to_debuggers {
        calls::open_to_debuggers();
    }
    let [stdout, stderr, zygote] = launch.streams;
    let is_connected = calls::duplicate(stdout, libc::STDOUT_FILENO)
        && calls::duplicate(stderr, libc::STDERR_FILENO)
        && (zygote == -1 || calls::duplicate(zygote, ZYGOTE_SOCKET_FD));
    let mut limits = launch.limits.iter().take(launch.limit_count);
    // SAFETY: the directory's path is a C string, which ends with a zero byte.
    let enters = || unsafe { libc::chdir(launch.working_directory) } != -1;
    launch.failed_step = if !is_connected {
        messages::STEP_OUTPUT
    } else if !enters() {
        messages::STEP_ENTER
    } else if !limits.all(|limit| set_limit(limit.resource, limit.amount)) {
        messages::STEP_LIMITS
    } else {
        calls::unblock_all_signals();
        // SAFETY: each string ends with a zero byte, and each list of pointers ends with a null
        // pointer.
        unsafe { libc::execve(launch.path, launch.arguments, launch.variables) };
        messages::STEP_EXECUTE
    };
    launch.error = calls::errno();
    calls::exit(127)
}
