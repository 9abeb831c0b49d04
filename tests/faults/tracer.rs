//! Traces a run with ptrace(2), counts its system calls, and makes one of them fail.
//!
//! The tracer follows the runner and all its threads, its guard, each supervisor, and each child until it
//! executes its program. It also follows a zygote from its greeting on, and each fork of a zygote
//! until the fork runs its scenario. Everything else runs untraced.
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
use testprog_harness::protocol::{ZYGOTE_FLAG, ZYGOTE_SOCKET_FD};

use crate::calls::{self, Fault};

/// Part that a process plays in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Runner,
    Guard,
    Supervisor,
    /// Child of a supervisor before it has executed its program.
    Child,
    Zygote,
    /// Fork of a zygote before it runs its scenario.
    Fork,
}

/// A system call of a run: the role of its process, its number, and how many such calls processes
/// of that role have made before, counted from 1.
pub(crate) type Site = (Role, c_long, u32);

/// What the tracer saw of a run.
#[derive(Debug)]
pub(crate) struct Traced {
    /// Status of the runner as wait(2) returns it.
    pub(crate) status: c_int,
    /// Whether the run had to be killed after its limit.
    pub(crate) was_killed: bool,
    /// Number of calls by role and call.
    pub(crate) counts: BTreeMap<(Role, c_long), u32>,
    /// Whether the requested fault was injected.
    pub(crate) is_injected: bool,
    /// Numbers of calls that are not in the table of [`calls`].
    pub(crate) unknown: BTreeSet<c_long>,
}

/// A traced thread.
#[derive(Debug)]
struct Thread {
    role: Role,
    /// Whether the thread has not stopped yet. True until the tracer has seen the SIGSTOP with which the kernel starts a traced thread.
    is_new: bool,
    /// Whether the tracer counts the thread's calls. A process starts with calls of the loader and
    /// of std, which the tracer does not count.
    counts: bool,
    /// The call that the thread is in.
    inside: Option<Inside>,
}

/// A system call that has begun.
#[derive(Clone, Copy, Debug)]
struct Inside {
    call: c_long,
    /// Result that replaces the call's own.
    result: Option<i64>,
    /// Whether the arguments were changed. The caller may use their registers after the call.
    is_changed: bool,
    /// First and third argument.
    arguments: [u64; 2],
    /// Address and content of a word of memory to restore at the call's end.
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

/// Runs `command` with a fault at one call. Kills the run if it takes longer than `limit`.
///
/// # Errors
///
/// The command cannot be started, or this process may not trace.
pub(crate) fn trace(
    mut command: Command,
    fault: Option<(Site, Fault)>,
    limit: Duration,
) -> io::Result<Traced> {
    // SAFETY: `ptrace` with this request takes only integers.
    let be_traced = || check(unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) });
    // SAFETY: `be_traced` makes one system call, which a fork of a process with threads may do.
    unsafe { command.pre_exec(be_traced) };
    let runner = pid_t::try_from(command.spawn()?.id()).expect("the kernel's IDs fit");
    let alive = Arc::new(Mutex::new(HashSet::from([runner])));
    let mut status = 0;
    // SAFETY: `status` is writable.
    unsafe { libc::waitpid(runner, &raw mut status, libc::__WALL) };
    let options = libc::PTRACE_O_TRACESYSGOOD
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEEXEC
        | libc::PTRACE_O_EXITKILL;
    // SAFETY: the options are an integer.
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

/// Continues a stopped thread until its next system call, with `signal` or with 0 for none. Errors
/// are ignored, because the thread may have been killed.
fn resume(pid: pid_t, signal: c_int) {
    // SAFETY: the ptrace request `PTRACE_SYSCALL` takes only integers and accesses no memory of
    // this process.
    unsafe { libc::ptrace(libc::PTRACE_SYSCALL, pid, 0, signal) };
}

fn registers(pid: pid_t) -> Option<user_regs_struct> {
    let mut registers = MaybeUninit::<user_regs_struct>::zeroed();
    let (unused, to) = (ptr::null_mut::<c_void>(), registers.as_mut_ptr());
    // SAFETY: `registers` is writable memory of the type that the request fills.
    let done = unsafe { libc::ptrace(libc::PTRACE_GETREGS, pid, unused, to) };
    // SAFETY: the registers are integers, and were zeroed.
    (done != -1).then(|| unsafe { registers.assume_init() })
}

fn set_registers(pid: pid_t, registers: &user_regs_struct) {
    let unused = ptr::null_mut::<c_void>();
    // SAFETY: the request reads registers of this type.
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
            // SAFETY: `status` is writable.
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

    /// A thread has started another thread or process.
    fn started(&mut self, by: pid_t, event: c_int) {
        let mut new: libc::c_ulong = 0;
        let unused = ptr::null_mut::<c_void>();
        // SAFETY: the request writes an `unsigned long`.
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

    /// A process has executed a program.
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

    /// A thread begins or ends a system call. Returns whether it is still traced.
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
                    // SAFETY: the request writes one word of the traced process.
                    unsafe { libc::ptrace(libc::PTRACE_POKEDATA, pid, address, word) };
                }
                // Before `main`, std sets the signal stack of the runner's first thread.
                if thread.role == Role::Runner
                    && (inside.call, first_argument != 0) == (libc::SYS_sigaltstack, true)
                {
                    thread.counts = true;
                }
                let socket = u64::from(ZYGOTE_SOCKET_FD.unsigned_abs());
                if thread.role == Role::Fork
                    && (inside.call, first_argument) == (libc::SYS_close, socket)
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
        // The greeting is the first call of a zygote that the tracer counts.
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
        // A packet socket sends a message whole or not at all (unix(7)).
        let sends_packets = call == libc::SYS_sendto && matches!(role, Role::Guard | Role::Zygote);
        match self.fault {
            Some((_, Fault::Short)) if sends_packets => {}
            Some((site, fault)) if site == (role, call, *count) => {
                self.traced.is_injected = inject(pid, registers, fault, &mut inside);
            }
            _ => {}
        }
        inside
    }
}

/// Changes the registers at the start of a call so that the call has the fault. Returns false if
/// this call cannot have the fault.
fn inject(pid: pid_t, registers: &mut user_regs_struct, fault: Fault, inside: &mut Inside) -> bool {
    match fault {
        Fault::Error(error) => {
            const WAITS: [u64; 2] = [libc::FUTEX_WAIT as u64, libc::FUTEX_WAIT_BITSET as u64];
            const COMMAND: u64 = 0x7f; // without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME
            if inside.call == libc::SYS_futex && !WAITS.contains(&(registers.rsi & COMMAND)) {
                return false;
            }
            if inside.call == libc::SYS_close {
                // On Linux, close(2) of a directory does not fail, because no file system has the
                // operation `flush` for directories. std panics if it fails.
                let path = format!("/proc/{pid}/fd/{}", registers.rdi);
                if fs::metadata(path).is_ok_and(|file| file.is_dir()) {
                    return false;
                }
                // The call is made even so, because Linux closes the descriptor whatever it returns
                // (close(2)).
                inside.result = Some(-i64::from(error));
                return true;
            }
            inside.result = Some(-i64::from(error));
            registers.orig_rax = u64::MAX; // no call
        }
        Fault::NoMemory => {
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
                // SAFETY: the request reads one word of the traced process.
                let parts = unsafe { libc::ptrace(libc::PTRACE_PEEKDATA, pid, address, unused) };
                if parts < 2 {
                    return false;
                }
                // SAFETY: the request writes one word of the traced process.
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
