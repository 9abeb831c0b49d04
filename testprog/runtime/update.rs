//! The bounds of a machine follow the stack in use: what [`bounds`](super::bounds) decides, carried out.

use std::sync::atomic::{AtomicU64, Ordering};

use super::bounds::{Bounds, Decision, Entry, Policy};
use super::mutant::{self, Mutant};
use super::stacks::Range;
use super::{Machine, STACKS, fatal, system};
use crate::csrc;

/// How often the system was asked for a thread's own stack.
static QUESTIONS: AtomicU64 = AtomicU64::new(0);

/// Returns how often the system was asked for a thread's own stack.
pub(crate) fn questions() -> u64 {
    QUESTIONS.load(Ordering::Relaxed)
}

/// Sets a machine's bounds so that they fit the stack pointer of a callback, and returns whether they were others before.
/// Called at every callback.
///
/// Signals: it takes no lock and touches no thread-local variable. In a handler it neither asks the system, which may
/// allocate, nor writes to what the thread remembers of its stacks, which the handler may have interrupted.
#[inline]
pub(super) fn update_system_stack(machine: &Machine, policy: Policy, sp: usize) -> bool {
    let shared = machine.shared.load(Ordering::Relaxed);
    !policy.is_settled(machine.bounds(), sp, shared) && follow(machine, policy, sp, false)
}

/// The same, when the machine was just taken for this thread.
pub(super) fn start_system_stack(machine: &Machine, policy: Policy, sp: usize) {
    follow(machine, policy, sp, true);
}

fn follow(machine: &Machine, policy: Policy, sp: usize, first: bool) -> bool {
    let recorded = machine.bounds();
    let in_signal = machine.in_signal.load(Ordering::Relaxed);
    let entry = Entry {
        sp,
        first,
        nested: machine.depth.load(Ordering::Relaxed) > 0,
        shared: machine.shared.load(Ordering::Relaxed),
    };
    let own = || own_stack(machine, in_signal);
    let registered = || {
        let found =
            if in_signal { STACKS.find(sp) } else { STACKS.find_recent(&machine.recent, sp) };
        found.map(|Range { lo, hi }| (lo, hi))
    };
    match policy.decide(recorded, entry, own, registered) {
        Decision::Keep => false,
        Decision::Replace(bounds) => {
            machine.set_bounds(bounds);
            true
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

/// Returns the lowest and the highest address of the thread's own stack, which the system is asked for once per thread:
/// zeros where it does not tell, and in a signal handler where it was not asked before.
///
/// The answer is kept although it can change: the main thread's lower end follows `RLIMIT_STACK`, and with musl what is in
/// use so far. A callback from below what was told gets an estimate like one from any other stack, so a lower end that is
/// too high is never mistaken for an overflow.
fn own_stack(machine: &Machine, in_signal: bool) -> (usize, usize) {
    let asks = system::OWN_STACK_FOLLOWS_SWITCHES || mutant::is(Mutant::AsksAgain);
    match machine.own() {
        Some(Range { lo, hi }) if !asks => (lo, hi),
        // The system's answer may take a lock or memory.
        _ if in_signal => (0, 0),
        _ => ask(machine),
    }
}

#[cold]
fn ask(machine: &Machine) -> (usize, usize) {
    QUESTIONS.fetch_add(1, Ordering::Relaxed);
    let (lo, hi) = csrc::stack_bound();
    let own = Range { lo, hi };
    machine.set_own(own);
    if STACKS.any_in(own) {
        machine.shared.store(true, Ordering::Relaxed);
    }
    (lo, hi)
}
