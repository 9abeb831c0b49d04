//! The bounds of a machine follow the stack in use: what [`bounds`](super::bounds) decides, carried out.

use std::sync::atomic::{AtomicU64, Ordering};

use super::bounds::{Bounds, Decision, Entry, Policy, Source};
use super::globals::{STACKS, started};
use super::machine::Machine;
use super::mutant::{self, Mutant};
use super::{fatal, system};
use crate::csrc;

/// How often the system was asked for a thread's own stack.
static QUESTIONS: AtomicU64 = AtomicU64::new(0);

/// Returns how often the system was asked for a thread's own stack.
pub(crate) fn questions() -> u64 {
    QUESTIONS.load(Ordering::Relaxed)
}

/// Sets a machine's bounds so that they fit the stack pointer of a callback. Called at every callback.
///
/// Signals: it takes no lock and touches no thread-local variable. In a handler it neither asks the system, which may
/// allocate, nor writes to what the thread remembers of its stacks, which the handler may have interrupted.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call would cost each callback two instructions")]
pub(super) fn update_system_stack(machine: &Machine, sp: usize) {
    let generation = STACKS.generation();
    if let Some(bounds) = machine.recent.find(sp, generation) {
        machine.set_bounds(bounds);
    } else if let Some(bounds) = STACKS.find_again(sp, generation) {
        machine.set_bounds(bounds);
        if machine.recent.misses_again(sp, bounds) {
            remember(machine, sp, generation, bounds);
        }
    } else {
        follow(machine, sp, false);
    }
}

/// Remembers the bounds of a registered stack, unless this is a signal handler.
#[cold]
#[inline(never)]
fn remember(machine: &Machine, sp: usize, generation: usize, stack: Bounds) {
    if !machine.in_signal.load(Ordering::Relaxed) {
        machine.recent.keep(sp, generation, stack, stack);
    }
}

/// The same, when the machine was just taken for this thread.
pub(super) fn start_system_stack(machine: &Machine, sp: usize) {
    follow(machine, sp, true);
}

#[inline(never)]
fn follow(machine: &Machine, sp: usize, first: bool) {
    let policy = started().policy;
    // Before anything is looked up: what changes meanwhile makes the answer an old one.
    let generation = STACKS.generation();
    let recorded = machine.bounds();
    let in_signal = machine.in_signal.load(Ordering::Relaxed);
    let nested = machine.depth.load(Ordering::Relaxed) > 0;
    let entry = Entry { sp, first, nested };
    let own = || own_stack(machine, in_signal);
    match policy.decide(recorded, entry, own, || STACKS.find(sp)) {
        Decision::Keep => {}
        Decision::Replace(bounds, source) => {
            machine.set_bounds(bounds);
            let is_settled = source == Source::Registered || !asks_again();
            if policy.follows_sp() && is_settled && !first && !in_signal {
                // The policy that knows of no registered stacks has none in the thread's own.
                let is_shared = || policy == Policy::Registered && STACKS.any_in(bounds);
                let range = source.range(sp, bounds, is_shared);
                machine.recent.keep(sp, generation, range, bounds);
            }
        }
        Decision::Refuse(bounds) => {
            // The recorded bounds are wrong here, but code that checks them is to say so.
            machine.set_bounds(bounds);
            refuse(machine, sp, recorded)
        }
    }
}

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

/// Returns the bounds of the thread's own stack, which the system is asked for once per thread: zeros where it does not tell,
/// and in a signal handler where it was not asked before.
///
/// The answer is kept although it can change: the main thread's lower end follows `RLIMIT_STACK`, and with musl what is in
/// use so far. A callback from below what was told gets an estimate like one from any other stack, so a lower end that is
/// too high is never mistaken for an overflow.
fn own_stack(machine: &Machine, in_signal: bool) -> Bounds {
    match machine.own() {
        Some(own) if !asks_again() => own,
        // The system's answer may take a lock or memory.
        _ if in_signal => Bounds::default(),
        _ => ask(machine),
    }
}

/// Returns whether the system is asked for the thread's own stack each time that it matters.
fn asks_again() -> bool {
    system::OWN_STACK_FOLLOWS_SWITCHES || mutant::is(Mutant::AsksAgain)
}

#[cold]
fn ask(machine: &Machine) -> Bounds {
    QUESTIONS.fetch_add(1, Ordering::Relaxed);
    let (lo, hi) = csrc::stack_bound();
    let own = Bounds { lo, hi };
    machine.set_own(own);
    own
}
