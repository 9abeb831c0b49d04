//! The rule of the runtime: is the stack pointer on the recorded stack, and if not, which bounds take its place.
//!
//! Everything here is pure. What is known of stacks comes in as closures, which are called only where a policy asks.

/// How far above the stack pointer an unknown stack is taken to reach, in bytes: the frames of the call back into the
/// runtime are there.
const ESTIMATE_ABOVE: usize = 1024;

/// How far below the stack pointer an unknown stack is taken to reach, in bytes. Coroutine libraries rarely make stacks
/// that are smaller, and a callback rarely needs more.
const ESTIMATE_BELOW: usize = 32 << 10;

/// How much of a stack is kept for what runs without a check, in bytes: the frames between two checks, and the message that
/// the stack is used up. In a debug build on x86-64, the message with `abort` takes about 900 bytes; on s390x, whose
/// smallest frame has 160 bytes, it takes 1800, and the frames between two checks take 840.
pub(crate) const STACK_GUARD: usize = 4 << 10;

/// What a machine has recorded of the stack that its thread runs on: addresses, `lo < sp <= hi`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) lo: usize,
    pub(crate) hi: usize,
    /// Whether they were told, by the system or by who made the stack; otherwise they are an estimate.
    pub(crate) exact: bool,
}

impl Bounds {
    /// Returns bounds that were told.
    pub(crate) const fn told(lo: usize, hi: usize) -> Self {
        Self { lo, hi, exact: true }
    }

    /// Returns the estimate for an unknown stack.
    pub(crate) const fn estimate(sp: usize) -> Self {
        let (lo, hi) = (sp.saturating_sub(ESTIMATE_BELOW), sp.saturating_add(ESTIMATE_ABOVE));
        Self { lo, hi, exact: false }
    }

    /// Returns true if and only if a stack pointer is on this stack. A stack pointer at `hi` has an empty stack, one at
    /// `lo` has nothing left.
    pub(crate) const fn contains(&self, sp: usize) -> bool {
        self.lo < sp && sp <= self.hi
    }

    /// Returns the lowest stack pointer with which there is room for a call.
    pub(crate) const fn guard(&self) -> usize {
        self.lo.saturating_add(STACK_GUARD)
    }
}

/// A call from C back into the runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) sp: usize,
    /// Whether it is the first since the machine was taken for this thread: the recorded bounds are another thread's.
    pub(crate) first: bool,
    /// Whether frames of the runtime are further up the stack: it called C, which now calls back.
    pub(crate) nested: bool,
    /// Whether a registered stack lies in the thread's own one, so that being in this one proves nothing.
    pub(crate) shared: bool,
}

/// What becomes of the recorded bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Keep,
    Replace(Bounds),
    /// The callback is refused and the process ends. The bounds are for the code that says so.
    Refuse(Bounds),
}

/// How a runtime keeps its bounds right: Go's history of this very question, with the release that had each policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Estimate once and believe it.
    GuessOnce,
    /// Estimate at every outermost callback: up to Go 1.20.
    GuessEveryEntry,
    /// Ask the system at a thread's first callback and believe it: Go 1.21.
    Frozen,
    /// Ask again when the stack pointer is out of bounds, and refuse that in a nested callback: Go 1.22.0.
    OutOfBounds,
    /// Ask at every outermost callback, and refuse a nested one that is out of bounds: Go 1.22.5.
    AlwaysRefuse,
    /// Ask at every callback, and leave the bounds of the last one behind.
    NeverRestore,
    /// Ask when out of bounds, and take the answer even where it does not contain the stack pointer.
    TrustApi,
    /// Ask at every callback unless the recorded bounds are exact and contain the stack pointer, and set them back when it
    /// returns: Go since 1.23.
    Exact,
    /// The same, and look among the registered stacks first.
    Registered,
}

impl Policy {
    pub(crate) const ALL: &'static [Self] = &[
        Self::GuessOnce,
        Self::GuessEveryEntry,
        Self::Frozen,
        Self::OutOfBounds,
        Self::AlwaysRefuse,
        Self::NeverRestore,
        Self::TrustApi,
        Self::Exact,
        Self::Registered,
    ];

    /// Returns its name as a mutant.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::GuessOnce => "guess-once",
            Self::GuessEveryEntry => "guess-every-entry",
            Self::Frozen => "frozen-bounds",
            Self::OutOfBounds => "out-of-bounds",
            Self::AlwaysRefuse => "always-refuse",
            Self::NeverRestore => "never-restore",
            Self::TrustApi => "trust-api",
            Self::Exact => "exact-bounds",
            Self::Registered => "registered-bounds",
        }
    }

    /// Returns whether the bounds from before a callback are set back when it returns.
    pub(crate) const fn restores(self) -> bool {
        matches!(self, Self::Exact | Self::Registered)
    }

    /// Returns whether the `recorded` bounds are certainly those of the stack in use, so that a callback may go ahead: the
    /// fast path of the policies that are no mutants.
    #[inline]
    pub(crate) const fn is_settled(self, recorded: Bounds, sp: usize, shared: bool) -> bool {
        self.restores() && recorded.exact && !shared && recorded.contains(sp)
    }

    /// Decides what becomes of the `recorded` bounds at `entry`.
    ///
    /// `own` returns the bounds of the thread's own stack, zeros where the system does not tell them or cannot be asked.
    /// `registered` returns those of the registered stack that the stack pointer is on.
    #[inline]
    #[expect(clippy::match_same_arms, reason = "each policy is read by itself")]
    pub(crate) fn decide(
        self,
        recorded: Bounds,
        entry: Entry,
        own: impl FnOnce() -> (usize, usize),
        registered: impl FnOnce() -> Option<(usize, usize)>,
    ) -> Decision {
        let inside = recorded.contains(entry.sp);
        match self {
            Self::GuessOnce if recorded == Bounds::default() => {
                Decision::Replace(Bounds::estimate(entry.sp))
            }
            Self::GuessOnce => Decision::Keep,
            Self::GuessEveryEntry if entry.nested => Decision::Keep,
            Self::GuessEveryEntry => Decision::Replace(Bounds::estimate(entry.sp)),
            Self::Frozen if entry.first => Decision::Replace(asked(entry, own)),
            Self::Frozen => Decision::Keep,
            Self::OutOfBounds if inside => Decision::Keep,
            Self::AlwaysRefuse if entry.nested && inside => Decision::Keep,
            Self::OutOfBounds | Self::AlwaysRefuse if entry.nested => {
                Decision::Refuse(Bounds::estimate(entry.sp))
            }
            Self::OutOfBounds | Self::AlwaysRefuse => Decision::Replace(asked(entry, own)),
            Self::NeverRestore => Decision::Replace(asked(entry, own)),
            Self::TrustApi if inside => Decision::Keep,
            Self::TrustApi => Decision::Replace(trusted(entry, own)),
            Self::Exact | Self::Registered if entry.first => Decision::Replace(base(own)),
            Self::Exact | Self::Registered if self.is_settled(recorded, entry.sp, entry.shared) => {
                Decision::Keep
            }
            Self::Exact => Decision::Replace(asked(entry, own)),
            Self::Registered => Decision::Replace(match registered() {
                Some((lo, hi)) => Bounds::told(lo, hi),
                None => asked(entry, own),
            }),
        }
    }
}

/// What a thread starts from, and returns to: its own stack, on whichever one it is. A callback's bounds last as long as
/// the callback, so those of another stack, which may be freed after that, are never what the next one finds.
fn base(own: impl FnOnce() -> (usize, usize)) -> Bounds {
    let (lo, hi) = own();
    Bounds::told(lo, hi)
}

/// The thread's own stack, if it is the stack in use; otherwise the estimate.
fn asked(entry: Entry, own: impl FnOnce() -> (usize, usize)) -> Bounds {
    let told = base(own);
    // Zeros contain nothing, so a system that does not tell needs no case of its own.
    if told.contains(entry.sp) { told } else { Bounds::estimate(entry.sp) }
}

/// The thread's own stack, whatever stack is in use.
fn trusted(entry: Entry, own: impl FnOnce() -> (usize, usize)) -> Bounds {
    match base(own) {
        Bounds { lo: 0, hi: 0, .. } => Bounds::estimate(entry.sp),
        told => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LO: usize = 0x10_0000;
    const HI: usize = 0x20_0000;
    const OWN: Bounds = Bounds::told(LO, HI);
    const ELSEWHERE: usize = 0x90_0000;

    fn entry(sp: usize) -> Entry {
        Entry { sp, first: false, nested: false, shared: false }
    }

    fn nested(sp: usize) -> Entry {
        Entry { nested: true, ..entry(sp) }
    }

    fn told() -> (usize, usize) {
        (LO, HI)
    }

    fn untold() -> (usize, usize) {
        (0, 0)
    }

    fn not_asked() -> (usize, usize) {
        panic!("the system was asked")
    }

    fn none() -> Option<(usize, usize)> {
        None
    }

    fn exact(recorded: Bounds, entry: Entry, ask: fn() -> (usize, usize)) -> Decision {
        Policy::Exact.decide(recorded, entry, ask, none)
    }

    #[test]
    fn a_stack_pointer_at_the_top_is_inside_and_one_at_the_bottom_is_not() {
        assert!(OWN.contains(HI) && !OWN.contains(HI + 1));
        assert!(OWN.contains(LO + 1) && !OWN.contains(LO));
        assert!(!Bounds::default().contains(0));
        assert!(
            !Bounds::told(HI, LO).contains(LO + 1),
            "bounds the wrong way round contain nothing"
        );
    }

    #[test]
    fn an_estimate_reaches_32_kib_down_and_does_not_wrap() {
        assert_eq!(Bounds::estimate(LO), Bounds { lo: LO - 32768, hi: LO + 1024, exact: false });
        assert_eq!(Bounds::estimate(100), Bounds { lo: 0, hi: 1124, exact: false });
        assert!(Bounds::estimate(100).contains(100));
        assert_eq!(Bounds::estimate(usize::MAX).hi, usize::MAX);
        assert_eq!(Bounds::told(usize::MAX - 1, usize::MAX).guard(), usize::MAX);
    }

    #[test]
    fn inside_exact_bounds_nothing_is_asked() {
        for sp in [LO + 1, LO + 5000, HI] {
            assert_eq!(exact(OWN, entry(sp), not_asked), Decision::Keep);
            assert_eq!(exact(OWN, nested(sp), not_asked), Decision::Keep);
        }
    }

    #[test]
    fn at_and_outside_the_edges_the_bounds_are_new() {
        for sp in [LO, HI + 1, ELSEWHERE] {
            let new = Decision::Replace(Bounds::estimate(sp));
            assert_eq!(exact(OWN, entry(sp), told), new);
            assert_eq!(exact(OWN, nested(sp), told), new);
        }
    }

    #[test]
    fn inside_an_estimate_is_no_reason_to_keep_it() {
        let recorded = Bounds::estimate(ELSEWHERE);
        let sp = ELSEWHERE - 32000;
        assert!(recorded.contains(sp));
        assert_eq!(exact(recorded, entry(sp), untold), Decision::Replace(Bounds::estimate(sp)));
        let sp = LO + 40000;
        assert_eq!(exact(Bounds::estimate(sp), entry(sp), told), Decision::Replace(OWN));
    }

    #[test]
    fn bounds_that_do_not_contain_the_stack_pointer_are_not_taken() {
        let new = Decision::Replace(Bounds::estimate(ELSEWHERE));
        assert_eq!(exact(Bounds::default(), entry(ELSEWHERE), told), new);
        assert_eq!(
            exact(Bounds::default(), entry(LO), told),
            Decision::Replace(Bounds::estimate(LO))
        );
        assert_eq!(exact(Bounds::default(), entry(HI), told), Decision::Replace(OWN));
    }

    #[test]
    fn a_system_that_does_not_tell_gives_an_estimate() {
        for sp in [1, ELSEWHERE] {
            assert_eq!(
                exact(Bounds::default(), entry(sp), untold),
                Decision::Replace(Bounds::estimate(sp))
            );
        }
    }

    #[test]
    fn a_thread_starts_from_its_own_stack_whatever_was_recorded_and_wherever_it_is() {
        for policy in [Policy::Exact, Policy::Registered] {
            for sp in [HI - 8, ELSEWHERE] {
                let first = Entry { first: true, ..entry(sp) };
                for recorded in [Bounds::default(), Bounds::told(LO - 8, HI), Bounds::estimate(sp)]
                {
                    let base = policy.decide(recorded, first, told, || panic!("looked up"));
                    assert_eq!(base, Decision::Replace(OWN));
                }
                let untold = policy.decide(OWN, first, untold, none);
                assert_eq!(untold, Decision::Replace(Bounds::told(0, 0)));
            }
        }
        assert!(!Bounds::told(0, 0).contains(0));
    }

    #[test]
    fn a_registered_stack_comes_before_the_thread_s_own_and_that_before_an_estimate() {
        let policy = Policy::Registered;
        let there = || Some((ELSEWHERE - 4096, ELSEWHERE + 4096));
        let its = Decision::Replace(Bounds::told(ELSEWHERE - 4096, ELSEWHERE + 4096));
        assert_eq!(policy.decide(OWN, entry(ELSEWHERE), not_asked, there), its);
        assert_eq!(
            policy.decide(Bounds::estimate(HI), entry(HI), told, none),
            Decision::Replace(OWN)
        );
        let estimate = Decision::Replace(Bounds::estimate(ELSEWHERE));
        assert_eq!(policy.decide(OWN, entry(ELSEWHERE), told, none), estimate);
        assert_eq!(
            policy.decide(OWN, entry(HI), not_asked, || panic!("looked up")),
            Decision::Keep
        );
    }

    #[test]
    fn in_a_stack_that_holds_another_nothing_is_taken_for_granted() {
        let policy = Policy::Registered;
        let inner = || Some((LO + 4096, LO + 65536));
        let entry = Entry { shared: true, ..entry(LO + 8192) };
        let its = Decision::Replace(Bounds::told(LO + 4096, LO + 65536));
        assert_eq!(policy.decide(OWN, entry, told, inner), its);
        assert_eq!(policy.decide(OWN, entry, told, none), Decision::Replace(OWN));
    }

    #[test]
    fn frozen_bounds_never_change_after_the_first_callback() {
        let first = Entry { first: true, ..entry(HI) };
        assert_eq!(
            Policy::Frozen.decide(Bounds::default(), first, told, none),
            Decision::Replace(OWN)
        );
        assert_eq!(Policy::Frozen.decide(OWN, entry(ELSEWHERE), not_asked, none), Decision::Keep);
    }

    #[test]
    fn out_of_bounds_updates_an_outermost_callback_and_refuses_a_nested_one() {
        let seed = Policy::OutOfBounds;
        let estimate = Bounds::estimate(ELSEWHERE);
        assert_eq!(seed.decide(OWN, entry(HI), not_asked, none), Decision::Keep);
        assert_eq!(seed.decide(OWN, entry(ELSEWHERE), told, none), Decision::Replace(estimate));
        assert_eq!(
            seed.decide(OWN, nested(ELSEWHERE), not_asked, none),
            Decision::Refuse(estimate)
        );
        assert_eq!(seed.decide(estimate, entry(HI), told, none), Decision::Replace(OWN));
        // The mistake in it: an estimate that belongs to another stack is kept, however little of it is left.
        assert_eq!(seed.decide(estimate, entry(estimate.lo + 1), not_asked, none), Decision::Keep);
    }

    #[test]
    fn always_refuse_differs_from_it_only_where_nothing_is_up_the_stack() {
        let policy = Policy::AlwaysRefuse;
        let estimate = Bounds::estimate(ELSEWHERE);
        let sp = estimate.lo + 1;
        assert_eq!(
            policy.decide(estimate, entry(sp), untold, none),
            Decision::Replace(Bounds::estimate(sp))
        );
        assert_eq!(policy.decide(estimate, nested(sp), not_asked, none), Decision::Keep);
        assert_eq!(
            policy.decide(OWN, nested(ELSEWHERE), not_asked, none),
            Decision::Refuse(estimate)
        );
    }

    #[test]
    fn guesses_ask_nobody() {
        let estimate = Bounds::estimate(ELSEWHERE);
        let once = Policy::GuessOnce;
        assert_eq!(
            once.decide(Bounds::default(), entry(ELSEWHERE), not_asked, none),
            Decision::Replace(estimate)
        );
        assert_eq!(
            once.decide(estimate, Entry { first: true, ..entry(HI) }, not_asked, none),
            Decision::Keep
        );
        let every = Policy::GuessEveryEntry;
        assert_eq!(
            every.decide(OWN, entry(ELSEWHERE), not_asked, none),
            Decision::Replace(estimate)
        );
        assert_eq!(every.decide(OWN, nested(ELSEWHERE), not_asked, none), Decision::Keep);
    }

    #[test]
    fn trust_takes_bounds_of_another_stack() {
        let trust = Policy::TrustApi;
        assert_eq!(
            trust.decide(Bounds::default(), entry(ELSEWHERE), told, none),
            Decision::Replace(OWN)
        );
        assert_eq!(trust.decide(OWN, entry(HI), not_asked, none), Decision::Keep);
        let estimate = Decision::Replace(Bounds::estimate(ELSEWHERE));
        assert_eq!(trust.decide(OWN, entry(ELSEWHERE), untold, none), estimate);
    }

    #[test]
    fn never_restore_asks_at_every_callback() {
        assert_eq!(
            Policy::NeverRestore.decide(OWN, nested(HI), told, none),
            Decision::Replace(OWN)
        );
        let restoring: Vec<_> = Policy::ALL.iter().filter(|policy| policy.restores()).collect();
        assert_eq!(restoring, [&Policy::Exact, &Policy::Registered]);
    }
}
