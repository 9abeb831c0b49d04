//! Traces a run with ptrace(2), counts the system calls of the run, and makes one system call fail.
//!
//! The tracer follows the runner and all its threads, the guard, each supervisor, and each child
//! until the child executes its program. The tracer also follows a zygote from the zygote's first
//! message on, and each fork of a zygote until the fork runs its scenario, but no other process.
#![expect(unsafe_code, reason = "calls ptrace and waitpid")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::ptr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use libc::{c_int, c_long, c_void, pid_t, user_regs_struct};
use testprog_harness::protocol::ZYGOTE_FLAG;

use crate::calls::{self, Fault};

/// Descriptor of a zygote's socket, according to `docs/protocol.md`.
const ZYGOTE_SOCKET: u64 = 3;

/// Role of a process in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Runner,
    Guard,
    Supervisor,
    /// Child of a supervisor before the child has executed its program.
    Child,
    Zygote,
    /// Fork of a zygote before the fork runs its scenario.
    Fork,
}

/// A system call of a run: the role of the calling process, the number of the system call, and the
/// position among the calls with this role and number, counted from 1.
pub(crate) type Site = (Role, c_long, u32);

/// Observations of the tracer during a run.
#[derive(Debug)]
pub(crate) struct Traced {
    /// Exit status of the runner in the encoding of wait(2).
    pub(crate) status: c_int,
    /// Whether the tracer killed the run because the run took longer than the time limit.
    pub(crate) was_killed: bool,
    /// Number of system calls, by the role of the process and the number of the system call.
    pub(crate) counts: BTreeMap<(Role, c_long), u32>,
    /// Whether the requested fault was injected.
    pub(crate) is_injected: bool,
    /// Numbers of system calls that the table in [`calls`] does not contain.
    pub(crate) unknown: BTreeSet<c_long>,
}

/// A traced thread.
#[derive(Debug)]
struct Thread {
    role: Role,
    /// Whether the tracer still waits for the SIGSTOP that the kernel sends to each new traced
    /// thread.
    is_new: bool,
    /// Whether the tracer counts the thread's system calls. The tracer does not count the first
    /// system calls of a process, which the loader and Rust's standard library make.
    counts: bool,
    /// System call that the thread has begun and not ended, if any.
    inside: Option<Inside>,
}

/// A system call that has begun and not ended.
#[derive(Clone, Copy, Debug)]
struct Inside {
    call: c_long,
    /// Result that replaces the result of the system call.
    result: Option<i64>,
    /// Whether the tracer has changed the arguments and must restore their registers, which the
    /// caller may use after the system call.
    is_changed: bool,
    /// First and third argument of the system call.
    arguments: [u64; 2],
    /// Address and content of the word of memory that the tracer must restore at the end of the
    /// system call.
    restore: Option<(u64, c_long)>,
}

struct Tracer<'a> {
    fault: Option<(Site, Fault)>,
    threads: HashMap<pid_t, Thread>,
    /// Threads that stopped before the tracer learned which thread started them.
    early: HashSet<pid_t>,
    alive: &'a Mutex<HashSet<pid_t>>,
    traced: Traced,
}

/// Runs `command`, with a fault in one system call if `fault` is given. Kills the run if the run
/// takes longer than `limit`.
///
/// # Errors
///
/// Fails if the command cannot be started, or if this process may not trace other processes.
pub(crate) fn trace(
    mut command: Command,
    fault: Option<(Site, Fault)>,
    limit: Duration,
) -> io::Result<Traced> {
    // SAFETY: the request `PTRACE_TRACEME` ignores all other arguments.
    let be_traced = || check(unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) });
    // SAFETY: the function `be_traced` makes only one system call, which is allowed between `fork`
    // and `execve`.
    unsafe { command.pre_exec(be_traced) };
    let runner = pid_t::try_from(command.spawn()?.id()).expect("the kernel's IDs fit");
    let alive = Arc::new(Mutex::new(HashSet::from([runner])));
    let mut status = 0;
    // SAFETY: the variable `status` is writable memory of the right type.
    unsafe { libc::waitpid(runner, &raw mut status, libc::__WALL) };
    let options = libc::PTRACE_O_TRACESYSGOOD
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEEXEC
        | libc::PTRACE_O_EXITKILL;
    // SAFETY: the request `PTRACE_SETOPTIONS` takes only integers.
    check(unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, runner, 0, options) })?;
    let (ended, has_ended) = mpsc::channel::<()>();
    let watchdog = thread::spawn({
        let alive = Arc::clone(&alive);
        move || {
            if has_ended.recv_timeout(limit) != Err(RecvTimeoutError::Timeout) {
                return false;
            }
            for pid in &*lock(&alive) {
                // SAFETY: the function `kill` takes only integers and accesses no memory of this
                // process.
                unsafe { libc::kill(*pid, libc::SIGKILL) };
            }
            true
        }
    });
    let traced = Traced {
        status: 0,
        was_killed: false,
        counts: BTreeMap::new(),
        is_injected: false,
        unknown: BTreeSet::new(),
    };
    let mut run =
        Tracer { fault, threads: HashMap::new(), early: HashSet::new(), alive: &alive, traced };
    run.add(runner, Role::Runner, false, false);
    resume(runner, 0);
    run.follow(runner);
    let mut traced = run.traced;
    drop(ended);
    traced.was_killed = watchdog.join().expect("the watchdog does not panic");
    Ok(traced)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check(result: c_long) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Continues a stopped thread until its next system call, and delivers `signal` to the thread
/// unless `signal` is 0. The function ignores errors, because the thread may have been killed.
fn resume(pid: pid_t, signal: c_int) {
    // SAFETY: the ptrace request `PTRACE_SYSCALL` takes only integers and accesses no memory of
    // this process.
    unsafe { libc::ptrace(libc::PTRACE_SYSCALL, pid, 0, signal) };
}

fn registers(pid: pid_t) -> Option<user_regs_struct> {
    let mut registers = MaybeUninit::<user_regs_struct>::zeroed();
    let (unused, to) = (ptr::null_mut::<c_void>(), registers.as_mut_ptr());
    // SAFETY: the variable `registers` is writable memory of the type that the request
    // `PTRACE_GETREGS` fills.
    let done = unsafe { libc::ptrace(libc::PTRACE_GETREGS, pid, unused, to) };
    // SAFETY: all fields of `registers` are integers, which the code above has set to zero.
    (done != -1).then(|| unsafe { registers.assume_init() })
}

fn set_registers(pid: pid_t, registers: &user_regs_struct) {
    let unused = ptr::null_mut::<c_void>();
    // SAFETY: the request `PTRACE_SETREGS` reads a value of the type `user_regs_struct`.
    unsafe { libc::ptrace(libc::PTRACE_SETREGS, pid, unused, ptr::from_ref(registers)) };
}

impl Tracer<'_> {
    fn add(&mut self, pid: pid_t, role: Role, is_new: bool, counts: bool) {
        self.threads.insert(pid, Thread { role, is_new, counts, inside: None });
        lock(self.alive).insert(pid);
    }

    fn remove(&mut self, pid: pid_t) {
        self.threads.remove(&pid);
        lock(self.alive).remove(&pid);
    }

    fn follow(&mut self, runner: pid_t) {
        const SYSTEM_CALL: c_int = libc::SIGTRAP | 0x80;
        loop {
            let mut status = 0;
            let flags = libc::__WALL | libc::__WNOTHREAD;
            // SAFETY: the variable `status` is writable memory of the right type.
            let pid = unsafe { libc::waitpid(-1, &raw mut status, flags) };
            if pid == -1 {
                if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
                    continue;
                }
                return; // no traced thread is left
            }
            if !libc::WIFSTOPPED(status) {
                if pid == runner {
                    self.traced.status = status;
                }
                self.remove(pid);
                continue;
            }
            let Some(thread) = self.threads.get_mut(&pid) else {
                self.early.insert(pid);
                continue;
            };
            match (libc::WSTOPSIG(status), status >> 16) {
                (SYSTEM_CALL, _) => {
                    if self.system_call(pid) {
                        resume(pid, 0);
                    }
                }
                (
                    _,
                    libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE,
                ) => self.started(pid, status >> 16),
                (_, libc::PTRACE_EVENT_EXEC) => self.executed(pid),
                (libc::SIGSTOP, _) if thread.is_new => {
                    thread.is_new = false;
                    resume(pid, 0);
                }
                (signal, 0) => resume(pid, signal),
                _ => resume(pid, 0),
            }
        }
    }

    /// Handles the event that the thread `by` has started another thread or process.
    fn started(&mut self, by: pid_t, event: c_int) {
        let mut new: libc::c_ulong = 0;
        let unused = ptr::null_mut::<c_void>();
        // SAFETY: the request `PTRACE_GETEVENTMSG` writes an `unsigned long`, which is the type of
        // `new`.
        unsafe { libc::ptrace(libc::PTRACE_GETEVENTMSG, by, unused, &raw mut new) };
        let new = pid_t::try_from(new).expect("the kernel's IDs fit");
        let Thread { role, counts, .. } = self.threads[&by];
        let role = match (role, event) {
            (role, libc::PTRACE_EVENT_CLONE) => role,
            (Role::Runner, _) => Role::Guard,
            (Role::Guard, _) => Role::Supervisor,
            (Role::Supervisor, _) => Role::Child,
            (Role::Zygote, _) => Role::Fork,
            (role, _) => role,
        };
        let has_stopped = self.early.remove(&new);
        self.add(new, role, !has_stopped, counts);
        if has_stopped {
            resume(new, 0);
        }
        resume(by, 0);
    }

    /// Handles the event that a process has executed a program.
    fn executed(&mut self, pid: pid_t) {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let thread = self.threads.get_mut(&pid).expect("it is traced");
        if line.split(|byte| *byte == 0).any(|word| word == ZYGOTE_FLAG.as_bytes()) {
            (thread.role, thread.counts) = (Role::Zygote, false);
            resume(pid, 0);
        } else {
            self.detach(pid);
        }
    }

    fn detach(&mut self, pid: pid_t) {
        // SAFETY: the ptrace request `PTRACE_DETACH` takes only integers and accesses no memory of
        // this process.
        unsafe { libc::ptrace(libc::PTRACE_DETACH, pid, 0, 0) };
        self.remove(pid);
    }

    /// Handles the event that a thread begins or ends a system call. Returns whether the tracer
    /// still traces the thread.
    fn system_call(&mut self, pid: pid_t) -> bool {
        let Some(mut registers) = registers(pid) else { return true };
        let thread = self.threads.get_mut(&pid).expect("it is traced");
        match thread.inside.take() {
            None => {
                let inside = self.begins(pid, &mut registers);
                self.threads.get_mut(&pid).expect("it is traced").inside = Some(inside);
            }
            Some(inside) => {
                let [first_argument, third_argument] = inside.arguments;
                if let Some(result) = inside.result {
                    registers.rax = u64::from_ne_bytes(result.to_ne_bytes());
                    set_registers(pid, &registers);
                }
                if inside.is_changed {
                    (registers.rdi, registers.rdx) = (first_argument, third_argument);
                    set_registers(pid, &registers);
                }
                if let Some((address, word)) = inside.restore {
                    // SAFETY: the ptrace request writes one word in the memory of the traced
                    // process, not of this process.
                    unsafe { libc::ptrace(libc::PTRACE_POKEDATA, pid, address, word) };
                }
                // The tracer counts the runner's system calls after Rust's standard library has set
                // the signal stack of the first thread, shortly before `main`.
                if thread.role == Role::Runner
                    && (inside.call, first_argument != 0) == (libc::SYS_sigaltstack, true)
                {
                    thread.counts = true;
                }
                if thread.role == Role::Fork
                    && (inside.call, first_argument) == (libc::SYS_close, ZYGOTE_SOCKET)
                {
                    self.detach(pid);
                    return false;
                }
            }
        }
        true
    }

    fn begins(&mut self, pid: pid_t, registers: &mut user_regs_struct) -> Inside {
        let call = c_long::from_ne_bytes(registers.orig_rax.to_ne_bytes());
        let arguments = [registers.rdi, registers.rdx];
        let mut inside = Inside { call, arguments, result: None, is_changed: false, restore: None };
        let thread = self.threads.get_mut(&pid).expect("it is traced");
        // The first system call of a zygote that the tracer counts is `sendto`, with which the
        // zygote sends its first message.
        thread.counts |= thread.role == Role::Zygote && call == libc::SYS_sendto;
        if !thread.counts {
            return inside;
        }
        let role = thread.role;
        if calls::call(call).is_none() {
            self.traced.unknown.insert(call);
        }
        let count = self.traced.counts.entry((role, call)).or_default();
        *count += 1;
        // A socket that preserves message boundaries never sends only a part of a message
        // (unix(7)).
        let sends_packets = call == libc::SYS_sendto && matches!(role, Role::Guard | Role::Zygote);
        if let Some(((of, name, number), fault)) = self.fault {
            let is_first = (of, name, number) == (role, call, *count);
            let is_hit = match fault {
                Fault::Short if sends_packets => false,
                Fault::Lasting(_) => (of, name) == (role, call) && *count >= number,
                Fault::OutOfMemory if self.traced.is_injected => {
                    of == role && calls::MEMORY.contains(&call)
                }
                _ => is_first,
            };
            if is_hit {
                self.traced.is_injected |= inject(pid, registers, fault, &mut inside);
            }
        }
        inside
    }
}

/// Changes the registers at the start of a system call so that the fault occurs. Returns false if
/// the fault cannot occur in this system call.
fn inject(pid: pid_t, registers: &mut user_regs_struct, fault: Fault, inside: &mut Inside) -> bool {
    match fault {
        Fault::OutOfMemory if inside.call != libc::SYS_brk => {
            inside.result = Some(-i64::from(libc::ENOMEM));
            registers.orig_rax = u64::MAX; // no call
        }
        Fault::Error(error) | Fault::Lasting(error) => {
            const WAITS: [u64; 2] = [libc::FUTEX_WAIT as u64, libc::FUTEX_WAIT_BITSET as u64];
            const COMMAND: u64 = 0x7f; // mask without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME
            if inside.call == libc::SYS_futex && !WAITS.contains(&(registers.rsi & COMMAND)) {
                return false;
            }
            if inside.call == libc::SYS_close {
                // On Linux, close(2) of a directory never fails, because no file system has the
                // operation `flush` for directories. Rust's standard library would panic if
                // close(2) of a directory failed.
                let path = format!("/proc/{pid}/fd/{}", registers.rdi);
                if fs::metadata(path).is_ok_and(|file| file.is_dir()) {
                    return false;
                }
                // The system call still runs before the tracer replaces its result, because Linux
                // closes the descriptor even if close(2) returns an error.
                inside.result = Some(-i64::from(error));
                return true;
            }
            inside.result = Some(-i64::from(error));
            registers.orig_rax = u64::MAX; // no call
        }
        Fault::NoMemory | Fault::OutOfMemory => {
            if registers.rdi == 0 {
                return false;
            }
            registers.rdi = 0;
            inside.is_changed = true;
        }
        Fault::Short => match inside.call {
            libc::SYS_sendmsg | libc::SYS_recvmsg => {
                const PARTS: u64 = 24; // offset of `msg_iovlen` in `msghdr`
                let address = registers.rsi + PARTS;
                let unused = ptr::null_mut::<c_void>();
                // SAFETY: the ptrace request reads one word in the memory of the traced process,
                // not of this process.
                let parts = unsafe { libc::ptrace(libc::PTRACE_PEEKDATA, pid, address, unused) };
                if parts < 2 {
                    return false;
                }
                // SAFETY: the ptrace request writes one word in the memory of the traced process,
                // not of this process.
                unsafe { libc::ptrace(libc::PTRACE_POKEDATA, pid, address, 1_i64) };
                inside.restore = Some((address, parts));
                return true;
            }
            _ if registers.rdx < 2 => return false,
            call => {
                let is_list = matches!(call, libc::SYS_readv | libc::SYS_writev);
                registers.rdx = if is_list { 1 } else { registers.rdx / 2 };
                inside.is_changed = true;
            }
        },
    }
    set_registers(pid, registers);
    true
}
