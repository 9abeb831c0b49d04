//! The runtime under test: the part of a language runtime that C threads call into.
//!
//! `docs/runtime.md` explains how this runtime determines stack bounds, and why.
//!
//! The table lists names of this module and their counterparts in Go's runtime.
//!
//! | here | in Go |
//! |---|---|
//! | [`Machine`] | M, with the stack bounds of its g0 |
//! | [`callback`] | cgocallbackg |
//! | [`call_c`] | cgocall |
//! | `need_machine`, `drop_machine` | needm, dropm |
//! | `update_system_stack` | callbackUpdateSystemStack |
//! | [`Machine::system_stack`] | systemstack |
#![expect(unsafe_code, reason = "dereferences pointers to machines")]

pub(crate) mod bounds;
mod current;
mod fatal;
#[cfg(unix)]
mod fork;
mod globals;
mod machine;
pub(crate) mod mutant;
mod pool;
mod recent;
pub(crate) mod stack_pointer;
mod stacks;
mod stacks_in_c;
mod steps;
mod sync;
#[cfg_attr(unix, path = "system/unix.rs")]
#[cfg_attr(windows, path = "system/windows.rs")]
mod system;
#[cfg_attr(unix, path = "thread_exit/unix.rs")]
#[cfg_attr(windows, path = "thread_exit/windows.rs")]
mod thread_exit;
mod update;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use self::bounds::Bounds;
pub(crate) use self::bounds::Policy;
use self::globals::{POOL, STACKS, STARTED, Started, started};
pub(crate) use self::machine::Machine;
use self::mutant::Mutant;
pub(crate) use self::stacks::StackError;
pub(crate) use self::steps::after_lookup;
#[cfg(unix)]
pub(crate) use self::steps::at_each_step;
use self::steps::step;
use self::thread_exit::ThreadExit;
pub(crate) use self::update::questions;
use self::update::{start_system_stack, update_system_stack};

/// Whether `tear_down` has torn the runtime down. If a thread takes a `Machine` after the runtime
/// was torn down, the runtime aborts the process.
static TORN_DOWN: AtomicBool = AtomicBool::new(false);

/// Starts the runtime, with the calling thread as the runtime's main thread.
///
/// # Errors
///
/// Fails if the system cannot notify the runtime of a thread's exit, or if the runtime has already
/// started.
pub(crate) fn start(policy: Policy) -> Result<(), String> {
    let at_exit = ThreadExit::new(thread_exits).map_err(|error| {
        format!("failed to start the runtime: no notification of a thread's exit: {error}")
    })?;
    let policy = match mutant::active() {
        Some(Mutant::Policy(other)) => other,
        _ => policy,
    };
    STARTED
        .set(Started { policy, at_exit })
        .map_err(|_| "failed to start the runtime: the runtime has already started".to_owned())?;
    match mutant::active() {
        Some(Mutant::SwallowAbort) => system::swallow_abort(),
        Some(Mutant::SwallowSegv) => system::swallow_segv(),
        #[cfg(unix)]
        Some(Mutant::AddsOnstack) => system::add_onstack(),
        Some(Mutant::TornDown) => {
            // The C library calls `tear_down` before it runs the destructor functions of C. SAFETY:
            // the function `tear_down` has the type that `atexit` expects, and never unwinds.
            unsafe { libc::atexit(tear_down) };
        }
        _ => {}
    }
    #[cfg(unix)]
    if !mutant::is(Mutant::UnpreparedFork) {
        fork::start().map_err(|error| {
            format!("failed to start the runtime: no notification of a fork: {error}")
        })?;
    }
    let main = POOL.make();
    main.be_main();
    main.own_by_this_thread();
    current::set(main);
    start_system_stack(main, stack_pointer::read());
    POOL.give(POOL.make());
    Ok(())
}

/// Handles a callback, which is a call from C into the runtime. Sets the bounds of this thread's
/// `Machine` to those of the stack in use, and then runs `f` with the `Machine`.
///
/// The first callback on a thread that C created takes a `Machine`. The thread keeps its `Machine`
/// until the thread exits.
pub(crate) fn callback<R>(f: impl FnOnce(&Machine) -> R) -> R {
    let sp = stack_pointer::read();
    let machine = current::get().unwrap_or_else(|| attach(sp));
    update_system_stack(machine, sp, false);
    if !mutant::is_any() {
        return f(machine);
    }
    let result = run(machine, f);
    change_state();
    if mutant::is(Mutant::ForgetsOuter) && machine.calls_in_progress() > 0 {
        current::set(ptr::null());
    }
    if mutant::is(Mutant::Unbound) && machine.depth.load(Ordering::Relaxed) == 0 {
        started().at_exit.disarm();
        drop_machine(machine);
    }
    result
}

/// Changes state of the calling thread that a callback must keep, under the mutants (deliberate
/// faults) `clobbers-register`, `changes-errno` and `changes-rounding`.
#[cold]
fn change_state() {
    match mutant::active() {
        Some(Mutant::ClobbersRegister) => {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the instruction changes only the register r13, which is the mutant's
            // deliberate fault. In a debug build, the compiler keeps no variable of a caller in the
            // register r13.
            unsafe {
                std::arch::asm!("xor r13d, r13d", options(nomem, nostack));
            }
            #[cfg(target_arch = "aarch64")]
            // SAFETY: the instruction changes only the register x26, which is the mutant's
            // deliberate fault. In a debug build, the compiler keeps no variable of a caller in the
            // register x26.
            unsafe {
                std::arch::asm!("mov x26, xzr", options(nomem, nostack));
            }
        }
        Some(Mutant::ChangesErrno) => {
            let large = c"99999999999999999999999999";
            // SAFETY: the text ends with a zero byte, and a null pointer means that `strtol` does
            // not store the end of the number. The number is too large, so `strtol` sets `errno` to
            // ERANGE.
            unsafe { libc::strtol(large.as_ptr(), ptr::null_mut(), 10) };
        }
        Some(Mutant::ChangesRounding) => {
            #[cfg(target_arch = "x86_64")]
            {
                // Value of the register MXCSR at the start of a process.
                let initial = 0x1f80_u32;
                // SAFETY: the instruction reads the variable `initial`, which is a valid value.
                unsafe {
                    std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const initial, options(nostack));
                }
            }
        }
        _ => {}
    }
}

/// Takes a `Machine` from the pool for the calling thread. The thread gives the `Machine` back when
/// the thread exits.
///
/// Signals: signal handlers must not call this function, because it may allocate memory, both for
/// the notification of the thread's exit and for a new `Machine`. A signal handler that interrupts
/// this function uses the thread's `Machine` if the thread already has a `Machine`. If the thread
/// has no `Machine` yet, the handler borrows a `Machine` from the pool.
///
/// One `Machine` always stays in the pool for signal handlers: a thread that would take the last
/// `Machine` puts a new `Machine` into the pool first. If a signal handler nevertheless finds the
/// pool empty, the handler maps memory for another `Machine`. If a handler that interrupts `malloc`
/// waited for a thread that waits for the lock of `malloc`, both would wait for ever.
#[cold]
fn attach(sp: usize) -> &'static Machine {
    let machine = loop {
        if POOL.counts().1 < 2 && !reclaim() {
            let made = POOL.make();
            let _blocked = system::block_signals();
            POOL.give(made);
        }
        if let Some(machine) = need_machine(sp, false) {
            break machine;
        }
    };
    if !mutant::is(Mutant::ArmsOnce) || !was_armed() {
        started().at_exit.arm(machine);
    }
    #[cfg(unix)]
    if mutant::is(Mutant::TakesAltstack) {
        system::take_altstack();
    }
    machine
}

/// Returns whether this thread has called the function before, for the mutant `arms-once`.
fn was_armed() -> bool {
    thread_local!(static ARMED: Cell<bool> = const { Cell::new(false) });
    ARMED.replace(true)
}

/// Number of `Machine`s in use at which the runtime searches for `Machine`s of threads that no
/// longer exist.
static RECLAIM_AT: AtomicU32 = AtomicU32::new(FEWEST_IN_USE);

/// Smallest value of [`RECLAIM_AT`].
const FEWEST_IN_USE: u32 = 8;

/// Searches for each `Machine` whose thread has ended without giving the `Machine` back, puts the
/// `Machine` into the pool, and returns whether the pool now has enough `Machine`s for this thread.
///
/// If a thread's first callback comes in the last pass over the destructors of its pthread keys,
/// the runtime gets no notification of the thread's exit, because no further pass follows.
///
/// The search makes one system call for each `Machine` in use. The number of `Machine`s in use must
/// double before the next search, so the searches add one system call to a thread's first callback
/// on average.
fn reclaim() -> bool {
    let (made, idle) = POOL.counts();
    let is_off = mutant::is(Mutant::NeverReclaims) || mutant::is(Mutant::LostAtExit);
    if made.wrapping_sub(idle) < RECLAIM_AT.load(Ordering::Relaxed) || is_off {
        return false;
    }
    for machine in POOL.all().filter(|machine| machine.take_from_dead(current::get())) {
        let _blocked = system::block_signals();
        POOL.give(machine);
    }
    let (made, idle) = POOL.counts();
    let next = made.wrapping_sub(idle).saturating_mul(2).max(FEWEST_IN_USE);
    RECLAIM_AT.store(next, Ordering::Relaxed);
    idle >= 2
}

/// Handles a call from a signal handler into the runtime. This function is async-signal-safe if `f`
/// is async-signal-safe.
///
/// If the thread has no `Machine`, the thread borrows a `Machine` for the duration of the call. The
/// thread cannot keep the borrowed `Machine`: a handler may not create the pthread key's value
/// whose destructor would give the `Machine` back at the thread's exit.
#[cfg(unix)]
pub(crate) fn signal_callback<R>(f: impl FnOnce(&Machine) -> R) -> R {
    let sp = stack_pointer::read();
    let (machine, is_lent) = match current::get() {
        Some(machine) => (machine, false),
        None => (lent_machine(sp), true),
    };
    // This function restores the old value of `in_signal` at its end, because one handler may have
    // interrupted another handler.
    let was_in_signal = machine.in_signal.swap(true, Ordering::Relaxed);
    if !was_in_signal {
        let depth = machine.depth.load(Ordering::Relaxed);
        machine.depth_before_signal.store(depth, Ordering::Relaxed);
    }
    let _handler =
        Handler { machine, turn: machine.turn(), before: machine.bounds(), was_in_signal, is_lent };
    update_system_stack(machine, sp, true);
    run(machine, f)
}

/// Guard that restores a thread's state when a signal handler's callback returns, or when a panic
/// ends the callback.
#[cfg(unix)]
struct Handler {
    machine: &'static Machine,
    turn: u32,
    before: Bounds,
    was_in_signal: bool,
    is_lent: bool,
}

#[cfg(unix)]
impl Drop for Handler {
    fn drop(&mut self) {
        if mutant::is(Mutant::ForgetsUnwinding) && std::thread::panicking() {
            return;
        }
        refuse_other_thread(self.machine, self.turn);
        if !(self.was_in_signal && mutant::is(Mutant::ForgetsHandler)) {
            restore(self.machine, self.before);
        }
        self.machine.in_signal.store(self.was_in_signal, Ordering::Relaxed);
        if self.is_lent {
            drop_machine(self.machine);
        }
    }
}

/// Runs `f`, which calls C code from the runtime. Every callback during `f` is a nested callback.
///
/// A nested callback may leave the bounds of another stack in the `Machine`. The runtime reads the
/// bounds only after C has returned, so this function restores the bounds when `f` has returned, or
/// when a panic unwinds through this function.
pub(crate) fn call_c<R>(f: impl FnOnce() -> R) -> R {
    let machine = current::get().expect("`call_c` runs only on threads that have a machine");
    // The load and the store of `depth` need not be one atomic operation: a signal handler that
    // calls C between the load and the store restores the depth before the handler returns.
    let depth = machine.calls_in_progress();
    if depth == 0 {
        machine.set_outermost_call(stack_pointer::read());
    }
    machine.depth.store(depth.saturating_add(1), Ordering::Relaxed);
    let _call = Call { machine, turn: machine.turn(), before: machine.bounds(), depth };
    f()
}

/// Aborts the process if this thread is not the thread that had `machine` when the number of times
/// that a thread has taken `machine` was `turn`.
///
/// C code may switch to another coroutine during a call of C, and another thread may resume the
/// coroutine of the call. The callback that made the call of C holds a reference to the first
/// thread's `Machine`, so the callback cannot continue on the other thread.
fn refuse_other_thread(machine: &Machine, turn: u32) {
    /// Returns this thread's `Machine`. If the function were inlined, the compiler could use the
    /// address that the thread-local variable had on the first thread.
    #[inline(never)]
    fn current_now() -> *const Machine {
        current::pointer()
    }
    let is_same = ptr::eq(current_now(), machine) && machine.turn() == turn;
    if !is_same && !mutant::is(Mutant::ChangesThread) {
        fatal::abort(|message| {
            message.text("callback that began on another thread: M ");
            message.decimal(machine.id.into());
        });
    }
}

/// Guard that restores a thread's state when C returns to the runtime, or when a panic ends the
/// call of C.
struct Call {
    machine: &'static Machine,
    turn: u32,
    before: Bounds,
    depth: u32,
}

impl Drop for Call {
    fn drop(&mut self) {
        if mutant::is(Mutant::ForgetsOuter) {
            current::set(self.machine);
        }
        if mutant::is(Mutant::ForgetsUnwinding) && std::thread::panicking() {
            return;
        }
        refuse_other_thread(self.machine, self.turn);
        // If the last callback came from the stack of this call, each later call that has not
        // returned was left by a jump. If the last callback came from another stack, a later call
        // may be in progress in another coroutine.
        let is_same_stack = self.before.contains(self.machine.bounds().below_top());
        let depth = if is_same_stack || mutant::is(Mutant::RestoresCalls) {
            self.depth
        } else {
            self.machine.depth.load(Ordering::Relaxed).saturating_sub(1)
        };
        if !(self.depth > 0 && mutant::is(Mutant::RestoresOutermost)) {
            restore(self.machine, self.before);
        }
        self.machine.depth.store(depth, Ordering::Relaxed);
    }
}

/// Returns the number of all `Machine`s and the number of `Machine`s in the pool.
pub(crate) fn machines() -> (u32, u32) {
    POOL.counts()
}

/// Registers the stack with the bounds `lo` and `hi`. Under [`Policy::Registered`], a callback
/// whose stack pointer is on a registered stack (`lo < sp <= hi`) has the bounds of that stack.
///
/// A coroutine library calls this function before any code runs on the stack. Any thread may call
/// this function, but a signal handler must not. A library that switches to or from a registered
/// stack does not need to call the runtime.
///
/// # Errors
///
/// Fails if `lo` and `hi` cannot be the bounds of a stack, or if a registered stack overlaps the
/// stack.
pub(crate) fn register_stack(lo: usize, hi: usize) -> Result<(), StackError> {
    STACKS.register(Bounds { lo, hi })
}

/// Retires (unregisters) the registered stack whose lowest address is `lo`.
///
/// A coroutine library calls this function before it uses the stack's memory for anything else. A
/// callback that runs on the stack keeps the stack's bounds until the callback returns. Later
/// callbacks from the retired stack, including nested callbacks, use estimated bounds.
///
/// # Errors
///
/// Fails if no registered stack begins at `lo`.
pub(crate) fn retire_stack(lo: usize) -> Result<(), StackError> {
    let stack = STACKS.retire(lo)?;
    if mutant::is(Mutant::KeepsRetired) { STACKS.register(stack) } else { Ok(()) }
}

/// Restores the bounds that the `Machine` had before other code ran on this thread, if the policy
/// restores bounds at all.
fn restore(machine: &Machine, before: Bounds) {
    if started().policy.follows_sp() {
        machine.set_bounds(before);
    }
}

/// Runs the body `f` of a callback. Under the mutant (deliberate fault) `swallow-panic`, catches a
/// panic of `f`.
fn run<R>(machine: &Machine, f: impl FnOnce(&Machine) -> R) -> R {
    if !mutant::is(Mutant::SwallowPanic) {
        return f(machine);
    }
    match catch_unwind(AssertUnwindSafe(|| f(machine))) {
        Ok(result) => result,
        Err(_) => system::exit(0),
    }
}

/// Takes a `Machine` for the duration of a signal handler, on a thread that has no `Machine`.
///
/// Signals: only signal handlers call this function. If the pool is empty, this function maps
/// memory for another `Machine`. The handler cannot wait until another handler gives a `Machine`
/// back, because a handler that ends by a jump (siglongjmp(3)) never gives its `Machine` back.
#[cfg(unix)]
fn lent_machine(sp: usize) -> &'static Machine {
    loop {
        if let Some(machine) = need_machine(sp, true) {
            return machine;
        }
        match system::map_zeros() {
            Some(memory) if !mutant::is(Mutant::WaitsInHandler) => {
                let made = POOL.make_by(|id| Machine::in_zeros(memory, id));
                let _blocked = system::block_signals();
                POOL.give(made);
            }
            _ => std::thread::yield_now(),
        }
    }
}

/// Takes a `Machine` from the pool for this thread, which C code has created. Returns `None` if the
/// pool of `Machine`s is empty. Outside of signal handlers, this function also returns `None` if
/// the pool has only one `Machine` left.
///
/// This function blocks signals while it runs. If signals were not blocked, a handler that calls
/// back on this thread could wait for the pool's lock while its own thread holds that lock
/// (<https://go.dev/issue/42207>).
///
/// Signals: signal handlers may call this function.
///
/// - The only lock that this function takes is the pool's lock. Signals are blocked while a thread
///   holds the pool's lock, so no handler interrupts the thread that holds the lock.
///
/// - [`current`] has no destructor and lies in the executable's own block of thread-local
///   variables, so an access to [`current`] allocates no memory.
///
/// - In a signal handler, this function does not query the system for the bounds of the thread's
///   stack, because the query may take a lock and allocate memory.
fn need_machine(sp: usize, in_signal: bool) -> Option<&'static Machine> {
    if TORN_DOWN.load(Ordering::Relaxed) {
        fatal::abort(|message| message.text("callback after the runtime was torn down"));
    }
    let open = mutant::is(Mutant::SignalsOpen);
    let mut blocked = (!open).then(system::block_signals);
    step();
    let machine = if in_signal { POOL.take(step) } else { POOL.take_unless_last(step) }?;
    step();
    if mutant::is(Mutant::UnblocksEarly) {
        current::set(machine);
        blocked = None;
        step();
    }
    machine.own_by_this_thread();
    machine.begin_turn();
    if !mutant::is(Mutant::KeepsDepth) {
        machine.depth.store(0, Ordering::Relaxed);
    }
    machine.in_signal.store(in_signal, Ordering::Relaxed);
    machine.is_lent.store(in_signal, Ordering::Relaxed);
    machine.depth_before_signal.store(0, Ordering::Relaxed);
    if !mutant::is(Mutant::RemembersLastThread) {
        machine.forget_stacks();
    }
    start_system_stack(machine, sp);
    current::set(machine);
    step();
    drop(blocked);
    Some(machine)
}

/// Gives back the `Machine` of a thread that exits to the pool. The notification of the thread's
/// exit calls this function.
fn thread_exits(machine: &'static Machine) {
    if !mutant::is(Mutant::LostAtExit) {
        drop_machine(machine);
    }
}

/// Gives this thread's `Machine` back to the pool.
///
/// This function makes no stack check, because the `Machine`'s bounds may be outdated: a thread's
/// destructors may run on another stack than the thread's last callback.
///
/// Signals: this function blocks signals while it runs, except the signals of synchronous faults.
/// If signals were not blocked, a signal handler could use the `Machine` after another thread has
/// taken the `Machine`, or wait for the pool's lock while the interrupted thread holds that lock.
/// Signal handlers may call this function, because it allocates no memory.
fn drop_machine(machine: &'static Machine) {
    let open = mutant::is(Mutant::SignalsOpenAtDrop);
    let blocked = (!open).then(system::block_signals);
    current::set(ptr::null());
    machine.disown();
    POOL.give(machine);
    drop(blocked);
}

/// Tears down the runtime, so that the next callback on this thread aborts the process. Under the
/// mutant (deliberate fault) `torn-down`, C calls this function at exit (atexit(3)).
extern "C" fn tear_down() {
    TORN_DOWN.store(true, Ordering::Relaxed);
    current::set(ptr::null());
}
