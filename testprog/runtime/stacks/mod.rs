//! The stacks that coroutine libraries announce, so that a callback on one finds its true bounds instead of an estimate.
//!
//! A library registers a stack before it runs on it and retires it before the memory is used for anything else. It says
//! nothing when it switches: the stack pointer tells, at the next callback.

mod list;

use std::fmt;
use std::sync::PoisonError;

pub(crate) use self::list::Range;
use self::list::{List, Writer};
use super::bounds::STACK_GUARD;
use super::sync::{AtomicUsize, Mutex, Ordering};

/// All registered stacks of the process.
#[derive(Debug)]
pub(super) struct Stacks {
    list: List,
    writer: Mutex<Writer>,
}

/// Why a stack was not registered or retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StackError {
    /// Not a stack: the wrong way round, or no larger than what is kept for code that runs without a check.
    Invalid,
    /// A registered stack has addresses in common with it. Most often it was freed and not retired.
    Overlaps(Range),
    /// No registered stack begins there.
    Unknown,
}

impl fmt::Display for StackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => write!(f, "no stack of more than {STACK_GUARD} bytes"),
            Self::Overlaps(Range { lo, hi }) => {
                write!(f, "it overlaps [{lo:#x}, {hi:#x}], which is registered")
            }
            Self::Unknown => f.write_str("no registered stack begins there"),
        }
    }
}

impl Stacks {
    pub(super) const fn new() -> Self {
        Self { list: List::new(), writer: Mutex::new(Writer::new()) }
    }

    /// Registers a stack. Not for signal handlers: it locks and may allocate.
    pub(super) fn register(&self, stack: Range) -> Result<(), StackError> {
        if stack.lo == 0 || stack.hi.saturating_sub(stack.lo) <= STACK_GUARD {
            return Err(StackError::Invalid);
        }
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = self.list.meeting(stack) {
            return Err(StackError::Overlaps(other));
        }
        self.list.insert(&mut writer, stack);
        Ok(())
    }

    /// Retires the stack that begins at `lo`, and returns it. Not for signal handlers: it locks and may allocate.
    pub(super) fn retire(&self, lo: usize) -> Result<Range, StackError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.list.remove(&mut writer, lo).ok_or(StackError::Unknown)
    }

    /// Returns the registered stack that a stack pointer is on. Without a lock and async-signal-safe.
    pub(super) fn find(&self, sp: usize) -> Option<Range> {
        self.list.find(sp)
    }

    /// The same, by what `recent` remembers if it does. Not for signal handlers, which could interrupt a thread that writes
    /// to the same memory.
    pub(super) fn find_recent(&self, recent: &Recent, sp: usize) -> Option<Range> {
        let generation = self.list.generation();
        let slot = recent.slot(sp);
        if let Some(range) = slot.get(generation).filter(|range| range.contains(sp)) {
            return Some(range);
        }
        let range = self.list.find(sp)?;
        slot.set(range, generation);
        Some(range)
    }

    /// Returns whether any registered stack meets a range. Without a lock and async-signal-safe.
    pub(super) fn any_in(&self, range: Range) -> bool {
        self.list.meeting(range).is_some()
    }
}

/// The registered stacks that one thread was on last, each in the place that its addresses give it.
#[derive(Debug)]
pub(super) struct Recent([Slot; Self::SLOTS]);

#[derive(Debug)]
struct Slot {
    lo: AtomicUsize,
    hi: AtomicUsize,
    /// One more than how many stacks had been retired when it was written; 0 where nothing is.
    written: AtomicUsize,
}

impl Recent {
    /// So many that a handful of coroutines, in turn, most often find a place each.
    const SLOTS: usize = 16;

    pub(super) const fn new() -> Self {
        Self(
            [const {
                Slot {
                    lo: AtomicUsize::new(0),
                    hi: AtomicUsize::new(0),
                    written: AtomicUsize::new(0),
                }
            }; Self::SLOTS],
        )
    }

    fn slot(&self, sp: usize) -> &Slot {
        // Stacks are rarely smaller than 16 KiB, and often in a row.
        &self.0[(sp >> 14) % Self::SLOTS]
    }
}

impl Slot {
    /// Returns what is written here, if no stack was retired since.
    fn get(&self, generation: usize) -> Option<Range> {
        let is_current = self.written.load(Ordering::Relaxed) == generation.wrapping_add(1);
        is_current.then(|| Range {
            lo: self.lo.load(Ordering::Relaxed),
            hi: self.hi.load(Ordering::Relaxed),
        })
    }

    fn set(&self, range: Range, generation: usize) {
        self.lo.store(range.lo, Ordering::Relaxed);
        self.hi.store(range.hi, Ordering::Relaxed);
        self.written.store(generation.wrapping_add(1), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Range = Range { lo: 0x10_0000, hi: 0x20_0000 };
    const SECOND: Range = Range { lo: 0x20_0000, hi: 0x21_0000 };

    #[test]
    fn a_stack_pointer_at_the_top_is_on_the_lower_of_two_stacks_in_a_row() {
        let stacks = Stacks::new();
        stacks.register(SECOND).unwrap();
        stacks.register(FIRST).unwrap();
        assert_eq!(stacks.find(FIRST.hi), Some(FIRST));
        assert_eq!(stacks.find(FIRST.hi + 1), Some(SECOND));
        assert_eq!(stacks.find(FIRST.lo), None);
    }

    #[test]
    fn the_same_stack_twice_and_one_that_overlaps_are_refused() {
        let stacks = Stacks::new();
        stacks.register(FIRST).unwrap();
        let (lo, hi) = (FIRST.lo, FIRST.hi);
        for (lo, hi) in
            [(lo, hi), (lo - 4096, lo + 4096), (lo + 4096, hi - 4096), (hi - 1, hi + 8192)]
        {
            assert_eq!(stacks.register(Range { lo, hi }), Err(StackError::Overlaps(FIRST)));
        }
        stacks.register(SECOND).unwrap();
    }

    #[test]
    fn what_is_no_stack_is_refused() {
        let stacks = Stacks::new();
        for (lo, hi) in [(0, 1 << 20), (8192, 4096), (8192, 8192), (8192, 8192 + STACK_GUARD)] {
            assert_eq!(stacks.register(Range { lo, hi }), Err(StackError::Invalid), "{lo} {hi}");
        }
        stacks.register(Range { lo: 8192, hi: 8193 + STACK_GUARD }).unwrap();
    }

    #[test]
    fn only_what_is_registered_is_retired_and_only_once() {
        let stacks = Stacks::new();
        stacks.register(FIRST).unwrap();
        assert_eq!(stacks.retire(FIRST.lo + 1), Err(StackError::Unknown));
        assert_eq!(stacks.retire(FIRST.lo), Ok(FIRST));
        assert_eq!(stacks.retire(FIRST.lo), Err(StackError::Unknown));
        stacks.register(FIRST).unwrap();
    }

    #[test]
    fn a_thread_does_not_remember_a_stack_that_was_retired() {
        let (stacks, recent) = (Stacks::new(), Recent::new());
        stacks.register(FIRST).unwrap();
        for _ in 0..2 {
            assert_eq!(stacks.find_recent(&recent, FIRST.hi), Some(FIRST));
        }
        stacks.retire(FIRST.lo).unwrap();
        assert_eq!(stacks.find_recent(&recent, FIRST.hi), None);
        // Its memory, as part of another stack.
        let other = Range { lo: FIRST.lo + 4096, hi: FIRST.hi + 4096 };
        stacks.register(other).unwrap();
        for _ in 0..2 {
            assert_eq!(stacks.find_recent(&recent, FIRST.hi), Some(other));
        }
    }

    #[test]
    fn stacks_that_share_a_place_are_both_found() {
        let (stacks, recent) = (Stacks::new(), Recent::new());
        let far = Range { lo: FIRST.lo + (16 << 20), hi: FIRST.hi + (16 << 20) };
        stacks.register(FIRST).unwrap();
        stacks.register(far).unwrap();
        for _ in 0..2 {
            assert_eq!(stacks.find_recent(&recent, FIRST.hi), Some(FIRST));
            assert_eq!(stacks.find_recent(&recent, far.hi), Some(far));
        }
    }
}
