//! The supervisor itself.
//!
//! It is the fork of a process with several threads, of which it has one. Whatever the others held at that moment stays
//! held: the allocator's lock, a mutex, standard output. So nothing here allocates, locks, panics or formats; it calls the
//! system and compares numbers (POSIX, `fork`: only async-signal-safe functions).
#![expect(unsafe_code, reason = "maps memory, clones, and becomes another program")]

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use super::messages::{self, LIMITS, Limit, POINTERS, Plain, Reply, Request, STRINGS};
use super::{calls, children};
use crate::protocol;
use crate::spawn::unix::sys::set_limit;

/// How long the supervisor tries to kill what a child has left behind, in steps. Only a process stuck in the kernel takes so long.
const SWEEP_STEPS: u32 = 500;

/// After this many milliseconds without the end of a process it looks for new ones to kill.
const SWEEP_STEP: c_int = 20;

/// The runner's end is the only descriptor that it keeps, under this number.
const SOCKET: c_int = 3;

/// No process has this number.
const NOBODY: libc::pid_t = 0;

/// Memory of the supervisor, from the system and not from the allocator.
struct Room {
    strings: [u8; STRINGS],
    pointers: [*const c_char; POINTERS],
    /// For the child until it has become another program.
    stack: [u8; 64 << 10],
}

/// The supervisor, in the process that was forked for it. `socket` leads to the runner.
///
/// # Safety
///
/// The process must have been forked for it, so that nothing else runs in it and its descriptors are nobody else's.
pub(super) unsafe fn main(socket: c_int) -> ! {
    // A signal that is meant for the runner, such as Ctrl-C, must not end the supervisor before it has cleaned up. Out of the
    // runner's group, it does not get most of them; the others wait.
    calls::block_all_signals();
    calls::default_all_signals();
    calls::leave_group_and_terminal();
    calls::adopt_orphans();
    calls::name(c"testprog-superv");
    calls::settle();
    // Whatever else the runner has open must not be held open by its supervisor: pipes, and the sockets of other supervisors.
    calls::duplicate(socket, SOCKET);
    calls::close_on_exec(SOCKET);
    calls::close_from(SOCKET + 1);
    let null = calls::open(c"/dev/null", libc::O_RDWR);
    for standard in 0..SOCKET {
        calls::duplicate(null, standard);
    }
    let ends = calls::watch_children();
    // SAFETY: anonymous memory, which nothing else uses.
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
    if null == -1 || ends == -1 || room == libc::MAP_FAILED {
        calls::exit(1);
    }
    // SAFETY: zeros are a valid `Room`, it is as long as the mapping, and nothing else refers to it.
    let room = unsafe { &mut *room.cast::<Room>() };
    Supervisor { ends, group: NOBODY, room }.serve()
}

struct Supervisor {
    /// Readable when a child has ended.
    ends: c_int,
    /// The group of the last child.
    group: libc::pid_t,
    room: &'static mut Room,
}

impl Supervisor {
    /// One child after the other, until the runner is gone.
    fn serve(mut self) -> ! {
        loop {
            let ended = match self.start() {
                Ok(pid) => self.follow(pid),
                Err(error) => Reply { error, ..calls::empty_reply() },
            };
            answer(&ended);
            if ended.has_survivors() {
                // Whatever the order is, there is only one that makes sense here.
                self.order();
                self.sweep(NOBODY);
                answer(&ended);
            }
        }
    }

    /// Waits for a request and starts the child.
    fn start(&mut self) -> Result<libc::pid_t, c_int> {
        let Some((request, have, streams)) =
            messages::receive_request(SOCKET, &mut self.room.strings)
        else {
            self.leave();
        };
        let rest = self.room.strings.get_mut(have..request.length as usize).unwrap_or_default();
        if !calls::read(SOCKET, rest) {
            self.leave();
        }
        let started = self.launch(&request, streams);
        streams.into_iter().filter(|stream| *stream != -1).for_each(calls::close);
        started
    }

    fn launch(&mut self, request: &Request, streams: [c_int; 3]) -> Result<libc::pid_t, c_int> {
        let variables = self.point(request);
        if request.directory_is_there == 0 {
            // SAFETY: the strings begin with the directory, which ends with a zero byte.
            if unsafe { libc::mkdir(self.directory(), 0o700) } == -1 {
                return Err(calls::errno());
            }
        }
        let mut launch = Launch {
            directory: self.directory(),
            path: self.room.pointers[0],
            arguments: self.room.pointers[1..].as_ptr(),
            variables,
            streams,
            supervisor: calls::this_process(),
            limits: request.limits,
            limit_count: request.limit_count as usize,
            is_open_to_debuggers: request.is_open_to_debuggers != 0,
            error: 0,
        };
        let top = self.room.stack.as_mut_ptr_range().end;
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        // SAFETY: with these flags this process waits until the child has left the shared memory. The child has a stack of
        // its own, and `launch` outlives its use.
        let pid =
            unsafe { libc::clone(become_program, top.cast(), flags, (&raw mut launch).cast()) };
        if pid == -1 {
            return Err(calls::errno());
        }
        if launch.error != 0 {
            calls::wait_for(pid, 0);
            return Err(launch.error);
        }
        self.group = pid;
        Ok(pid)
    }

    /// The child's directory, with which the strings of a request begin. Empty before the first request.
    fn directory(&self) -> *const c_char {
        self.room.strings.as_ptr().cast()
    }

    /// Finds the strings of a request, which stand one after the other: the directory, the executable's path, the arguments,
    /// the variables. The pointers are: the path, the arguments, null, the variables, null. Returns the pointer to those of
    /// the variables.
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
        // The path and the arguments, then the variables, with a null after each list. The runner sends no more than fit.
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

    /// Waits for the child's end, and does meanwhile what the runner orders.
    fn follow(&mut self, pid: libc::pid_t) -> Reply {
        loop {
            let [ordered, _] = calls::wait([SOCKET, self.ends], -1);
            calls::take_news(self.ends);
            calls::reap_all_but(pid);
            if let Some(mut ended) = calls::wait_for(pid, libc::WNOHANG) {
                ended.survivors = (!calls::reap_all()).into();
                return ended;
            }
            match ordered.then(|| self.order()) {
                None => {}
                Some(messages::TERMINATE) => {
                    calls::kill(-pid, libc::SIGTERM);
                    // A stopped process acts on it only when it goes on.
                    calls::kill(-pid, libc::SIGCONT);
                }
                Some(messages::SWEEP) => {
                    self.sweep(pid);
                    answer(&Reply { is_running: 1, ..calls::empty_reply() });
                }
                Some(_) => {
                    // The child may have moved to another group.
                    calls::kill(pid, libc::SIGKILL);
                    calls::kill(-pid, libc::SIGKILL);
                }
            }
        }
    }

    /// Reads one order. Where the runner is gone, the supervisor kills what it has and ends.
    fn order(&mut self) -> u8 {
        let mut order = [0];
        if !calls::read(SOCKET, &mut order) {
            self.sweep(NOBODY);
            self.leave();
        }
        order[0]
    }

    /// Kills every child of this process but one, and those that they leave to it, until there is none.
    fn sweep(&self, but: libc::pid_t) {
        for _ in 0..SWEEP_STEPS {
            // Those that have ended are children until they are waited for.
            let found = children::kill_children(but);
            if found.is_none() && but != self.group && self.group != NOBODY {
                // All that can be done. As long as a process is in the group, no other has its number.
                calls::kill(-self.group, libc::SIGKILL);
            }
            let excepted_has_ended = calls::reap_all_but(but);
            if found != Some(true) || excepted_has_ended {
                return;
            }
            calls::wait([self.ends], SWEEP_STEP);
            calls::take_news(self.ends);
        }
    }

    /// The runner is gone, perhaps before it removed the last child's directory. It goes if it is empty.
    fn leave(&self) -> ! {
        // SAFETY: it ends with a zero byte.
        unsafe { libc::rmdir(self.directory()) };
        calls::exit(0)
    }
}

fn answer<T: Plain>(message: &T) {
    calls::send(SOCKET, messages::bytes(message));
}

/// What the child needs to become a program.
struct Launch {
    directory: *const c_char,
    path: *const c_char,
    arguments: *const *const c_char,
    variables: *const *const c_char,
    /// Standard output, standard error, and for a zygote its socket, otherwise -1.
    streams: [c_int; 3],
    supervisor: libc::pid_t,
    limits: [Limit; LIMITS],
    limit_count: usize,
    is_open_to_debuggers: bool,
    /// Why it could not, as an `errno` value.
    error: c_int,
}

/// The child, until it is another program. It shares the memory of the supervisor, which waits for it.
extern "C" fn become_program(launch: *mut c_void) -> c_int {
    // SAFETY: `launch` passes one, and waits.
    let launch = unsafe { &mut *launch.cast::<Launch>() };
    calls::own_group();
    // Without its supervisor nobody would end it. Where the supervisor died before this call, it sent nothing.
    calls::die_with_parent();
    if calls::parent() != launch.supervisor {
        calls::exit(127);
    }
    if launch.is_open_to_debuggers {
        calls::open_to_debuggers();
    }
    let [stdout, stderr, zygote] = launch.streams;
    calls::duplicate(stdout, libc::STDOUT_FILENO);
    calls::duplicate(stderr, libc::STDERR_FILENO);
    if zygote != -1 {
        calls::duplicate(zygote, protocol::ZYGOTE_SOCKET_FD);
    }
    // SAFETY: the path ends with a zero byte.
    let moved = unsafe { libc::chdir(launch.directory) } == 0;
    let mut limits = launch.limits.iter().take(launch.limit_count);
    if moved && limits.all(|limit| set_limit(limit.resource, limit.amount)) {
        calls::unblock_all_signals();
        // SAFETY: the pointers lead to strings and to lists of them, each ended as it must be.
        unsafe { libc::execve(launch.path, launch.arguments, launch.variables) };
    }
    launch.error = calls::errno();
    calls::exit(127)
}
