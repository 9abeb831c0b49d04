//! Shortcuts into the list: for the page of an address, the node in which it was found last.
//!
//! With many stacks in turn, a search touches memory that is in no cache, once per step; a shortcut does so twice. It may lead
//! to a node that is another range by now, or none, so whoever takes it looks whether the address is there.
#![expect(unsafe_code, reason = "follows pointers")]

use std::ptr;

use super::super::sync::{AtomicPtr, Ordering};
use super::node::Node;

/// The shortcuts that readers leave for each other.
#[derive(Debug)]
pub(super) struct Hints(AtomicPtr<Table>);

/// A table is replaced by a larger one, but never freed: a reader may be held up in it.
#[derive(Debug)]
struct Table {
    nodes: Box<[AtomicPtr<Node>]>,
    /// Number of bits in an index of `nodes`.
    bits: u32,
    /// Largest index of `nodes`, in which all of these bits are set.
    mask: usize,
}

impl Hints {
    /// For fewer ranges than a thread remembers by itself.
    const SMALLEST: usize = 256;

    /// How many places there are per range, so that two rarely have the same.
    const PLACES_EACH: usize = 8;

    pub(super) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Makes room for so many ranges. For the writer.
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

    /// Returns a node that had this address once. Async-signal-safe.
    #[inline]
    pub(super) fn get(&self, address: usize) -> Option<&'static Node> {
        let node = self.table()?.place(address).load(Ordering::Acquire);
        // SAFETY: `set` is given nodes, which live as long as the process.
        unsafe { node.as_ref() }
    }

    /// Leaves a shortcut to the node that has this address. Async-signal-safe.
    pub(super) fn set(&self, address: usize, node: &'static Node) {
        if let Some(table) = self.table() {
            table.place(address).store(ptr::from_ref(node).cast_mut(), Ordering::Release);
        }
    }

    #[inline]
    fn table(&self) -> Option<&'static Table> {
        // SAFETY: it is null or a table, which lives as long as the process.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
}

impl Table {
    #[inline]
    fn place(&self, address: usize) -> &AtomicPtr<Node> {
        const PAGE_BITS: u32 = 12;
        let page = address >> PAGE_BITS;
        // Stacks in a row have places in a row, which a processor fetches ahead, and after each round over the table the next
        // one is one further, since the distance of stacks is most often a power of two.
        &self.nodes[(page + (page >> self.bits)) & self.mask]
    }
}
