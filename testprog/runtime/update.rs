//! Updates the stack bounds of a `Machine` (the runtime's record of one thread) at each callback,
//! as the rule in [`bounds`](super::bounds) decides.

use std::sync::atomic::{AtomicU64, Ordering};

use super::bounds::{Bounds, Decision, Entry, Policy, STACK_GUARD, Source};
use super::globals::{STACKS, started};
use super::machine::Machine;
use super::mutant::{self, Mutant};
use super::{fatal, stack_pointer, steps, system};
use crate::csrc;

/// Number of queries to the system for the bounds of a thread's own stack.
static QUESTIONS: AtomicU64 = AtomicU64::new(0);

/// Returns the number of queries to the system for the bounds of a thread's own stack.
pub(crate) fn questions() -> u64 {
    QUESTIONS.load(Ordering::Relaxed)
}

/// Sets a `Machine`'s bounds to those of the stack that contains a callback's stack pointer. Every
/// callback calls this function.
///
/// Signals: this function takes no lock and uses no thread-local variable. In a signal handler,
/// this function does not query the system, because the query may allocate memory. In a signal
/// handler, this function also leaves the thread's cached bounds unchanged, because the handler may
/// have interrupted a change of the cached bounds.
#[inline(always)]
#[expect(clippy::inline_always, reason = "inlining saves two instructions in each callback")]
pub(super) fn update_system_stack(machine: &'static Machine, sp: usize, in_handler: bool) {
    let generation = STACKS.generation();
    if let Some(bounds) = machine.recent.find(sp, generation) {
        machine.set_bounds(bounds);
    } else if let Some(bounds) = STACKS.find_again(sp, generation) {
        machine.set_bounds(bounds);
        if machine.recent.misses_again(sp, bounds) {
            remember(machine, sp, generation, bounds);
        }
    } else {
        follow_callback(machine, sp, in_handler);
    }
}

/// Caches the bounds of a registered stack, unless this function runs in a signal handler.
#[cold]
#[inline(never)]
fn remember(machine: &Machine, sp: usize, generation: usize, stack: Bounds) {
    if !machine.in_signal.load(Ordering::Relaxed) {
        machine.recent.keep(sp, generation, stack, stack);
    }
}

/// Sets a `Machine`'s bounds at a callback whose bounds are not cached. The argument `in_handler` is
/// true if a signal handler calls back.
#[cold]
#[inline(never)]
fn follow_callback(machine: &'static Machine, sp: usize, in_handler: bool) {
    if !in_handler && machine.in_signal.load(Ordering::Relaxed) && !mutant::is(Mutant::KeepsLeft) {
        left_handler(machine);
    }
    follow(machine, sp, false);
}

/// Sets a `Machine`'s bounds right after a thread has taken the `Machine`.
pub(super) fn start_system_stack(machine: &Machine, sp: usize) {
    follow(machine, sp, true);
}

/// Sets a `Machine`'s bounds as the policy (rule for stack bounds) decides. The argument `first` is
/// true if the thread has just taken the `Machine`.
#[inline(never)]
fn follow(machine: &Machine, sp: usize, first: bool) {
    let policy = started().policy;
    // The generation is read before the lookup, so that the found bounds count as outdated if the
    // registered stacks change during the lookup.
    let generation = STACKS.generation();
    let recorded = machine.bounds();
    let in_signal = machine.in_signal.load(Ordering::Relaxed);
    let nested = machine.calls_in_progress() > 0;
    let entry = Entry { sp, first, nested };
    let own = || own_stack(machine, in_signal);
    let decision = policy.decide(recorded, entry, own, || STACKS.find(sp));
    steps::looked_up();
    let generation =
        if mutant::is(Mutant::LateGeneration) { STACKS.generation() } else { generation };
    match decision {
        Decision::Keep => {}
        Decision::Replace(bounds, source) => {
            machine.set_bounds(bounds);
            let is_settled = source == Source::Registered || !asks_again();
            if policy.follows_sp() && is_settled && !first && !in_signal {
                // Only the policy `Registered` takes registered stacks into account.
                let is_shared = || {
                    policy == Policy::Registered
                        && STACKS.any_in(bounds)
                        && !mutant::is(Mutant::IgnoresInner)
                };
                let range = source.range(sp, bounds, is_shared);
                machine.recent.keep(sp, generation, range, bounds);
            }
        }
        Decision::Refuse(bounds) => {
            // As Go does, the runtime sets bounds that contain the stack pointer before it prints
            // the message, because Go's printing code checks the bounds.
            machine.set_bounds(bounds);
            refuse(machine, sp, recorded)
        }
    }
}

/// Prints that the runtime refuses the callback, and exits with status 2.
#[cold]
fn refuse(machine: &Machine, sp: usize, recorded: Bounds) -> ! {
    let mut message = fatal::Message::new();
    message.text("M ");
    message.decimal(machine.id.into());
    message.text(" procid ");
    message.decimal(system::thread_id());
    message.text(" runtime: cgocallback with sp=");
    message.address(sp);
    message.text(" out of bounds ");
    message.bounds(recorded);
    message.write();
    system::exit(2)
}

/// Returns the bounds of the thread's own stack. On Unix, the runtime queries the system once per
/// thread and keeps the bounds. On Windows, the runtime queries the system at each call of this
/// function. Returns zeros if the system does not know the bounds, or if a signal handler calls
/// this function before the first query.
///
/// The lower end of the main thread's stack depends on `RLIMIT_STACK`, which can change after the
/// query. A callback from below the kept bounds gets estimated bounds, as from any unknown stack.
/// If a callback starts within the kept bounds and goes below them, [`has_overflowed`] decides
/// whether the stack has overflowed.
fn own_stack(machine: &Machine, in_signal: bool) -> Bounds {
    match machine.own() {
        Some(own) if !asks_again() => own,
        // A signal handler must not query the system, because the query may take a lock or allocate
        // memory.
        _ if in_signal => Bounds::default(),
        _ => ask(machine),
    }
}

/// Returns whether the runtime queries the system each time that it needs the bounds of the
/// thread's own stack.
fn asks_again() -> bool {
    system::OWN_STACK_FOLLOWS_SWITCHES || mutant::is(Mutant::AsksAgain)
}

/// Queries the system for the bounds of the thread's own stack, and stores the bounds in the
/// `Machine`.
#[cold]
fn ask(machine: &Machine) -> Bounds {
    QUESTIONS.fetch_add(1, Ordering::Relaxed);
    let (lo, hi) = csrc::stack_bound();
    let told = match mutant::active() {
        Some(Mutant::LosesTold) => Bounds::default(),
        Some(Mutant::ShiftsTold) => Bounds { lo: lo + 4096, hi: hi + 4096 },
        Some(Mutant::CountsGuard) => Bounds { lo: lo.saturating_sub(4096), hi },
        _ => Bounds { lo, hi },
    };
    let is_growing = machine.is_main() && !mutant::is(Mutant::BelievesTold);
    let own = if is_growing { main_stack(told) } else { told };
    machine.set_own(own);
    own
}

/// Size in bytes of the largest stack that the runtime expects the main thread to have. Linux keeps
/// at least 128 MiB below the top of the main thread's stack free of other mappings (`mmap_base` in
/// mm/util.c). An address more than 128 MiB below the top may belong to another stack.
const LARGEST_MAIN: usize = 128 << 20;

/// Returns the bounds to which the main thread's stack can grow. The argument `told` contains the
/// bounds that the system reports. musl reports the part of the stack that is mapped, and glibc
/// without `/proc` reports zeros.
fn main_stack(told: Bounds) -> Bounds {
    let Some((end, top)) = system::main_stack_limit(told.hi) else { return told };
    let hi = if told.hi == 0 { top } else { told.hi };
    Bounds { lo: end.max(top.saturating_sub(LARGEST_MAIN)), hi }
}

impl Machine {
    /// Runs `f` on the system stack (Go's g0), which in this runtime is always the stack in use.
    ///
    /// If the stack pointer is below the guard and the stack cannot grow further, this function
    /// aborts the process, as Go's `morestack` does on g0.
    pub(crate) fn system_stack<R>(&self, f: impl FnOnce() -> R) -> R {
        let sp = stack_pointer::read();
        if sp < self.bounds().guard() {
            self.more_stack(sp);
        }
        f()
    }

    /// Prints that the stack has overflowed, and aborts the process. Returns without a message if
    /// the stack has not overflowed.
    #[cold]
    #[inline(never)]
    fn more_stack(&self, sp: usize) {
        if mutant::is(Mutant::Unguarded) || !has_overflowed(self, sp) {
            return;
        }
        fatal::abort(|message| {
            message.text("morestack on g0: M ");
            message.decimal(self.id.into());
            message.text(" sp=");
            message.address(sp);
            message.text(" bounds ");
            message.bounds(self.bounds());
        })
    }
}

/// Returns whether a stack pointer below the guard of the `Machine`'s bounds is a stack overflow.
///
/// If the `Machine`'s bounds are an estimate, this function extends the estimate and returns false,
/// because an unknown stack may be larger than the estimate. Only the stack's guard page can stop
/// an overflow of an unknown stack.
///
/// The kernel extends the main thread's stack until the stack's size reaches the current
/// `RLIMIT_STACK`. If the current limit allows the stack pointer `sp`, this function records the
/// stack's new bounds in the `Machine` and returns false.
///
/// Signals: signal handlers may call this function.
fn has_overflowed(machine: &Machine, sp: usize) -> bool {
    let bounds = machine.bounds();
    if !started().policy.follows_sp() || mutant::is(Mutant::BelievesTold) {
        return true;
    }
    if bounds.is_estimate() && !mutant::is(Mutant::BelievesEstimates) {
        machine.set_bounds(bounds.extended(sp));
        return false;
    }
    let is_own = |own: Bounds| own.hi == bounds.hi || mutant::is(Mutant::GrowsAnyStack);
    let Some(own) = machine.own().filter(|own| machine.is_main() && is_own(*own)) else {
        return true;
    };
    let Some((end, top)) = system::main_stack_limit(own.hi) else { return true };
    if sp < end.saturating_add(STACK_GUARD) {
        return true;
    }
    machine.set_bounds(Bounds { lo: end, hi: own.hi });
    if !machine.in_signal.load(Ordering::Relaxed) {
        machine.set_own(Bounds { lo: end.max(top.saturating_sub(LARGEST_MAIN)), hi: own.hi });
        machine.recent.forget();
    }
    false
}

/// Restores the state of a thread that has left a signal handler's callback by a jump
/// (siglongjmp(3)). If the handler has borrowed the `Machine`, the thread now keeps the `Machine`
/// until the thread exits.
///
/// A signal handler must not call [`callback`](super::callback), so if a thread that counts as in a handler calls
/// `callback`, the thread has left the handler by a jump.
///
/// Signals: signal handlers must not call this function, because it may allocate memory.
fn left_handler(machine: &'static Machine) {
    let depth = machine.depth.load(Ordering::Relaxed);
    let before = machine.depth_before_signal.load(Ordering::Relaxed);
    machine.depth.store(depth.min(before), Ordering::Relaxed);
    machine.in_signal.store(false, Ordering::Relaxed);
    if machine.is_lent.swap(false, Ordering::Relaxed) && !mutant::is(Mutant::KeepsLent) {
        started().at_exit.arm(machine);
    }
}
