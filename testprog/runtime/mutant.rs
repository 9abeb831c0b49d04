//! Deliberate faults of the runtime, by which a scenario shows that it can fail.

use std::env;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use testprog_harness::protocol;

use super::bounds::Policy;

/// A fault that the runtime is told to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// It keeps its bounds by another policy than the scenario asks for.
    Policy(Policy),
    /// It gives a thread's machine back after every callback.
    Unbound,
    /// It does not get a machine back when the thread exits.
    LostAtExit,
    /// It leaves the machine that it gives a thread in the list for the next one.
    SharedMachine,
    /// It leaves signals unblocked while it takes a machine for a thread.
    SignalsOpen,
    /// It leaves signals unblocked while it gives a machine back.
    SignalsOpenAtDrop,
    /// It is torn down when `main` returns.
    TornDown,
    /// It takes SIGABRT for its own and exits.
    SwallowAbort,
    /// It takes SIGSEGV and SIGBUS for its own and exits.
    SwallowSegv,
    /// It catches a panic in a callback and says nothing.
    SwallowPanic,
    /// It asks the system for a thread's own stack whenever it wants to know it.
    AsksAgain,
    /// It does not forget the stacks of the thread that had a machine before.
    RemembersLastThread,
    /// It does not let go of a stack that is retired.
    KeepsRetired,
    /// It does not check how much of the stack is left.
    Unguarded,
}

impl Mutant {
    const OTHERS: &'static [(&'static str, Self)] = &[
        ("unbound-machine", Self::Unbound),
        ("lost-at-exit", Self::LostAtExit),
        ("shared-machine", Self::SharedMachine),
        ("signals-open", Self::SignalsOpen),
        ("signals-open-at-drop", Self::SignalsOpenAtDrop),
        ("torn-down", Self::TornDown),
        ("swallow-abort", Self::SwallowAbort),
        ("swallow-segv", Self::SwallowSegv),
        ("swallow-panic", Self::SwallowPanic),
        ("asks-again", Self::AsksAgain),
        ("remembers-last-thread", Self::RemembersLastThread),
        ("keeps-retired", Self::KeepsRetired),
        ("unguarded", Self::Unguarded),
    ];

    fn all() -> impl Iterator<Item = (&'static str, Self)> {
        let policies = Policy::ALL.iter().map(|policy| (policy.name(), Self::Policy(*policy)));
        policies.chain(Self::OTHERS.iter().copied())
    }
}

/// Reads the mutant that this process runs under, before anything else asks for it.
///
/// # Errors
///
/// One line for a person, if there is none of that name.
pub(crate) fn read() -> Result<(), String> {
    let mutant = match env::var_os(protocol::MUTANT_ENV) {
        None => None,
        Some(word) => {
            let word = word.to_string_lossy();
            let known = Mutant::all().find(|(name, _)| *name == word);
            let names = || Mutant::all().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
            let unknown = || {
                format!(
                    "failed to read `{}={word}`: no such mutant; there are {}",
                    protocol::MUTANT_ENV,
                    names()
                )
            };
            Some(known.ok_or_else(unknown)?.1)
        }
    };
    IS_ANY.store(!matches!(mutant, None | Some(Mutant::Policy(_))), Ordering::Relaxed);
    ACTIVE.set(mutant).map_err(|_| "failed to read the mutant: it was read before".to_owned())
}

/// Returns whether this process runs under `mutant`, which is no policy.
#[inline]
pub(crate) fn is(mutant: Mutant) -> bool {
    is_any() && active() == Some(mutant)
}

/// Returns whether this process runs under a mutant that is no policy.
#[inline]
pub(crate) fn is_any() -> bool {
    IS_ANY.load(Ordering::Relaxed)
}

/// Returns the mutant that this process runs under, if any.
pub(crate) fn active() -> Option<Mutant> {
    ACTIVE.get().copied().flatten()
}

/// Whether there is one that is no policy: a callback does not look further otherwise.
static IS_ANY: AtomicBool = AtomicBool::new(false);

static ACTIVE: OnceLock<Option<Mutant>> = OnceLock::new();
