//! A node of the list, which holds one address range.

use super::super::bounds::Bounds;
use super::super::sync::{AtomicPtr, AtomicUsize, Ordering};

/// How many levels there are. A node is on the next level with a probability of 1/4, so this is enough for 4^9 = 262,144
/// ranges; with more of them, a search takes more steps on the highest level.
pub(super) const LEVELS: usize = 9;

pub(super) type Links = [AtomicPtr<Node>; LEVELS];

#[derive(Debug)]
pub(super) struct Node {
    pub(super) lo: AtomicUsize,
    /// 0 while it is not in the list, so that no address is in it.
    pub(super) hi: AtomicUsize,
    pub(super) next: Links,
}

impl Node {
    #[inline]
    pub(super) fn range(&self) -> Bounds {
        // Whoever finds the end of a range finds its beginning.
        let hi = self.hi.load(Ordering::Acquire);
        Bounds { lo: self.lo.load(Ordering::Relaxed), hi }
    }
}
