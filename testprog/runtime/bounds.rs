//! The rule that decides the stack bounds of a `Machine` (the runtime's record of one thread) at
//! each callback.
//!
//! All functions of this module are pure. The caller passes the lookups of stacks as closures,
//! which run only if the policy (the rule in use) needs the lookups.

/// Distance from the stack pointer up to the estimated top of an unknown stack, in bytes. The stack
/// frames of the call into the runtime lie above the stack pointer.
const ESTIMATE_ABOVE: usize = 1024;

/// Distance from the stack pointer down to the estimated bottom of an unknown stack, in bytes.
/// Coroutine libraries rarely create stacks of less than 32 KiB, and a callback rarely needs more
/// than 32 KiB.
const ESTIMATE_BELOW: usize = 32 << 10;

/// Size of the lowest part of a stack in bytes, which is reserved for code that runs without a
/// stack check. The lowest part is for code between two stack checks, and for the code that prints
/// that the stack has overflowed.
///
/// In a debug build on x86-64, printing the message and `abort` take about 900 bytes of stack. On
/// s390x, whose smallest frame has 160 bytes, printing the message and `abort` take 1800 bytes, and
/// the frames between two checks take 840 bytes.
pub(crate) const STACK_GUARD: usize = 4 << 10;

/// The bounds of a stack: the addresses of its lower and its upper end. A stack pointer is on the
/// stack if `lo < sp <= hi`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) lo: usize,
    pub(crate) hi: usize,
}

impl Bounds {
    /// Returns the estimated bounds of an unknown stack whose stack pointer is `sp`. The lower end
    /// of estimated bounds is an odd address, which marks the bounds as an estimate.
    pub(crate) const fn estimate(sp: usize) -> Self {
        Self { lo: sp.saturating_sub(ESTIMATE_BELOW) | 1, hi: sp.saturating_add(ESTIMATE_ABOVE) }
    }

    /// Returns whether these bounds are an estimate. An odd lower end marks an estimate, so that a
    /// callback stores the mark and the bounds with the same two stores.
    pub(crate) const fn is_estimate(self) -> bool {
        self.lo % 2 == 1
    }

    /// Returns these bounds without the mark of an estimate. Bounds that the system or a coroutine
    /// library reports may begin at an odd address. No stack pointer is odd, so the returned bounds
    /// contain the same stack pointers.
    pub(crate) const fn told(self) -> Self {
        Self { lo: self.lo.saturating_add(self.lo % 2), hi: self.hi }
    }

    /// Returns estimated bounds with the same upper end, and with a lower end [`ESTIMATE_BELOW`]
    /// bytes below `sp`.
    pub(crate) const fn extended(self, sp: usize) -> Self {
        Self { lo: Self::estimate(sp).lo, hi: self.hi }
    }

    /// Returns whether a stack pointer is on this stack. With the stack pointer at `hi`, the stack
    /// is empty. With the stack pointer at `lo`, the stack is full, so `lo` does not count as on
    /// the stack.
    pub(crate) const fn contains(self, sp: usize) -> bool {
        self.lo < sp && sp <= self.hi
    }

    /// Returns a stack pointer near the top of the stack. For estimated bounds, returns the stack
    /// pointer from which the runtime has estimated the bounds.
    pub(crate) const fn below_top(self) -> usize {
        self.hi.saturating_sub(ESTIMATE_ABOVE)
    }

    /// Returns whether two stacks overlap.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.lo < other.hi && other.lo < self.hi
    }

    /// Returns the lowest stack pointer that passes the check for stack overflow.
    pub(crate) const fn guard(self) -> usize {
        self.lo.saturating_add(STACK_GUARD)
    }
}

/// A callback: a call from C back into the runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) sp: usize,
    /// Whether the thread has just taken the `Machine`, so that the `Machine`'s recorded bounds are
    /// those of another thread.
    pub(crate) first: bool,
    /// Whether the C code that calls back was called by the runtime, so that stack frames of the
    /// runtime lie further up the stack.
    pub(crate) nested: bool,
}

/// Source from which the runtime knows a stack's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The coroutine library that created the stack has registered the bounds.
    Registered,
    /// The system has reported the bounds of the thread's own stack.
    Own,
    /// The runtime has estimated the bounds.
    Estimate,
}

impl Source {
    /// Returns the range of stack pointers for which `bounds`, found for the stack pointer `sp`,
    /// are valid. The range is valid until a stack is registered or retired.
    ///
    /// `is_shared` returns whether a registered stack lies within `bounds`.
    pub(crate) fn range(
        self,
        sp: usize,
        bounds: Bounds,
        is_shared: impl FnOnce() -> bool,
    ) -> Bounds {
        let is_all = match self {
            Self::Registered => true,
            Self::Own => !is_shared(),
            Self::Estimate => false,
        };
        if is_all { bounds } else { Bounds { lo: sp.saturating_sub(1), hi: sp } }
    }
}

/// A decision about a `Machine`'s recorded bounds at a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Keeps the bounds that the `Machine` has recorded.
    Keep,
    /// Replaces the recorded bounds by the given bounds, which come from the given source.
    Replace(Bounds, Source),
    /// Refuses the callback with a message and ends the process. While the message is printed, the
    /// `Machine` has the given bounds.
    Refuse(Bounds),
}

/// A policy: a rule by which a runtime determines a `Machine`'s stack bounds. Most of the policies
/// were Go's policy in some release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Estimates the bounds at a `Machine`'s first callback and keeps the estimate.
    GuessOnce,
    /// Estimates the bounds at every outermost callback, as Go did up to 1.20.
    GuessEveryEntry,
    /// Queries the system for the bounds at a thread's first callback and keeps the reported
    /// bounds, as Go 1.21 did.
    Frozen,
    /// Queries the system when the stack pointer is out of bounds, and refuses a nested callback
    /// that is out of bounds, as Go 1.22.0 did.
    OutOfBounds,
    /// Queries the system at every outermost callback, and refuses a nested callback that is out of
    /// bounds, as Go 1.22.5 did.
    AlwaysRefuse,
    /// Queries the system at every callback, and does not restore the bounds of an outer callback.
    NeverRestore,
    /// Queries the system when the stack pointer is out of bounds, and takes the reported bounds
    /// even if they do not contain the stack pointer.
    TrustApi,
    /// Takes the bounds of the thread's own stack if they contain the stack pointer, and otherwise
    /// estimates the bounds, as Go has done since 1.23. The decision does not depend on the bounds
    /// that the `Machine` recorded earlier.
    Exact,
    /// Takes the bounds of the registered stack that contains the stack pointer. If no registered
    /// stack contains the stack pointer, this policy decides as `Exact`.
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

    /// Returns the policy's name as a mutant (a deliberate fault of the runtime).
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

    /// Returns whether the policy derives the bounds only from the stack pointer and the stacks
    /// that the runtime knows.
    ///
    /// The runtime caches bounds, and restores a function's bounds when C code returns to the
    /// function, only if this method returns true.
    pub(crate) const fn follows_sp(self) -> bool {
        matches!(self, Self::Exact | Self::Registered)
    }

    /// Decides at the callback `entry` whether the `Machine` keeps its `recorded` bounds, and
    /// otherwise which bounds replace the recorded bounds.
    ///
    /// `own` returns the bounds of the thread's own stack, or zeros if these bounds are unknown.
    /// `registered` returns the bounds of the registered stack that contains the stack pointer.
    #[expect(clippy::match_same_arms, reason = "each policy is readable by itself")]
    pub(crate) fn decide(
        self,
        recorded: Bounds,
        entry: Entry,
        own: impl FnOnce() -> Bounds,
        registered: impl FnOnce() -> Option<Bounds>,
    ) -> Decision {
        let inside = recorded.contains(entry.sp);
        match self {
            Self::GuessOnce if recorded == Bounds::default() => estimate(entry.sp),
            Self::GuessOnce => Decision::Keep,
            Self::GuessEveryEntry if entry.nested => Decision::Keep,
            Self::GuessEveryEntry => estimate(entry.sp),
            Self::Frozen if entry.first => asked(entry, own),
            Self::Frozen => Decision::Keep,
            Self::OutOfBounds if inside => Decision::Keep,
            Self::AlwaysRefuse if entry.nested && inside => Decision::Keep,
            Self::OutOfBounds | Self::AlwaysRefuse if entry.nested => {
                Decision::Refuse(Bounds::estimate(entry.sp))
            }
            Self::OutOfBounds | Self::AlwaysRefuse => asked(entry, own),
            Self::NeverRestore => asked(entry, own),
            Self::TrustApi if inside => Decision::Keep,
            Self::TrustApi => trusted(entry, own),
            // A thread starts with the bounds of its own stack, even if its first callback comes
            // from another stack. After a thread's first decision, the runtime makes a second
            // decision for the same callback, which depends on the stack pointer.
            Self::Exact | Self::Registered if entry.first => Decision::Replace(own(), Source::Own),
            Self::Exact => asked(entry, own),
            Self::Registered => match registered() {
                Some(bounds) => Decision::Replace(bounds, Source::Registered),
                None => asked(entry, own),
            },
        }
    }
}

/// Takes the bounds of the thread's own stack if they contain the stack pointer, and otherwise
/// estimates the bounds.
fn asked(entry: Entry, own: impl FnOnce() -> Bounds) -> Decision {
    let own = own();
    // Unknown bounds are zeros and contain no stack pointer, so they need no separate check.
    if own.contains(entry.sp) { Decision::Replace(own, Source::Own) } else { estimate(entry.sp) }
}

/// Takes the bounds of the thread's own stack, even if they do not contain the stack pointer.
fn trusted(entry: Entry, own: impl FnOnce() -> Bounds) -> Decision {
    let own = own();
    if own == Bounds::default() { estimate(entry.sp) } else { Decision::Replace(own, Source::Own) }
}

/// Decides to use estimated bounds for a stack whose bounds neither the system nor a library has
/// reported.
fn estimate(sp: usize) -> Decision {
    Decision::Replace(Bounds::estimate(sp), Source::Estimate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LO: usize = 0x10_0000;
    const HI: usize = 0x20_0000;
    const OWN: Bounds = Bounds { lo: LO, hi: HI };
    const ELSEWHERE: usize = 0x90_0000;
    const ITS_OWN: Decision = Decision::Replace(OWN, Source::Own);

    fn entry(sp: usize) -> Entry {
        Entry { sp, first: false, nested: false }
    }

    fn nested(sp: usize) -> Entry {
        Entry { nested: true, ..entry(sp) }
    }

    fn told() -> Bounds {
        OWN
    }

    fn untold() -> Bounds {
        Bounds::default()
    }

    fn not_asked() -> Bounds {
        panic!("the policy queried the system")
    }

    fn none() -> Option<Bounds> {
        None
    }

    fn exact(recorded: Bounds, entry: Entry, ask: fn() -> Bounds) -> Decision {
        Policy::Exact
            .decide(recorded, entry, ask, || panic!("the policy looked up a registered stack"))
    }

    #[test]
    fn a_stack_pointer_at_the_top_is_inside_and_one_at_the_bottom_is_not() {
        assert!(OWN.contains(HI) && !OWN.contains(HI + 1));
        assert!(OWN.contains(LO + 1) && !OWN.contains(LO));
        assert!(!Bounds::default().contains(0));
        let reversed = Bounds { lo: HI, hi: LO };
        assert!(!reversed.contains(LO + 1), "reversed bounds contain no stack pointer");
    }

    #[test]
    fn stacks_in_a_row_have_no_address_in_common() {
        let next = Bounds { lo: HI, hi: HI + 4096 };
        assert!(!OWN.meets(next) && !next.meets(OWN));
        let one_more = Bounds { lo: HI - 1, ..next };
        assert!(OWN.meets(one_more) && one_more.meets(OWN));
    }

    #[test]
    fn an_estimate_reaches_32_kib_down_and_does_not_wrap() {
        assert_eq!(Bounds::estimate(LO), Bounds { lo: LO - 32767, hi: LO + 1024 });
        assert_eq!(Bounds::estimate(100), Bounds { lo: 1, hi: 1124 });
        assert!(Bounds::estimate(100).contains(100));
        assert_eq!(Bounds::estimate(usize::MAX).hi, usize::MAX);
        assert_eq!(Bounds { lo: usize::MAX - 1, hi: usize::MAX }.guard(), usize::MAX);
    }

    #[test]
    fn an_estimate_is_marked_and_reported_bounds_are_not() {
        for sp in [100, LO, ELSEWHERE, usize::MAX] {
            assert!(Bounds::estimate(sp).is_estimate());
            assert!(!Bounds::estimate(sp).told().is_estimate());
        }
        let deeper = Bounds::estimate(LO).extended(LO - 40_000);
        assert_eq!(deeper, Bounds { lo: LO - 72_767, hi: LO + 1024 });
        assert!(deeper.is_estimate());
        assert_eq!(OWN.told(), OWN);
        assert_eq!(Bounds { lo: LO + 1, hi: HI }.told(), Bounds { lo: LO + 2, hi: HI });
        assert_eq!(Bounds { lo: usize::MAX, hi: HI }.told().lo, usize::MAX);
    }

    #[test]
    fn inside_the_thread_s_own_stack_its_bounds_are_taken_whatever_was_recorded() {
        for recorded in [OWN, Bounds::default(), Bounds::estimate(LO + 40_000)] {
            for sp in [LO + 1, LO + 5000, HI] {
                assert_eq!(exact(recorded, entry(sp), told), ITS_OWN);
                assert_eq!(exact(recorded, nested(sp), told), ITS_OWN);
            }
        }
    }

    #[test]
    fn at_and_outside_its_edges_there_is_an_estimate() {
        for recorded in [OWN, Bounds::default(), Bounds::estimate(LO + 1)] {
            for sp in [LO, HI + 1, ELSEWHERE] {
                assert_eq!(exact(recorded, entry(sp), told), estimate(sp));
                assert_eq!(exact(recorded, nested(sp), told), estimate(sp));
            }
        }
    }

    #[test]
    fn inside_an_estimate_is_no_reason_to_keep_it() {
        let recorded = Bounds::estimate(ELSEWHERE);
        let sp = ELSEWHERE - 32000;
        assert!(recorded.contains(sp));
        assert_eq!(exact(recorded, entry(sp), untold), estimate(sp));
    }

    #[test]
    fn a_system_that_does_not_tell_gives_an_estimate() {
        for sp in [1, ELSEWHERE] {
            assert_eq!(exact(Bounds::default(), entry(sp), untold), estimate(sp));
        }
    }

    #[test]
    fn a_thread_starts_from_its_own_stack_whatever_was_recorded_and_wherever_it_is() {
        for policy in [Policy::Exact, Policy::Registered] {
            for sp in [HI - 8, ELSEWHERE] {
                let first = Entry { first: true, ..entry(sp) };
                let other = Bounds { lo: LO - 8, hi: HI };
                for recorded in [Bounds::default(), other, Bounds::estimate(sp)] {
                    let base = policy.decide(recorded, first, told, || {
                        panic!("the policy looked up a registered stack")
                    });
                    assert_eq!(base, ITS_OWN);
                }
                let untold = policy.decide(OWN, first, untold, none);
                assert_eq!(untold, Decision::Replace(Bounds::default(), Source::Own));
            }
        }
    }

    #[test]
    fn a_registered_stack_comes_before_the_thread_s_own_and_that_before_an_estimate() {
        let policy = Policy::Registered;
        for inner in [ELSEWHERE, LO + 8192].map(|sp| Bounds { lo: sp - 4096, hi: sp + 65536 }) {
            let there = policy.decide(OWN, entry(inner.hi), not_asked, || Some(inner));
            assert_eq!(there, Decision::Replace(inner, Source::Registered));
        }
        assert_eq!(policy.decide(Bounds::estimate(HI), entry(HI), told, none), ITS_OWN);
        assert_eq!(policy.decide(OWN, entry(ELSEWHERE), told, none), estimate(ELSEWHERE));
    }

    #[test]
    fn told_bounds_are_right_on_the_whole_stack_and_an_estimate_for_its_stack_pointer_alone() {
        let not_looked = || panic!("the policy looked up a registered stack");
        let alone = Bounds { lo: HI - 9, hi: HI - 8 };
        assert_eq!(Source::Registered.range(HI - 8, OWN, not_looked), OWN);
        assert_eq!(Source::Own.range(HI - 8, OWN, || false), OWN);
        assert_eq!(Source::Own.range(HI - 8, OWN, || true), alone);
        assert_eq!(Source::Estimate.range(HI - 8, Bounds::estimate(HI - 8), not_looked), alone);
        assert!(alone.contains(HI - 8) && !alone.contains(HI - 9) && !alone.contains(HI - 7));
    }

    #[test]
    fn frozen_bounds_never_change_after_the_first_callback() {
        let first = Entry { first: true, ..entry(HI) };
        assert_eq!(Policy::Frozen.decide(Bounds::default(), first, told, none), ITS_OWN);
        assert_eq!(Policy::Frozen.decide(OWN, entry(ELSEWHERE), not_asked, none), Decision::Keep);
    }

    #[test]
    fn out_of_bounds_updates_an_outermost_callback_and_refuses_a_nested_one() {
        let seed = Policy::OutOfBounds;
        assert_eq!(seed.decide(OWN, entry(HI), not_asked, none), Decision::Keep);
        assert_eq!(seed.decide(OWN, entry(ELSEWHERE), told, none), estimate(ELSEWHERE));
        let recorded = Bounds::estimate(ELSEWHERE);
        let refused = Decision::Refuse(recorded);
        assert_eq!(seed.decide(OWN, nested(ELSEWHERE), not_asked, none), refused);
        assert_eq!(seed.decide(recorded, entry(HI), told, none), ITS_OWN);
        // The policy `out-of-bounds` has a bug: the runtime keeps the estimated bounds of another
        // stack even if almost nothing is left of the estimated stack.
        let deep = entry(recorded.lo + 1);
        assert_eq!(seed.decide(recorded, deep, not_asked, none), Decision::Keep);
    }

    #[test]
    fn always_refuse_differs_from_it_only_where_nothing_is_up_the_stack() {
        let policy = Policy::AlwaysRefuse;
        let recorded = Bounds::estimate(ELSEWHERE);
        let sp = recorded.lo + 1;
        assert_eq!(policy.decide(recorded, entry(sp), untold, none), estimate(sp));
        assert_eq!(policy.decide(recorded, nested(sp), not_asked, none), Decision::Keep);
        let refused = Decision::Refuse(recorded);
        assert_eq!(policy.decide(OWN, nested(ELSEWHERE), not_asked, none), refused);
    }

    #[test]
    fn guesses_ask_nobody() {
        let once = |recorded, sp| Policy::GuessOnce.decide(recorded, entry(sp), not_asked, none);
        assert_eq!(once(Bounds::default(), ELSEWHERE), estimate(ELSEWHERE));
        assert_eq!(once(Bounds::estimate(ELSEWHERE), HI), Decision::Keep);
        let every = Policy::GuessEveryEntry;
        let outermost = every.decide(OWN, entry(ELSEWHERE), not_asked, none);
        assert_eq!(outermost, estimate(ELSEWHERE));
        assert_eq!(every.decide(OWN, nested(ELSEWHERE), not_asked, none), Decision::Keep);
    }

    #[test]
    fn trust_takes_bounds_of_another_stack() {
        let trust = Policy::TrustApi;
        assert_eq!(trust.decide(Bounds::default(), entry(ELSEWHERE), told, none), ITS_OWN);
        assert_eq!(trust.decide(OWN, entry(HI), not_asked, none), Decision::Keep);
        assert_eq!(trust.decide(OWN, entry(ELSEWHERE), untold, none), estimate(ELSEWHERE));
    }

    #[test]
    fn never_restore_asks_at_every_callback() {
        assert_eq!(Policy::NeverRestore.decide(OWN, nested(HI), told, none), ITS_OWN);
        let following: Vec<_> = Policy::ALL.iter().filter(|it| it.follows_sp()).collect();
        assert_eq!(following, [&Policy::Exact, &Policy::Registered]);
    }
}
