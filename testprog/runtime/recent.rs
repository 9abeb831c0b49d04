//! A cache of the stack bounds of a thread's latest callbacks, so that the next callback from the
//! same stack needs no lookup.

use std::sync::atomic::compiler_fence;

use super::bounds::Bounds;
use super::sync::{AtomicUsize, Ordering};

/// The cache of stack bounds of a thread. Each cache slot (`Place`) holds the bounds of a stack.
/// The memory page of the stack pointer determines the cache slot.
///
/// Cached bounds are valid until a stack is registered or retired, because cached bounds depend
/// only on the stack pointer and the registered stacks. Signal handlers only read the cache,
/// because a handler may have interrupted its thread during a write to the cache.
#[derive(Debug)]
pub(super) struct Recent {
    places: [Place; Self::PLACES],
    /// For each cache slot, the lower end of the stack for which the last lookup in the slot was
    /// unsuccessful.
    missed: [AtomicUsize; Self::PLACES],
}

/// A cache slot: stack bounds, and the range of stack pointers for which the bounds are valid
/// (`from < sp <= from + size`).
#[derive(Debug)]
struct Place {
    from: AtomicUsize,
    /// Size of the range, or 0 if the slot is empty or the thread is writing to the slot.
    size: AtomicUsize,
    /// Generation of the list of registered stacks for which the cached bounds are valid.
    generation: AtomicUsize,
    lo: AtomicUsize,
    hi: AtomicUsize,
}

impl Recent {
    /// Number of cache slots. With 32 slots, each of ten coroutines that take turns usually has a
    /// separate slot.
    const PLACES: usize = 32;

    pub(super) const fn new() -> Self {
        Self {
            places: [const {
                Place {
                    from: AtomicUsize::new(0),
                    size: AtomicUsize::new(0),
                    generation: AtomicUsize::new(0),
                    lo: AtomicUsize::new(0),
                    hi: AtomicUsize::new(0),
                }
            }; Self::PLACES],
            missed: [const { AtomicUsize::new(0) }; Self::PLACES],
        }
    }

    /// Returns the bounds that the cache contains for a stack pointer, if any. This function is
    /// async-signal-safe.
    #[inline]
    pub(super) fn find(&self, sp: usize, generation: usize) -> Option<Bounds> {
        let place = &self.places[Self::index(sp)];
        // For a stack pointer below `from`, the difference wraps around to a large number.
        let above = sp.wrapping_sub(place.from.load(Ordering::Relaxed)).wrapping_sub(1);
        let is_right = above < place.size.load(Ordering::Relaxed)
            && place.generation.load(Ordering::Relaxed) == generation;
        is_right.then(|| Bounds {
            lo: place.lo.load(Ordering::Relaxed),
            hi: place.hi.load(Ordering::Relaxed),
        })
    }

    /// Records that `stack` was not in its cache slot, and returns whether the last unsuccessful
    /// lookup in the slot was for the same stack.
    ///
    /// A stack is cached only after two unsuccessful lookups of the same stack in a row. If many
    /// stacks take turns in one slot, caching each stack costs more than searching the registered
    /// stacks. This function is async-signal-safe.
    #[inline]
    pub(super) fn misses_again(&self, sp: usize, stack: Bounds) -> bool {
        let missed = &self.missed[Self::index(sp)];
        let is_same = missed.load(Ordering::Relaxed) == stack.lo;
        if !is_same {
            missed.store(stack.lo, Ordering::Relaxed);
        }
        is_same
    }

    /// Caches that `bounds` are valid for every stack pointer in `range`, which contains `sp`.
    ///
    /// A signal handler that interrupts this function finds an empty cache slot. Signal handlers
    /// must not call this function.
    pub(super) fn keep(&self, sp: usize, generation: usize, range: Bounds, bounds: Bounds) {
        let place = &self.places[Self::index(sp)];
        place.size.store(0, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        place.from.store(range.lo, Ordering::Relaxed);
        place.generation.store(generation, Ordering::Relaxed);
        place.lo.store(bounds.lo, Ordering::Relaxed);
        place.hi.store(bounds.hi, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        place.size.store(range.hi.saturating_sub(range.lo), Ordering::Relaxed);
    }

    /// Empties the cache, because another thread takes the `Machine` (the runtime's record of one
    /// thread).
    pub(super) fn forget(&self) {
        for place in &self.places {
            place.size.store(0, Ordering::Relaxed);
        }
    }

    /// Returns the index of the cache slot for a stack pointer.
    #[inline]
    fn index(sp: usize) -> usize {
        /// Fractional part of the golden ratio, times 2^32. Modulo 2^32, the multiples of `GOLDEN`
        /// are far from each other (Knuth, The Art of Computer Programming, section 6.4).
        const GOLDEN: u32 = 0x9e37_79b9;
        const PAGE_BITS: u32 = 12;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the lower bits of the page's number distinguish stacks"
        )]
        let page = (sp >> PAGE_BITS) as u32;
        (page.wrapping_mul(GOLDEN) >> (u32::BITS - Self::PLACES.ilog2())) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: Bounds = Bounds { lo: 0x10_0000, hi: 0x20_0000 };

    #[test]
    fn an_answer_is_for_its_page_within_its_range_and_its_generation() {
        let recent = Recent::new();
        assert_eq!(recent.find(STACK.hi, 0), None);
        let range = Bounds { lo: STACK.hi - 100, hi: STACK.hi - 1 };
        recent.keep(range.hi, 7, range, STACK);
        for sp in [range.lo + 1, range.lo + 50, range.hi] {
            assert_eq!(recent.find(sp, 7), Some(STACK));
            assert_eq!(recent.find(sp, 8), None);
        }
        for sp in [range.lo, range.hi + 1, STACK.lo + 1, 0, usize::MAX] {
            assert_eq!(recent.find(sp, 7), None, "{sp:#x}");
        }
    }

    #[test]
    fn the_last_answer_in_a_place_counts_until_all_is_forgotten() {
        let recent = Recent::new();
        let other = Bounds { lo: STACK.lo + 4096, hi: STACK.hi + 4096 };
        recent.keep(STACK.hi, 7, STACK, STACK);
        recent.keep(STACK.hi, 7, other, other);
        assert_eq!(recent.find(STACK.hi, 7), Some(other));
        recent.forget();
        assert_eq!(recent.find(STACK.hi, 7), None);
    }

    #[test]
    fn a_stack_is_missed_again_if_no_other_was_missed_in_its_place() {
        let recent = Recent::new();
        let sp = STACK.hi;
        let other = Bounds { lo: STACK.lo + 4096, ..STACK };
        assert!(!recent.misses_again(sp, STACK));
        assert!(recent.misses_again(sp, STACK));
        assert!(!recent.misses_again(sp, other), "another stack has the same place");
        assert!(!recent.misses_again(sp, STACK));
        let elsewhere = sp + 4096;
        assert_ne!(Recent::index(sp), Recent::index(elsewhere));
        assert!(!recent.misses_again(elsewhere, other));
        assert!(recent.misses_again(sp, STACK), "each place has its own missed stack");
    }

    #[test]
    fn stacks_in_a_row_rarely_share_a_place() {
        const COUNT: usize = 10;
        for size in [4, 16, 64, 256, 1024, 8192].map(|kib| kib << 10) {
            let recent = Recent::new();
            let stack = |turn| Bounds { lo: turn * size, hi: (turn + 1) * size };
            for turn in 1..=COUNT {
                recent.keep(stack(turn).hi, 7, stack(turn), stack(turn));
            }
            let kept = (1..=COUNT).filter(|turn| recent.find(stack(*turn).hi, 7).is_some());
            assert!(kept.count() >= COUNT - 1, "{size}");
        }
    }
}
