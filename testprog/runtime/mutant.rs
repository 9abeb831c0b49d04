//! Mutants: deliberate faults of the runtime. A scenario that fails under a mutant can detect a
//! fault of the runtime. The mutants of the C library are in `csrc/mutant/`.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use testprog_harness::protocol;

use super::bounds::Policy;

/// A deliberate fault of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// The runtime uses another policy (rule for stack bounds) than the scenario requests.
    Policy(Policy),
    /// The runtime takes the `Machine` (the runtime's record of one thread) away from a thread
    /// after every callback.
    Unbound,
    /// The runtime does not get a `Machine` back when the `Machine`'s thread exits.
    LostAtExit,
    /// The runtime leaves a `Machine` in the pool when a thread takes the `Machine`, so another
    /// thread takes the same `Machine`.
    SharedMachine,
    /// The runtime leaves signals unblocked while it takes a `Machine` for a thread.
    SignalsOpen,
    /// The runtime leaves signals unblocked while it gives a `Machine` back.
    SignalsOpenAtDrop,
    /// The runtime tears itself down when `main` returns.
    TornDown,
    /// The runtime handles SIGABRT and exits with status 0.
    SwallowAbort,
    /// The runtime handles SIGSEGV and SIGBUS and exits with status 0.
    SwallowSegv,
    /// The runtime catches a panic in a callback and exits with status 0.
    SwallowPanic,
    /// The runtime queries the system each time that it needs the bounds of a thread's own stack.
    AsksAgain,
    /// A `Machine` keeps the cached stack bounds of its last thread when another thread takes the
    /// `Machine`.
    RemembersLastThread,
    /// The runtime does not notice that a thread has left a signal handler by a jump.
    KeepsLeft,
    /// A signal handler that finds no `Machine` in the pool waits until another handler gives a
    /// `Machine` back.
    WaitsInHandler,
    /// The runtime lets a callback continue on another thread than the thread on which the callback
    /// began.
    ChangesThread,
    /// When C returns, the runtime sets the number of calls in progress to the number before the
    /// call, and does not reduce the number by one.
    RestoresCalls,
    /// The runtime does not restore a thread's state if a panic ends a call of C.
    ForgetsUnwinding,
    /// The runtime does not search for the `Machine`s of threads that no longer exist.
    NeverReclaims,
    /// The runtime keeps a retired stack registered.
    KeepsRetired,
    /// The runtime does not check for stack overflow.
    Unguarded,
    /// The runtime takes no locks before a fork of the process, so a child may inherit a lock that
    /// stays held.
    UnpreparedFork,
    /// A thread that waits for the pool's lock yields its processor and does not sleep.
    Spins,
    /// The runtime also blocks the signals of synchronous faults while it blocks signals.
    BlocksFaults,
    /// While the runtime blocks signals, it unblocks the signals of synchronous faults that the
    /// caller has blocked.
    OpensFaults,
    /// After a fork, the runtime leaves signals blocked in the child.
    BlockedInChild,
    /// The runtime takes the estimated lower end of an unknown stack for the stack's true end, as
    /// Go does.
    BelievesEstimates,
    /// The runtime takes the bounds that the system reports for the main thread's stack as final,
    /// and every stack pointer below the guard as a stack overflow.
    BelievesTold,
    /// The runtime counts a call of C that a jump has left as in progress.
    KeepsCalls,
    /// After the outermost call of C has returned, the runtime still compares stack pointers with
    /// that of this call, although a call of another coroutine is in progress.
    KeepsOutermost,
    /// A callback changes a callee-saved register of the processor.
    ClobbersRegister,
    /// A callback changes `errno`.
    ChangesErrno,
    /// A callback sets the rounding mode to the default mode.
    ChangesRounding,
    /// A callback sets the control word of the x87 unit to its default.
    ChangesX87,
    /// After blocking signals, the runtime unblocks all signals instead of restoring the caller's
    /// signal mask.
    OpensMask,
    /// The runtime loses the bounds that the system reports for a thread's own stack, and estimates
    /// bounds instead.
    LosesTold,
    /// The runtime records the bounds that the system reports for a thread's own stack as one page
    /// higher.
    ShiftsTold,
    /// A thread that takes a `Machine` keeps the number of calls in progress of the `Machine`'s
    /// last thread.
    KeepsDepth,
    /// The runtime reads the generation of the registered stacks after a lookup instead of before,
    /// so a change during the lookup is not noticed.
    LateGeneration,
    /// In the crate `libc`, the size of `pthread_attr_t` appears 8 bytes smaller than in the C
    /// library.
    NarrowAttributes,
    /// In the crate `libc`, the constant `SA_ONSTACK` appears with another value than in the C
    /// library.
    OtherConstant,
    /// In Rust's declaration of a structure, the fields are in another order than in C.
    SwapsFields,
    /// The compiler does not touch each page of a large stack frame.
    NoStackProbes,
    /// The runtime disables the alternate signal stack of a thread that calls back for the first
    /// time.
    TakesAltstack,
    /// The runtime sets the flag `SA_ONSTACK` of each signal handler that the host program has
    /// installed, as Go does.
    AddsOnstack,
    /// After a nested callback has returned, the runtime does not know the thread's `Machine` until
    /// C has returned to the outer callback.
    ForgetsOuter,
    /// After a fork, the child's thread keeps the system's ID of the parent's thread in its
    /// `Machine`.
    KeepsParentId,
    /// The runtime requests the notification of a thread's exit only when the thread takes a
    /// `Machine` for the first time, so a thread that takes a second `Machine` never gives the
    /// second `Machine` back.
    ArmsOnce,
    /// The runtime records the lower end of a thread's own stack one page too low, as C libraries do
    /// that count the guard page as part of the stack.
    CountsGuard,
    /// While a thread takes a `Machine`, the runtime restores the thread's signal mask before the
    /// `Machine` has fresh state.
    UnblocksEarly,
    /// When C returns, the runtime restores the stack bounds only for the outermost call of C.
    RestoresOutermost,
    /// The runtime does not restore the stack bounds after a signal handler that has interrupted
    /// another handler.
    ForgetsHandler,
    /// The runtime does not count how often threads have taken a `Machine`.
    KeepsTurn,
    /// The runtime caches the bounds of a thread's own stack for the whole stack, even if a
    /// registered stack lies within the thread's own stack.
    IgnoresInner,
    /// A stack that was retired keeps its upper end in the removed node of the list.
    KeepsEnd,
    /// A thread that takes the `Machine` of the main thread counts as the main thread, whose stack
    /// can grow.
    KeepsGrowing,
    /// The runtime takes an overflow of any stack of the main thread for growth of the main
    /// thread's own stack.
    GrowsAnyStack,
    /// A thread that takes a `Machine` records only after the release of the pool's lock that the
    /// thread has the `Machine`, so a child of fork may lose the `Machine`.
    OwnsLate,
    /// A thread that has left a signal handler by a jump never gives its borrowed `Machine` back.
    KeepsLent,
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
        ("keeps-left", Self::KeepsLeft),
        ("waits-in-handler", Self::WaitsInHandler),
        ("changes-thread", Self::ChangesThread),
        ("restores-calls", Self::RestoresCalls),
        ("forgets-unwinding", Self::ForgetsUnwinding),
        ("never-reclaims", Self::NeverReclaims),
        ("keeps-retired", Self::KeepsRetired),
        ("unguarded", Self::Unguarded),
        ("unprepared-fork", Self::UnpreparedFork),
        ("spins", Self::Spins),
        ("blocks-faults", Self::BlocksFaults),
        ("opens-faults", Self::OpensFaults),
        ("blocked-in-child", Self::BlockedInChild),
        ("believes-estimates", Self::BelievesEstimates),
        ("believes-told", Self::BelievesTold),
        ("keeps-calls", Self::KeepsCalls),
        ("keeps-outermost", Self::KeepsOutermost),
        ("clobbers-register", Self::ClobbersRegister),
        ("changes-errno", Self::ChangesErrno),
        ("changes-rounding", Self::ChangesRounding),
        ("changes-x87", Self::ChangesX87),
        ("opens-mask", Self::OpensMask),
        ("loses-told", Self::LosesTold),
        ("shifts-told", Self::ShiftsTold),
        ("keeps-depth", Self::KeepsDepth),
        ("late-generation", Self::LateGeneration),
        ("narrow-attributes", Self::NarrowAttributes),
        ("other-constant", Self::OtherConstant),
        ("swaps-fields", Self::SwapsFields),
        ("no-stack-probes", Self::NoStackProbes),
        ("takes-altstack", Self::TakesAltstack),
        ("adds-onstack", Self::AddsOnstack),
        ("forgets-outer", Self::ForgetsOuter),
        ("keeps-parent-id", Self::KeepsParentId),
        ("arms-once", Self::ArmsOnce),
        ("counts-guard", Self::CountsGuard),
        ("unblocks-early", Self::UnblocksEarly),
        ("restores-outermost", Self::RestoresOutermost),
        ("forgets-handler", Self::ForgetsHandler),
        ("keeps-turn", Self::KeepsTurn),
        ("ignores-inner", Self::IgnoresInner),
        ("keeps-end", Self::KeepsEnd),
        ("keeps-growing", Self::KeepsGrowing),
        ("grows-any-stack", Self::GrowsAnyStack),
        ("keeps-lent", Self::KeepsLent),
        ("owns-late", Self::OwnsLate),
    ];

    fn all() -> impl Iterator<Item = (&'static str, Self)> {
        let policies = Policy::ALL.iter().map(|policy| (policy.name(), Self::Policy(*policy)));
        policies.chain(Self::OTHERS.iter().copied())
    }
}

/// Reads the mutant from the environment, unless the process has read the mutant already. The
/// process must call this function before any other function of this module.
///
/// # Errors
///
/// Fails with a one-line message if no mutant has the name in the environment.
pub(crate) fn read() -> Result<(), String> {
    if ACTIVE.get().is_some() {
        return Ok(());
    }
    let mutant = match env::var_os(protocol::MUTANT_ENV) {
        None => None,
        Some(word) if is_preloaded(&word) => None,
        Some(word) => {
            let word = word.to_string_lossy();
            let known = Mutant::all().find(|(name, _)| *name == word);
            let names = || Mutant::all().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
            let unknown = || {
                format!(
                    "failed to read `{}={word}`: no such mutant; there are {}; a mutant of the C \
                     library must be in LD_PRELOAD",
                    protocol::MUTANT_ENV,
                    names()
                )
            };
            Some(known.ok_or_else(unknown)?.1)
        }
    };
    IS_ANY.store(!matches!(mutant, None | Some(Mutant::Policy(_))), Ordering::Relaxed);
    ACTIVE
        .set(mutant)
        .map_err(|_| "failed to read the mutant: the process has read it already".to_owned())
}

/// Returns whether `word` is the name of a mutant of the C library, such as `libc-rearm-ignored`,
/// and the environment variable `LD_PRELOAD` names the shared object that contains this mutant.
///
/// A mutant of the C library replaces functions of the C library by faulty functions. The code of
/// the mutants of the C library is in `csrc/mutant/`, and `cargo test --test mutants` compiles this
/// code.
fn is_preloaded(word: &OsStr) -> bool {
    let object = env::var_os("LD_PRELOAD").unwrap_or_default();
    let is_for_libc = word.to_str().is_some_and(|word| word.starts_with("libc-"));
    is_for_libc && Path::new(&object).file_stem() == Some(word)
}

/// Returns whether this process runs under `mutant`, which must not be a [`Mutant::Policy`].
#[inline]
pub(crate) fn is(mutant: Mutant) -> bool {
    is_any() && active() == Some(mutant)
}

/// Returns whether this process runs under a mutant that is not a [`Mutant::Policy`].
#[inline]
pub(crate) fn is_any() -> bool {
    IS_ANY.load(Ordering::Relaxed)
}

/// Returns the mutant that this process runs under, if any.
pub(crate) fn active() -> Option<Mutant> {
    ACTIVE.get().copied().flatten()
}

/// Whether the process runs under a mutant that is not a [`Mutant::Policy`]. If this variable is
/// false, a callback needs to read no other variable about mutants.
static IS_ANY: AtomicBool = AtomicBool::new(false);

/// The mutant that the process runs under, or `None`, set by [`read`].
static ACTIVE: OnceLock<Option<Mutant>> = OnceLock::new();
