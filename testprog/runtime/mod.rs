//! The runtime under test: the part of a language runtime that C threads call into.
//!
//! It is small enough to be read in one sitting. `docs/runtime.md` tells how it keeps the bounds of the stack and why.
//!
//! | here | in Go |
//! |---|---|
//! | [`Machine`] | M, with the stack bounds of its g0 |
//! | [`callback`] | cgocallbackg |
//! | [`call_c`] | cgocall |
//! | `need_machine`, `drop_machine` | needm, dropm |
//! | `update_system_stack` | callbackUpdateSystemStack |
//! | [`Machine::system_stack`] | systemstack |
#![expect(unsafe_code, reason = "keeps a pointer per thread and one to a function")]

pub(crate) mod bounds;
mod fatal;
mod globals;
mod machine;
pub(crate) mod mutant;
mod pool;
mod recent;
pub(crate) mod stack_pointer;
mod stacks;
mod stacks_in_c;
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
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use self::bounds::Bounds;
pub(crate) use self::bounds::Policy;
use self::globals::{POOL, STACKS, STARTED, Started, started};
pub(crate) use self::machine::Machine;
use self::mutant::Mutant;
pub(crate) use self::stacks::StackError;
use self::thread_exit::ThreadExit;
pub(crate) use self::update::questions;
use self::update::{start_system_stack, update_system_stack};

/// Called at each step of taking a machine, so that a scenario can do its worst there.
static AT_EACH_STEP: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Set when the runtime is gone and must not be called any more.
static TORN_DOWN: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The machine of this thread, or null. Without a destructor, so that it can be used at any time in a thread's life.
    static CURRENT: Cell<*const Machine> = const { Cell::new(ptr::null()) };
}

/// Starts the runtime with this thread as its main thread.
///
/// # Errors
///
/// The system refuses what the runtime needs of it.
pub(crate) fn start(policy: Policy) -> Result<(), String> {
    let at_exit = ThreadExit::new(thread_exits).map_err(|error| {
        format!("failed to start `the runtime`: no notice of a thread's exit: {error}")
    })?;
    let policy = match mutant::active() {
        Some(Mutant::Policy(other)) => other,
        _ => policy,
    };
    STARTED
        .set(Started { policy, at_exit })
        .map_err(|_| "failed to start `the runtime`: it is running".to_owned())?;
    match mutant::active() {
        Some(Mutant::SwallowAbort) => system::swallow_abort(),
        Some(Mutant::SwallowSegv) => system::swallow_segv(),
        Some(Mutant::TornDown) => {
            // Before the destructors of C.
            // SAFETY: `tear_down` may run at any time.
            unsafe { libc::atexit(tear_down) };
        }
        _ => {}
    }
    let main = POOL.make();
    CURRENT.set(main);
    start_system_stack(main, stack_pointer::read());
    POOL.give(POOL.make());
    Ok(())
}

/// A call from C into the runtime: runs `f` with this thread's machine, whose bounds fit the stack in use.
///
/// The first one on a thread that C created takes a machine, which stays with the thread until it exits.
pub(crate) fn callback<R>(f: impl FnOnce(&Machine) -> R) -> R {
    let sp = stack_pointer::read();
    let machine = current().unwrap_or_else(|| attach(sp));
    update_system_stack(machine, sp);
    if !mutant::is_any() {
        return f(machine);
    }
    let result = run(machine, f);
    if mutant::is(Mutant::Unbound) && machine.depth.load(Ordering::Relaxed) == 0 {
        started().at_exit.disarm();
        drop_machine(machine);
    }
    result
}

/// Takes a machine for this thread until it exits.
///
/// Signals: not for handlers, since asking for the notice of the exit may allocate, as making a machine does. A handler that
/// interrupts it calls back with the machine that this thread has by then, or is lent another one.
///
/// One machine stays in the pool for handlers. A handler that finds none waits, perhaps in the midst of an allocation, with a
/// lock held for which whoever allocates a machine would wait in turn. So a thread that would take the last one makes another
/// first, and a handler waits for other handlers only, which allocate nothing.
#[cold]
fn attach(sp: usize) -> &'static Machine {
    let machine = loop {
        if POOL.counts().1 < 2 {
            let made = POOL.make();
            let _blocked = system::block_signals();
            POOL.give(made);
        }
        if let Some(machine) = need_machine(sp, false) {
            break machine;
        }
    };
    started().at_exit.arm(machine);
    machine
}

/// The same as [`callback`] from a signal handler: async-signal-safe as long as `f` is.
///
/// A thread that has no machine gets one for the time of the call only, since the notice of a thread's exit cannot be asked
/// for in a handler.
#[cfg(unix)]
pub(crate) fn signal_callback<R>(f: impl FnOnce(&Machine) -> R) -> R {
    let sp = stack_pointer::read();
    let (machine, is_lent) = match current() {
        Some(machine) => (machine, false),
        None => (lent_machine(sp), true),
    };
    // One handler may interrupt another.
    let was_in_signal = machine.in_signal.swap(true, Ordering::Relaxed);
    let before = machine.bounds();
    update_system_stack(machine, sp);
    let result = run(machine, f);
    restore(machine, before);
    machine.in_signal.store(was_in_signal, Ordering::Relaxed);
    if is_lent {
        drop_machine(machine);
    }
    result
}

/// A call from the runtime into C: while it lasts, a callback is a nested one, and may leave other bounds behind. Nobody looks
/// at them until C returns, so here is where they are set back.
pub(crate) fn call_c<R>(f: impl FnOnce() -> R) -> R {
    let machine = current().expect("only code of the runtime calls this, and that has a machine");
    // A handler that calls C in between leaves behind what it found.
    let depth = machine.depth.load(Ordering::Relaxed);
    machine.depth.store(depth + 1, Ordering::Relaxed);
    let before = machine.bounds();
    let result = f();
    restore(machine, before);
    machine.depth.store(depth, Ordering::Relaxed);
    result
}

/// Returns how many machines there are, and how many of them no thread has.
pub(crate) fn machines() -> (u32, u32) {
    POOL.counts()
}

/// Announces a stack: a callback whose stack pointer is on it, `lo < sp <= hi`, has these bounds under
/// [`Policy::Registered`].
///
/// To be called before anything runs on the stack, from any thread, but not from a signal handler. Switching to it and away
/// from it needs no call.
///
/// # Errors
///
/// It is no stack, or it has addresses in common with one that is registered.
pub(crate) fn register_stack(lo: usize, hi: usize) -> Result<(), StackError> {
    STACKS.register(Bounds { lo, hi })
}

/// Takes an announcement back, by the lowest address: to be called before the memory is used for anything else.
///
/// A callback that is running on the stack keeps its bounds until it returns; later ones, nested ones too, have an estimate.
///
/// # Errors
///
/// No registered stack begins there.
pub(crate) fn retire_stack(lo: usize) -> Result<(), StackError> {
    let stack = STACKS.retire(lo)?;
    if mutant::is(Mutant::KeepsRetired) { STACKS.register(stack) } else { Ok(()) }
}

/// Has `f` called at each step of taking a machine for a thread.
#[cfg(unix)]
pub(crate) fn at_each_step(f: fn()) {
    AT_EACH_STEP.store(f as *mut (), Ordering::Relaxed);
}

/// Sets the bounds back to those that a function had before something else ran on this thread.
fn restore(machine: &Machine, before: Bounds) {
    if started().policy.follows_sp() {
        machine.set_bounds(before);
    }
}

fn run<R>(machine: &Machine, f: impl FnOnce(&Machine) -> R) -> R {
    if !mutant::is(Mutant::SwallowPanic) {
        return f(machine);
    }
    match catch_unwind(AssertUnwindSafe(|| f(machine))) {
        Ok(result) => result,
        Err(_) => system::exit(0),
    }
}

/// Takes a machine for the time of a handler, on a thread that has none.
///
/// Signals: for handlers. It may wait, but for other handlers only: see [`attach`].
#[cfg(unix)]
fn lent_machine(sp: usize) -> &'static Machine {
    loop {
        if let Some(machine) = need_machine(sp, true) {
            return machine;
        }
        std::thread::yield_now();
    }
}

/// Takes a machine for this thread, which C created, if there is one to be had: outside of a handler, the last one is not.
///
/// Signals are blocked meanwhile: a handler that calls back on this thread would need a machine too, and wait for the lock
/// that the thread itself holds (<https://go.dev/issue/42207>). So it is for handlers itself: it locks nothing but the pool,
/// which no handler can find locked by its own thread; [`CURRENT`] has no destructor, and is in the executable's own block
/// of thread-local variables, so to touch it allocates nothing; and only outside of a handler is the system asked for the
/// thread's stack, which may lock and allocate.
fn need_machine(sp: usize, in_signal: bool) -> Option<&'static Machine> {
    if TORN_DOWN.load(Ordering::Relaxed) {
        fatal::abort(|message| message.text("callback after the runtime was torn down"));
    }
    let open = mutant::is(Mutant::SignalsOpen);
    let blocked = (!open).then(system::block_signals);
    step();
    let machine = if in_signal { POOL.take(step) } else { POOL.take_unless_last(step) }?;
    step();
    machine.depth.store(0, Ordering::Relaxed);
    machine.in_signal.store(in_signal, Ordering::Relaxed);
    if !mutant::is(Mutant::RemembersLastThread) {
        machine.forget_stacks();
    }
    start_system_stack(machine, sp);
    CURRENT.set(machine);
    step();
    drop(blocked);
    Some(machine)
}

/// Gives the machine of a thread back that exits: called by the system's notice of that.
fn thread_exits(machine: &'static Machine) {
    if !mutant::is(Mutant::LostAtExit) {
        drop_machine(machine);
    }
}

/// Gives a machine back.
///
/// It may run on another stack than the one recorded, with no callback in between that would have set the bounds, so
/// nothing here checks them.
///
/// Signals: blocked, so that no handler calls back with a machine that another thread may have by then, nor waits for the
/// pool. It allocates nothing and is for handlers as well.
fn drop_machine(machine: &'static Machine) {
    let open = mutant::is(Mutant::SignalsOpenAtDrop);
    let blocked = (!open).then(system::block_signals);
    CURRENT.set(ptr::null());
    POOL.give(machine);
    drop(blocked);
}

/// Takes the runtime away from under whoever calls back later.
extern "C" fn tear_down() {
    TORN_DOWN.store(true, Ordering::Relaxed);
    CURRENT.set(ptr::null());
}

fn step() {
    let f = AT_EACH_STEP.load(Ordering::Relaxed);
    if !f.is_null() {
        // SAFETY: a pointer that is not null was made from such a function by `at_each_step`.
        let f = unsafe { std::mem::transmute::<*mut (), fn()>(f) };
        f();
    }
}

fn current() -> Option<&'static Machine> {
    // SAFETY: it is null or a machine, and machines live as long as the process.
    unsafe { CURRENT.get().as_ref() }
}
