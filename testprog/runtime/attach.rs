//! Takes a `Machine` (the runtime's record of one thread) for a thread that C created, and gives the
//! `Machine` back.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::globals::{POOL, started};
use super::machine::Machine;
use super::mutant::{self, Mutant};
use super::steps::step;
use super::update::start_system_stack;
use super::{current, fatal, system};

/// Whether `tear_down` has torn the runtime down. If a thread takes a `Machine` after the runtime
/// was torn down, the runtime aborts the process.
static TORN_DOWN: AtomicBool = AtomicBool::new(false);

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
pub(super) fn attach(sp: usize) -> &'static Machine {
    let machine = loop {
        if POOL.counts().1 < 2 && !reclaim() {
            let made = Machine::new();
            let _blocked = system::block_signals();
            POOL.add(made);
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
    let blocked = system::block_signals();
    POOL.lock().reclaim(Machine::is_of_ended_thread);
    drop(blocked);
    let (made, idle) = POOL.counts();
    let next = made.wrapping_sub(idle).saturating_mul(2).max(FEWEST_IN_USE);
    RECLAIM_AT.store(next, Ordering::Relaxed);
    idle >= 2
}

/// Takes a `Machine` for the duration of a signal handler, on a thread that has no `Machine`.
///
/// Signals: only signal handlers call this function. If the pool is empty, this function maps
/// memory for another `Machine`. The handler cannot wait until another handler gives a `Machine`
/// back, because a handler that ends by a jump (siglongjmp(3)) never gives its `Machine` back.
#[cfg(unix)]
pub(super) fn lent_machine(sp: usize) -> &'static Machine {
    loop {
        if let Some(machine) = need_machine(sp, true) {
            return machine;
        }
        match system::map_zeros() {
            Some(memory) if !mutant::is(Mutant::WaitsInHandler) => {
                let made = Machine::in_zeros(memory);
                let _blocked = system::block_signals();
                POOL.add(made);
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
    if mutant::is(Mutant::OwnsLate) {
        machine.own_by_this_thread();
    }
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
pub(super) fn thread_exits(machine: &'static Machine) {
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
pub(super) fn drop_machine(machine: &'static Machine) {
    let open = mutant::is(Mutant::SignalsOpenAtDrop);
    let blocked = (!open).then(system::block_signals);
    current::set(ptr::null());
    POOL.give(machine);
    drop(blocked);
}

/// Tears down the runtime, so that the next callback on this thread aborts the process. Under the
/// mutant (deliberate fault) `torn-down`, C calls this function at exit (atexit(3)).
pub(super) extern "C" fn tear_down() {
    TORN_DOWN.store(true, Ordering::Relaxed);
    current::set(ptr::null());
}
