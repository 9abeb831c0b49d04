//! A node of the list of registered stacks.

use super::super::bounds::Bounds;
use super::super::sync::{AtomicPtr, AtomicUsize, Ordering};

/// Number of levels in the skip list. A node is on the next level with a probability of 1/4, so
/// nine levels are enough for 4^9 = 262,144 ranges. If the list has more than 262,144 ranges, a
/// search takes more steps on the highest level.
pub(super) const LEVELS: usize = 9;

/// Links to the next node on each level.
pub(super) type Links = [AtomicPtr<Node>; LEVELS];

/// A node of the skip list, which holds one address range.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) lo: AtomicUsize,
    /// Upper end of the range, or 0 while the node is not in the list. A range with an upper end of
    /// 0 contains no address.
    pub(super) hi: AtomicUsize,
    pub(super) next: Links,
}

impl Node {
    /// Returns the address range that the node holds.
    #[inline]
    pub(super) fn range(&self) -> Bounds {
        // The writer stores `lo` before `hi`, so a reader that sees the new `hi` also sees the new
        // `lo`.
        let hi = self.hi.load(Ordering::Acquire);
        Bounds { lo: self.lo.load(Ordering::Relaxed), hi }
    }
}
