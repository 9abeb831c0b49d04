//! Runs in the supervisor process.
//!
//! A supervisor is the fork of a process with several threads, and the fork has only one of them.
//! Whatever the other threads held at the fork stays locked in the supervisor: the allocator's
//! lock, a mutex, standard output. Therefore the code of a supervisor does not allocate, lock,
//! panic or format. A supervisor only makes system calls and compares numbers. POSIX allows only
//! async-signal-safe functions after such a `fork`.
#![expect(unsafe_code, reason = "maps memory, clones, and becomes another program")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::time::Instant;

use super::messages::{self, LIMITS, Limit, Made, POINTERS, Plain, Reply, Request, STRINGS};
use super::{calls, children, descriptors, made};
use crate::protocol;
use crate::spawn::unix::sys::set_limit;

/// Length of a step in milliseconds. The supervisor looks for new processes to kill when a child
/// has ended or when the step is over.
const SWEEP_STEP: c_int = 20;

/// Number of the descriptor of the socket to the runner, the only inherited descriptor that a
/// supervisor keeps.
const SOCKET: c_int = 3;

/// Process ID that no process has.
const NOBODY: libc::pid_t = 0;

/// Working memory of the supervisor, mapped directly because the supervisor must not use the
/// allocator.
struct Room {
    strings: [u8; STRINGS],
    pointers: [*const c_char; POINTERS],
    /// Stack for the child until it executes its program.
    stack: [u8; 64 << 10],
}

/// Serves the runner at the other end of `socket` until the runner is gone.
///
/// # Safety
///
/// The caller must have forked this process for the supervisor, so that it has one thread and
/// nothing else uses its descriptors.
pub(super) unsafe fn main(socket: c_int) -> ! {
    // A signal that is meant for the runner, such as Ctrl-C's SIGINT, must not kill the supervisor
    // before it has cleaned up. Most such signals do not reach the supervisor, which is in another
    // process group. The supervisor keeps all other signals blocked.
    let _ = calls::block_all_signals();
    calls::default_all_signals();
    calls::leave_group_and_terminal();
    let adopt_error = calls::adopt_orphans();
    calls::close_to_others();
    calls::name(c"testprog-superv");
    calls::settle();
    // The supervisor closes all other descriptors that it inherited from the runner. If a
    // supervisor kept these descriptors, it would hold open the runner's pipes and the sockets of
    // other supervisors.
    if !calls::duplicate(socket, SOCKET) {
        calls::exit(1); // the runner reads that the socket is closed
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
    // SAFETY: the call creates a new anonymous mapping and changes no existing one.
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
        adopt_error,
        nonce: 0,
        group: NOBODY,
        has_directory: false,
        made: Made::NONE,
        left: Left::default(),
        room,
    };
    supervisor.serve()
}

/// Reports that this supervisor cannot start any child, and exits when the runner is gone.
fn refuse(failed_step: c_int, error: c_int) -> ! {
    // The runner sends a request before it reads the reply. If nobody read the request, the runner
    // would see a reset connection instead of the reply. The reply repeats the request's number.
    let Some((request, _, streams)) = messages::receive_request(SOCKET, &mut []) else {
        calls::exit(1)
    };
    streams.into_iter().filter(|stream| *stream != -1).for_each(calls::close);
    let reply = Reply { failed_step, error, nonce: request.nonce, ..calls::empty_reply() };
    let _ = answer(&reply); // the runner is gone if that fails
    while calls::read(SOCKET, &mut [0]) {}
    calls::exit(1)
}

struct Supervisor {
    /// Descriptor that becomes readable when a child ends.
    ends: c_int,
    /// `errno` value that says why this process does not adopt orphans, or 0.
    adopt_error: c_int,
    /// Number of the last request, which replies repeat.
    nonce: u64,
    /// Process group of the last child.
    group: libc::pid_t,
    /// Whether this supervisor created the last child's directory.
    has_directory: bool,
    /// State of the last child's directory when it was created.
    made: Made,
    /// What the last sweep could not kill.
    left: Left,
    room: &'static mut Room,
}

/// Process that a sweep could not kill.
#[derive(Clone, Copy, Default)]
struct Left {
    /// Process ID, or 0.
    pid: libc::pid_t,
    /// `errno` value of the attempt, or 0 if the process did not end in time.
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
                // The only order that the runner sends at this point is SWEEP.
                self.order();
                self.sweep(NOBODY);
                self.answer(ended);
            }
        }
    }

    /// Sends a reply to the runner. If that fails, the runner cannot learn how the child ended. The
    /// supervisor then kills what is left of the child and exits, so the runner need not wait.
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
    /// failed and the `errno` value that says why.
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
        let variables = self.point(request);
        if request.directory_is_there == 0 {
            (self.has_directory, self.made) = (false, Made::NONE);
            // SAFETY: the directory's path ends with a zero byte.
            if unsafe { libc::mkdir(self.directory().as_ptr(), 0o700) } == -1 {
                return Err([messages::STEP_DIRECTORY, calls::errno()]);
            }
            self.has_directory = true;
            self.made = made::look(self.directory()).unwrap_or(Made::NONE);
        }
        let mut launch = Launch {
            directory: self.directory().as_ptr(),
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
        // exited. The child has a stack of its own, and `launch` outlives the child's use of it.
        let pid =
            unsafe { libc::clone(become_program, top.cast(), flags, (&raw mut launch).cast()) };
        if pid == -1 {
            return Err([messages::STEP_PROCESS, calls::errno()]);
        }
        if launch.failed_step != 0 {
            calls::wait_for(pid, 0);
            return Err([launch.failed_step, launch.error]);
        }
        self.group = pid;
        Ok(pid)
    }

    /// Returns the path of the child's directory, which is the first string of a request. The path
    /// is empty before the first request.
    fn directory(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.room.strings).unwrap_or_default()
    }

    /// Fills the table of pointers to the strings of a request. The strings are, in this order: the
    /// directory, the executable's path, the arguments, the variables. The pointers are: the path,
    /// the arguments, null, the variables, null. Returns the address of the first variable's
    /// pointer.
    fn point(&mut self, request: &Request) -> *const *const c_char {
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
        // The first list is the path and the arguments, the second is the variables. A null pointer
        // follows each list. The runner does not send more strings than there is room for.
        let lists = [0..1 + arguments, 2 + arguments..2 + arguments + variables];
        for list in lists {
            for pointer in pointers.get_mut(list.clone()).unwrap_or_default() {
                *pointer = next();
            }
            if let Some(end) = pointers.get_mut(list.end) {
                *end = ptr::null();
            }
        }
        pointers.as_ptr().wrapping_add(2 + arguments)
    }

    /// Waits until the child ends, and carries out the runner's orders until then.
    fn follow(&mut self, pid: libc::pid_t) -> Reply {
        loop {
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
                    // A stopped process acts on SIGTERM only when SIGCONT resumes it.
                    calls::kill(-pid, libc::SIGCONT);
                }
                Some(messages::SWEEP) => {
                    self.sweep(pid);
                    self.answer(Reply { is_running: 1, ..calls::empty_reply() });
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

    /// Reads one order from the runner. If the runner is gone, the supervisor kills what is left of
    /// the child and exits.
    fn order(&mut self) -> u8 {
        let mut order = [0];
        if !calls::read(SOCKET, &mut order) {
            self.sweep(NOBODY);
            self.leave();
        }
        order[0]
    }

    /// Kills every child of this process except `but`, and every orphan that becomes its child
    /// meanwhile, until none is left. Gives up after [`messages::SWEEP_LIMIT`], if it may not kill
    /// those that are left, or when `but` has ended.
    fn sweep(&mut self, but: libc::pid_t) {
        let until = Instant::now() + messages::SWEEP_LIMIT;
        loop {
            // An event that arrives after this line ends the wait below.
            calls::discard_event(self.ends);
            let excepted_has_ended = calls::reap_all_but(but);
            let killed = children::kill_children(|pid| pid != but);
            if killed.is_none() && but != self.group && self.group != NOBODY {
                // The children cannot be found, so kill the last child's process group. The kernel
                // does not reuse a group's ID while the group has a member.
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

    /// Removes the last child's directory if this supervisor created it and it is empty, and exits.
    /// The runner is gone and may not have removed it.
    fn leave(&self) -> ! {
        if self.has_directory {
            // SAFETY: the directory's path ends with a zero byte.
            unsafe { libc::rmdir(self.directory().as_ptr()) };
        }
        calls::exit(0)
    }
}

/// Sends a message to the runner. Returns false if the system refuses that.
fn answer<T: Plain>(message: &T) -> bool {
    calls::send(SOCKET, messages::bytes(message))
}

/// Parameters with which the child executes its program.
struct Launch {
    directory: *const c_char,
    path: *const c_char,
    arguments: *const *const c_char,
    variables: *const *const c_char,
    /// Standard output, standard error, and a zygote's socket, or -1 if the child is no zygote.
    streams: [c_int; 3],
    supervisor: libc::pid_t,
    limits: [Limit; LIMITS],
    limit_count: usize,
    is_open_to_debuggers: bool,
    /// Step that failed, or 0.
    failed_step: c_int,
    /// `errno` value that says why the step failed.
    error: c_int,
}

/// Runs in the child until the child executes its program. Until then the child shares the memory
/// of the supervisor, which is suspended.
extern "C" fn become_program(launch: *mut c_void) -> c_int {
    // SAFETY: `Supervisor::launch` passes a pointer to a `Launch` and is suspended while the child
    // uses it.
    let launch = unsafe { &mut *launch.cast::<Launch>() };
    calls::own_group();
    // Without its supervisor, nothing would enforce the child's deadline. If the supervisor died
    // before this call, no signal arrives, so compare the parent's ID afterwards.
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
        && (zygote == -1 || calls::duplicate(zygote, protocol::ZYGOTE_SOCKET_FD));
    let mut limits = launch.limits.iter().take(launch.limit_count);
    // SAFETY: the directory's path ends with a zero byte.
    let enters = || unsafe { libc::chdir(launch.directory) } != -1;
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
