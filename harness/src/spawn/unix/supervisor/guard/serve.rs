//! Implements the guard process. Like the code of a supervisor, the code of a guard neither
//! allocates nor locks nor panics; see `supervisor/serve.rs`.
#![expect(unsafe_code, reason = "calls fork and mmap")]

use std::ffi::c_int;
use std::ptr;
use std::time::{Duration, Instant};

use super::super::messages::{self, GuardAnswer, GuardOrder, SWEEP_LIMIT};
use super::super::{calls, children, descriptors, serve};
use crate::packet;
use crate::spawn::unix::open_files;

/// File descriptor of the socket to the runner.
const SOCKET: c_int = 3;

/// File descriptor of the runner's process (`pidfd_open(2)`).
const RUNNER: c_int = 4;

/// Number that stands for no descriptor, and that poll(2) ignores because it is negative.
const NONE: c_int = -1;

/// Interval, in milliseconds, at which the guard searches for new processes to kill.
const STEP: c_int = 20;

/// Time after the runner's death within which supervisors should exit by themselves.
const GRACE: Duration = Duration::from_secs(SWEEP_LIMIT.as_secs() + 2);

/// Upper bound of process IDs: one more than the largest process ID (`PID_MAX_LIMIT`, proc(5)).
const PIDS: usize = 1 << 22;

/// Number of ended supervisors whose status the guard stores.
const ENDED: usize = 64;

/// Process ID that stands for no process.
const NOBODY: libc::pid_t = 0;

/// Serves the runner at the other end of `socket` until the runner is gone and no supervisor is
/// left. `open_files` is the limit on open files for the guard, if the guard must set one.
///
/// # Safety
///
/// The caller must have forked this process for the guard with all signals blocked, so that this
/// process has only one thread and nothing else uses its descriptors.
pub(super) unsafe fn main(
    socket: c_int,
    runner: libc::pid_t,
    open_files: Option<libc::rlimit>,
) -> ! {
    calls::default_all_signals();
    calls::leave_group_and_terminal();
    // The error is ignored, because each supervisor gets the same error and reports the error.
    let _ = calls::adopt_orphans();
    calls::name(c"testprog-guard");
    calls::settle();
    calls::close_to_others();
    if !calls::duplicate(socket, SOCKET) {
        fail(socket, messages::CALL_DUP2);
    }
    calls::close_on_exec(SOCKET);
    let process = calls::open_process(runner);
    let parent = calls::parent();
    if parent == -1 {
        fail(SOCKET, messages::CALL_GETPPID); // a seccomp filter can make getppid(2) fail
    }
    if parent != runner {
        calls::exit(1); // the runner has died
    }
    if process >= 0 {
        if !calls::duplicate(process, RUNNER) {
            fail(SOCKET, messages::CALL_DUP2);
        }
        calls::close_on_exec(RUNNER);
    }
    let first = if process >= 0 { RUNNER + 1 } else { SOCKET + 1 };
    descriptors::close_from(first);
    if let Some(limit) = open_files {
        // If setting the limit fails, the runner finds another limit than expected and starts
        // another guard.
        open_files::set(&limit);
    }
    // The guard replaces its standard streams by `/dev/null`, because the runner's standard streams
    // may be pipes that must not stay open. The error is ignored, because each supervisor also
    // opens `/dev/null` and reports the error.
    let null = calls::open(c"/dev/null", libc::O_RDWR);
    for standard in 0..SOCKET {
        if !calls::duplicate(if null < 0 { SOCKET } else { null }, standard) {
            fail(SOCKET, messages::CALL_DUP2);
        }
    }
    if null >= first {
        calls::close(null);
    }
    let ends = calls::watch_children();
    if ends == -1 {
        fail(SOCKET, messages::CALL_SIGNALFD);
    }
    // SAFETY: `mmap` creates a new anonymous mapping and changes no existing mapping.
    let supervisors = unsafe {
        libc::mmap(
            ptr::null_mut(),
            PIDS / 8,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if supervisors == libc::MAP_FAILED {
        fail(SOCKET, messages::CALL_MMAP);
    }
    // SAFETY: the mapping is zeroed and has `PIDS / 8` bytes, and nothing else refers to the
    // mapping.
    let supervisors = unsafe { &mut *supervisors.cast::<[u8; PIDS / 8]>() };
    let runner = if process >= 0 { RUNNER } else { NONE };
    let ended = [(NOBODY, 0, 0); ENDED];
    let list = children::open_list();
    Guard { socket: SOCKET, runner, ends, list, supervisors, count: 0, ended, next: 0 }.serve()
}

/// Reports to the runner that a system call has failed, and exits. The runner then starts another
/// guard.
fn fail(socket: c_int, call: u32) -> ! {
    report(socket, call, calls::errno());
    calls::exit(1)
}

/// Reports to the runner that a system call has failed with `error`.
fn report(socket: c_int, failed_call: u32, error: c_int) {
    let answer = GuardAnswer { error, failed_call, ..GuardAnswer::EMPTY };
    calls::send_last(socket, messages::bytes(&answer));
}

struct Guard {
    /// Socket to the runner, or [`NONE`] if the runner has closed it.
    socket: c_int,
    /// Descriptor of the runner's process, or [`NONE`] if the kernel has no process descriptors or
    /// the runner has died.
    runner: c_int,
    /// Descriptor that becomes readable when a child ends or stops.
    ends: c_int,
    /// Descriptor of the list of children; see [`children::open_list`].
    list: c_int,
    /// Bit set with one bit for each process ID. A process's bit is 1 if the process is a
    /// supervisor of this guard.
    supervisors: &'static mut [u8; PIDS / 8],
    /// Number of running supervisors of this guard.
    count: usize,
    /// Process ID, `si_code` and `si_status` of supervisors that have ended.
    ended: [(libc::pid_t, c_int, c_int); ENDED],
    /// Index of the entry of `ended` that the guard overwrites next.
    next: usize,
}

impl Guard {
    fn serve(mut self) -> ! {
        let mut until = None;
        loop {
            let timeout = if until.is_some() { STEP } else { -1 };
            let [asked, ended, is_alone] =
                calls::wait([self.socket, self.ends, self.runner], timeout);
            if ended {
                calls::discard_event(self.ends);
                self.tend();
            }
            if is_alone {
                // The supervisors have the time `GRACE` to exit before the guard kills them. A
                // supervisor may not notice the runner's death, because a fork of the runner may
                // hold the supervisor's socket open.
                (self.runner, self.socket) = (NONE, NONE);
                until = Some(Instant::now() + GRACE);
            } else if asked {
                self.answer();
            }
            if self.socket == NONE && self.count == 0 {
                self.sweep(NOBODY);
                calls::exit(0);
            }
            if let Some(until) = until.filter(|until| Instant::now() >= *until) {
                // Kill the supervisors that have not exited after the runner's death, and their
                // children.
                let _ = children::kill_children(self.list, |_| true);
                if Instant::now() >= until + SWEEP_LIMIT {
                    calls::exit(1); // give up on processes that are stuck in the kernel
                }
            }
        }
    }

    /// Reads one order of the runner and executes the order.
    fn answer(&mut self) {
        let mut order = [0; size_of::<GuardOrder>()];
        let (length, [socket, ..]) = match packet::receive(self.socket, [&mut order, &mut []]) {
            Ok(Some(received)) => received,
            Ok(None) => return self.hang_up(), // the runner has closed its end of the socket
            Err(error) => {
                let error = error.raw_os_error().unwrap_or_default();
                report(self.socket, messages::CALL_RECVMSG, error);
                return self.hang_up();
            }
        };
        let order: GuardOrder = messages::from_bytes(&order);
        let answer = match order.what {
            messages::FORK if length == size_of::<GuardOrder>() => self.fork(socket),
            _ => self.settle(order.pid),
        };
        if socket >= 0 {
            calls::close(socket);
        }
        if !calls::send(self.socket, messages::bytes(&answer)) {
            report(self.socket, messages::CALL_SENDTO, calls::errno());
            self.hang_up();
        }
    }

    /// Closes the guard's end of the socket, so that the runner does not wait for an answer.
    fn hang_up(&mut self) {
        calls::close(self.socket);
        self.socket = NONE;
    }

    fn fork(&mut self, socket: c_int) -> GuardAnswer {
        // SAFETY: this process has only one thread, so no other thread can hold a lock that the
        // fork needs.
        match unsafe { libc::fork() } {
            -1 => GuardAnswer { error: calls::errno(), ..GuardAnswer::EMPTY },
            // SAFETY: this process was just forked for the supervisor, and the supervisor's socket
            // is open in this process.
            0 => unsafe { serve::main(socket) },
            pid => {
                self.mark(pid, true);
                GuardAnswer { pid, ..GuardAnswer::EMPTY }
            }
        }
    }

    /// Kills a supervisor and all processes that the supervisor leaves behind, and returns how the
    /// supervisor ended.
    fn settle(&mut self, supervisor: libc::pid_t) -> GuardAnswer {
        if self.is_supervisor(supervisor) {
            // If another signal is already killing the supervisor, SIGKILL does not change the
            // supervisor's status.
            calls::kill(supervisor, libc::SIGKILL);
        }
        let (pid, error) = self.sweep(supervisor);
        let ended = self.ended.iter().find(|(pid, ..)| *pid == supervisor);
        let (_, code, status) = ended.copied().unwrap_or_default();
        GuardAnswer { pid, error, code, status, failed_call: 0 }
    }

    /// Waits until the process `supervisor` has ended, and kills all children that are not
    /// supervisors until no such child is left. Returns the ID of a process that is still running
    /// and the `errno` value of kill(2), or zeros if no process is left.
    fn sweep(&mut self, supervisor: libc::pid_t) -> (libc::pid_t, c_int) {
        let until = Instant::now() + SWEEP_LIMIT;
        loop {
            calls::discard_event(self.ends);
            let killed = self.tend();
            let is_over = Instant::now() >= until;
            let is_gone = !self.is_supervisor(supervisor);
            if is_gone && (killed.found == 0 || killed.found == killed.refused || is_over) {
                return (killed.last, killed.error);
            }
            if is_over {
                return (supervisor, 0);
            }
            calls::wait([self.ends], STEP);
        }
    }

    /// Reaps children that have ended, and sends SIGCONT to children that have stopped. Kills every
    /// child that is not a supervisor, because a supervisor has left that child behind.
    fn tend(&mut self) -> children::Killed {
        /// Maximum number of children to reap or continue in one call. Without a maximum, a process
        /// that keeps starting processes could prolong the call forever.
        const MOST: usize = 1 << 16;
        for _ in 0..MOST {
            let (pid, code, status) = match calls::next_change() {
                Ok(Some(change)) => change,
                Ok(None) => break,
                Err(_) => {
                    self.count = 0; // a process without children has no supervisors
                    break;
                }
            };
            match code {
                libc::CLD_STOPPED | libc::CLD_TRAPPED => {
                    calls::kill(pid, libc::SIGCONT);
                }
                _ if self.is_supervisor(pid) => {
                    self.mark(pid, false);
                    if let Some(entry) = self.ended.get_mut(self.next) {
                        *entry = (pid, code, status);
                    }
                    self.next = (self.next + 1) % ENDED;
                }
                _ => {}
            }
        }
        let supervisors = &*self.supervisors;
        children::kill_children(self.list, |pid| !is_marked(supervisors, pid)).unwrap_or_default()
    }

    fn is_supervisor(&self, pid: libc::pid_t) -> bool {
        is_marked(self.supervisors, pid)
    }

    fn mark(&mut self, pid: libc::pid_t, is_supervisor: bool) {
        let bit = 1 << (pid & 7);
        if let Some(byte) = self.supervisors.get_mut(place(pid)) {
            if is_supervisor {
                *byte |= bit;
                self.count += 1;
            } else {
                *byte &= !bit;
                self.count = self.count.saturating_sub(1);
            }
        }
    }
}

fn is_marked(supervisors: &[u8], pid: libc::pid_t) -> bool {
    supervisors.get(place(pid)).is_some_and(|byte| byte & 1 << (pid & 7) != 0)
}

/// Returns the index of the byte of the bit set that contains the bit of a process ID.
fn place(pid: libc::pid_t) -> usize {
    usize::try_from(pid / 8).unwrap_or(usize::MAX)
}
