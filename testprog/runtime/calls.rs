//! Calls from C into the runtime, and calls from the runtime into C.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::Ordering;

#[cfg(unix)]
use super::attach::lent_machine;
use super::attach::{attach, drop_machine};
use super::bounds::Bounds;
use super::globals::started;
use super::machine::Machine;
use super::mutant::{self, Mutant};
use super::update::update_system_stack;
use super::{clobber, current, fatal, stack_pointer, system};

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
    clobber::change_state();
    if mutant::is(Mutant::ForgetsOuter) && machine.calls_in_progress() > 0 {
        current::set(ptr::null());
    }
    if mutant::is(Mutant::Unbound) && machine.depth.load(Ordering::Relaxed) == 0 {
        started().at_exit.disarm();
        drop_machine(machine);
    }
    result
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
        if self.depth == 0 && depth > 0 && !mutant::is(Mutant::KeepsOutermost) {
            self.machine.forget_outermost_call();
        }
        if !(self.depth > 0 && mutant::is(Mutant::RestoresOutermost)) {
            restore(self.machine, self.before);
        }
        self.machine.depth.store(depth, Ordering::Relaxed);
    }
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
