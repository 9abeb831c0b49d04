//! Shortcuts into the list of registered stacks. A shortcut leads from the page of an address to
//! the list's node that contained the address at the last search.
//!
//! If many stacks take turns, each step of a search through the list reads memory that is not in
//! the processor's cache. A lookup through a shortcut reads memory that is not in the cache only
//! twice. The node of a shortcut may have been removed from the list or may hold another range by
//! now, so the reader checks that the node's range contains the address.
#![expect(unsafe_code, reason = "follows pointers")]

use std::ptr;

use super::super::sync::{AtomicPtr, Ordering};
use super::node::Node;

/// Shortcuts that one search stores for later searches.
#[derive(Debug)]
pub(super) struct Hints(AtomicPtr<Table>);

/// A table of shortcuts. A larger table may replace a table of shortcuts, but a table is never
/// freed, because a reader may still use the old table.
#[derive(Debug)]
struct Table {
    nodes: Box<[AtomicPtr<Node>]>,
    /// Number of bits in an index of `nodes`, whose length is 2 to the power of `bits`.
    bits: u32,
    /// Largest index of `nodes`.
    mask: usize,
}

impl Hints {
    /// Number of slots in the smallest table. A table of 256 slots has eight slots for each of the
    /// 32 stacks that a thread caches.
    const SMALLEST: usize = 256;

    /// Number of slots per address range of the list. With eight slots per range, two ranges rarely
    /// use the same slot.
    const PLACES_EACH: usize = 8;

    pub(super) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Makes the table large enough for `ranges` ranges of addresses. Only the list's writer calls
    /// this function.
    pub(super) fn reserve(&self, ranges: usize) {
        let now = self.table().map_or(0, |table| table.nodes.len());
        let wanted = (ranges * Self::PLACES_EACH).next_power_of_two().max(Self::SMALLEST);
        if now < wanted {
            let nodes = (0..wanted).map(|_| AtomicPtr::new(ptr::null_mut())).collect();
            let table =
                Box::leak(Box::new(Table { nodes, bits: wanted.ilog2(), mask: wanted - 1 }));
            self.0.store(table, Ordering::Release);
        }
    }

    /// Returns the node to which the address's shortcut leads, if there is a shortcut. The range of
    /// the returned node contained the address at some time. This function is async-signal-safe.
    #[inline]
    pub(super) fn get(&self, address: usize) -> Option<&'static Node> {
        let node = self.table()?.place(address).load(Ordering::Acquire);
        // SAFETY: the function `set` stores only pointers to nodes, and nodes are never freed.
        unsafe { node.as_ref() }
    }

    /// Stores a shortcut from the page of `address` to `node`, whose range contains the address.
    /// This function is async-signal-safe.
    pub(super) fn set(&self, address: usize, node: &'static Node) {
        if let Some(table) = self.table() {
            table.place(address).store(ptr::from_ref(node).cast_mut(), Ordering::Release);
        }
    }

    /// Returns the current table of shortcuts into the list of registered stacks, if the table
    /// exists.
    #[inline]
    fn table(&self) -> Option<&'static Table> {
        // SAFETY: the pointer is null or points to a table, and tables are never freed.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
}

impl Table {
    /// Returns the table's slot for the page of an address.
    #[inline]
    fn place(&self, address: usize) -> &AtomicPtr<Node> {
        const PAGE_BITS: u32 = 12;
        let page = address >> PAGE_BITS;
        // The term `page` gives stacks at a constant distance slots at a constant distance, so that
        // the processor prefetches the slots. The distance of stacks is usually a power of two, so
        // the term `page` alone would give the same slots again after each round over the table.
        // The term `page >> self.bits` shifts the slots by one after each round over the table, so
        // that the rounds use different slots.
        &self.nodes[(page + (page >> self.bits)) & self.mask]
    }
}
