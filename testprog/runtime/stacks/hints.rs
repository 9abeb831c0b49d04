//! Shortcuts into the list of stacks. For the page of an address, a shortcut leads to the node
//! where the address was found last.
//!
//! If many stacks take turns, each step of a search reads memory that is in no cache. A shortcut
//! takes two such reads. The node may have left the list or hold another range by now, so the
//! reader checks that the node's range contains the address.
#![expect(unsafe_code, reason = "follows pointers")]

use std::ptr;

use super::super::sync::{AtomicPtr, Ordering};
use super::node::Node;

/// Shortcuts that readers leave for each other.
#[derive(Debug)]
pub(super) struct Hints(AtomicPtr<Table>);

/// A table of shortcuts. A larger table may replace it, but a table is never freed, because a
/// reader may still use it.
#[derive(Debug)]
struct Table {
    nodes: Box<[AtomicPtr<Node>]>,
    /// Number of bits in an index of `nodes`, whose length is 2 to the power of `bits`.
    bits: u32,
    /// Largest index of `nodes`.
    mask: usize,
}

impl Hints {
    /// Number of places in the smallest table. With 256 places, the table has room for the 32
    /// stacks that a thread remembers by itself.
    const SMALLEST: usize = 256;

    /// Number of places per range. With eight, two ranges rarely have the same place.
    const PLACES_EACH: usize = 8;

    pub(super) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Makes the table large enough for a number of ranges. Only the writer calls this function.
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

    /// Returns a node whose range contained this address at some time, if there is a shortcut. This
    /// function is async-signal-safe.
    #[inline]
    pub(super) fn get(&self, address: usize) -> Option<&'static Node> {
        let node = self.table()?.place(address).load(Ordering::Acquire);
        // SAFETY: `set` stores only pointers to nodes, and nodes live as long as the process.
        unsafe { node.as_ref() }
    }

    /// Stores a shortcut to the node whose range contains this address. This function is
    /// async-signal-safe.
    pub(super) fn set(&self, address: usize, node: &'static Node) {
        if let Some(table) = self.table() {
            table.place(address).store(ptr::from_ref(node).cast_mut(), Ordering::Release);
        }
    }

    /// Returns the current table, if there is one.
    #[inline]
    fn table(&self) -> Option<&'static Table> {
        // SAFETY: the pointer is null or leads to a table, and tables live as long as the process.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
}

impl Table {
    /// Returns the place for the page of an address.
    #[inline]
    fn place(&self, address: usize) -> &AtomicPtr<Node> {
        const PAGE_BITS: u32 = 12;
        let page = address >> PAGE_BITS;
        // The first term gives stacks at a constant distance places at a constant distance, which a
        // processor prefetches. The distance of stacks is most often a power of two, so the first
        // term alone would give the same places again after each round over the table. The second
        // term moves the places of each round by one.
        &self.nodes[(page + (page >> self.bits)) & self.mask]
    }
}
