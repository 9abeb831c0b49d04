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
mod machine;
pub(crate) mod mutant;
mod pool;
pub(crate) mod stack_pointer;
#[cfg_attr(unix, path = "system/unix.rs")]
#[cfg_attr(windows, path = "system/windows.rs")]
mod system;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

pub(crate) use self::bounds::Policy;
use self::bounds::{Decision, Entry};
pub(crate) use self::machine::Machine;
use self::mutant::Mutant;
use self::pool::Pool;
use crate::csrc;

/// The machines of threads that C created.
static POOL: Pool = Pool::new();

/// What [`start`] settled.
static STARTED: OnceLock<Started> = OnceLock::new();

/// Called at each step of taking a machine, so that a scenario can do its worst there.
static AT_EACH_STEP: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Set when the runtime is gone and must not be called any more.
static TORN_DOWN: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The machine of this thread, or null. Without a destructor, so that it can be used at any time in a thread's life.
    static CURRENT: Cell<*const Machine> = const { Cell::new(ptr::null()) };
}

struct Started {
    policy: Policy,
    /// Gives the machine back when a thread exits.
    at_exit: system::ThreadExit,
}

/// Starts the runtime with this thread as its main thread.
///
/// # Errors
///
/// The system refuses what the runtime needs of it.
pub(crate) fn start(policy: Policy) -> Result<(), String> {
    let at_exit = system::ThreadExit::new(drop_machine).map_err(|error| {
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
    main.thread.store(system::thread_id(), Ordering::Relaxed);
    CURRENT.set(main);
    // The runtime made this thread's machine, so there is no earlier thread whose bounds it could have.
    let entry = Entry { sp: stack_pointer::read(), first: true, nested: false, in_signal: false };
    update_system_stack(main, entry);
    POOL.give(POOL.make());
    Ok(())
}

/// A call from C into the runtime: runs `f` with this thread's machine, whose bounds fit the stack in use.
///
/// The first one on a thread that C created takes a machine, which stays with the thread until it exits.
pub(crate) fn callback<R>(f: impl FnOnce(&Machine) -> R) -> R {
    let sp = stack_pointer::read();
    let machine = current().unwrap_or_else(|| attach(sp));
    let result = enter(machine, sp, false, f);
    if mutant::is(Mutant::Unbound) && machine.depth.load(Ordering::Relaxed) == 0 {
        started().at_exit.disarm();
        drop_machine(machine);
    }
    result
}

/// Takes a machine for this thread until it exits.
#[cold]
fn attach(sp: usize) -> &'static Machine {
    let machine = need_machine(sp, false);
    started().at_exit.arm(machine);
    // Whoever takes the last machine makes another. Not in `need_machine`, which must not allocate. Signals are blocked, or
    // a handler that needs a machine could interrupt this thread in the pool.
    let blocked = system::block_signals();
    if POOL.counts().1 == 0 {
        POOL.give(POOL.make());
    }
    drop(blocked);
    machine
}

/// The same as [`callback`] from a signal handler: async-signal-safe as long as `f` is.
///
/// A thread that has no machine gets one for the time of the call only, since the notice of a thread's exit cannot be asked
/// for in a handler.
#[cfg(unix)]
pub(crate) fn signal_callback<R>(f: impl FnOnce(&Machine) -> R) -> R {
    let sp = stack_pointer::read();
    if let Some(machine) = current() {
        return enter(machine, sp, true, f);
    }
    let machine = need_machine(sp, true);
    let result = enter(machine, sp, true, f);
    drop_machine(machine);
    result
}

/// A call from the runtime into C: while it lasts, a callback is a nested one.
pub(crate) fn call_c<R>(f: impl FnOnce() -> R) -> R {
    let machine = current().expect("only code of the runtime calls this, and that has a machine");
    machine.depth.fetch_add(1, Ordering::Relaxed);
    let result = f();
    machine.depth.fetch_sub(1, Ordering::Relaxed);
    result
}

/// Returns how many machines there are, and how many of them no thread has.
pub(crate) fn machines() -> (u32, u32) {
    POOL.counts()
}

/// Has `f` called at each step of taking a machine for a thread.
#[cfg(unix)]
pub(crate) fn at_each_step(f: fn()) {
    AT_EACH_STEP.store(f as *mut (), Ordering::Relaxed);
}

fn enter<R>(machine: &Machine, sp: usize, in_signal: bool, f: impl FnOnce(&Machine) -> R) -> R {
    let before = machine.bounds();
    let nested = machine.depth.load(Ordering::Relaxed) > 0;
    update_system_stack(machine, Entry { sp, first: false, nested, in_signal });
    let result = run(machine, f);
    if started().policy.restores() {
        machine.set_bounds(before);
    }
    result
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

/// Sets a machine's bounds so that they fit the stack pointer of a callback. Called at every one of them.
fn update_system_stack(machine: &Machine, entry: Entry) {
    let recorded = machine.bounds();
    match started().policy.decide(recorded, entry, csrc::stack_bound) {
        Decision::Keep => {}
        Decision::Replace(bounds) => machine.set_bounds(bounds),
        Decision::Refuse(bounds) => {
            // The recorded bounds are wrong here, but code that checks them is to say so.
            machine.set_bounds(bounds);
            let mut message = fatal::Message::new();
            message.text("M ");
            message.decimal(machine.id.into());
            message.text(" procid ");
            message.decimal(machine.thread.load(Ordering::Relaxed));
            message.text(" runtime: cgocallback with sp=");
            message.address(entry.sp);
            message.text(" out of bounds ");
            message.bounds(recorded);
            message.write();
            system::exit(2);
        }
    }
}

/// Takes a machine for this thread, which C created.
///
/// Signals are blocked meanwhile: a handler that calls back on this thread would need a machine too, and wait for the lock
/// that the thread itself holds (<https://go.dev/issue/42207>).
fn need_machine(sp: usize, in_signal: bool) -> &'static Machine {
    if TORN_DOWN.load(Ordering::Relaxed) {
        fatal::abort(|message| message.text("callback after the runtime was torn down"));
    }
    let open = mutant::is(Mutant::SignalsOpen);
    let blocked = (!open).then(system::block_signals);
    step();
    let machine = POOL.take(step);
    step();
    machine.thread.store(system::thread_id(), Ordering::Relaxed);
    machine.depth.store(0, Ordering::Relaxed);
    update_system_stack(machine, Entry { sp, first: true, nested: false, in_signal });
    CURRENT.set(machine);
    step();
    drop(blocked);
    machine
}

/// Gives a machine back: when its thread exits, from the system's notice of that.
///
/// It may run on another stack than the one recorded, with no callback in between that would have set the bounds, so
/// nothing here checks them.
fn drop_machine(machine: &'static Machine) {
    if mutant::is(Mutant::LostAtExit) {
        return;
    }
    let blocked = system::block_signals();
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

fn started() -> &'static Started {
    STARTED.get().expect("a scenario starts the runtime before C can call back")
}
