//! An ordered list of the address ranges of stacks. A search takes no lock, and the number of steps
//! of a search grows with the logarithm of the list's length.
//!
//! The list is a skip list with one writer at a time (William Pugh, 1990). After each store of the
//! writer, readers can search the list. The writer links a node from the lowest level up and
//! unlinks a node from the highest level down. A node that was unlinked from the list keeps its
//! links to the next nodes.
//!
//! Nodes are reused and never freed, so a node that a reader is visiting may hold another range by
//! now. A reader compares the [generation](List::generation) before and after its search, and
//! searches again if the generation has changed. A reader thus never waits for the writer, and
//! starts again only if the writer has changed the list.
#![expect(unsafe_code, reason = "links nodes by pointers")]

use std::ptr;

use super::super::bounds::Bounds;
use super::super::mutant::{self, Mutant};
use super::super::sync::{AtomicPtr, AtomicUsize, Ordering, fence};
use super::hints::Hints;
use super::node::{LEVELS, Links, Node};

/// The part of a list that readers use.
#[derive(Debug)]
pub(super) struct List {
    first: Links,
    /// Number of times that a node was linked or unlinked. If `generation` is the same before and
    /// after a search, no node that the search visited has changed its range during the search.
    generation: AtomicUsize,
    hints: Hints,
}

/// The part of a list that only the list's writer uses. An exclusive reference to the `Writer`
/// proves that there is only one writer.
#[derive(Debug)]
pub(super) struct Writer {
    /// Nodes that were removed from the list.
    free: Vec<&'static Node>,
    /// Number of nodes in the list.
    count: usize,
    /// State of the random number generator that draws the levels of a node.
    random: u32,
}

impl Writer {
    pub(super) const fn new() -> Self {
        Self { free: Vec::new(), count: 0, random: 0x9e37_79b9 }
    }

    /// Returns a removed node for reuse, or a new node if no removed node is left.
    fn node(&mut self) -> &'static Node {
        self.free.pop().unwrap_or_else(|| {
            Box::leak(Box::new(Node {
                lo: AtomicUsize::new(0),
                hi: AtomicUsize::new(0),
                next: [const { AtomicPtr::new(ptr::null_mut()) }; LEVELS],
            }))
        })
    }

    /// Draws a random number of levels for a node.
    fn levels(&mut self) -> usize {
        // Marsaglia's xorshift generator draws the next random number.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        (1 + self.random.trailing_zeros() as usize / 2).min(LEVELS)
    }
}

impl List {
    pub(super) const fn new() -> Self {
        Self {
            first: [const { AtomicPtr::new(ptr::null_mut()) }; LEVELS],
            generation: AtomicUsize::new(0),
            hints: Hints::new(),
        }
    }

    /// Returns the generation of the list, which changes with each insertion and removal.
    #[inline]
    pub(super) fn generation(&self) -> usize {
        self.generation.load(Ordering::Acquire)
    }

    /// Returns the range that contains an address, and stores a shortcut to that range. This
    /// function takes no lock and is async-signal-safe.
    pub(super) fn find(&self, address: usize) -> Option<Bounds> {
        let (node, range) = self.settled(|| {
            let node = self.last_below(address)?;
            Some((node, node.range())).filter(|(_, range)| range.contains(address))
        })?;
        self.hints.set(address, node);
        Some(range)
    }

    /// Returns the range that contains an address, if a shortcut leads to that range and the list's
    /// generation is still `generation`. This function takes no lock and is async-signal-safe.
    #[inline]
    pub(super) fn find_again(&self, address: usize, generation: usize) -> Option<Bounds> {
        let range = self.hints.get(address)?.range();
        fence(Ordering::Acquire);
        let is_settled = self.generation.load(Ordering::Relaxed) == generation;
        (is_settled && range.contains(address)).then_some(range)
    }

    /// Returns a range of the list that overlaps `other`, if the list has such a range. This
    /// function takes no lock and is async-signal-safe.
    pub(super) fn meeting(&self, other: Bounds) -> Option<Bounds> {
        // The ranges of the list do not overlap each other, so if any range overlaps `other`, the
        // last range that begins below the end of `other` overlaps `other`.
        self.settled(|| self.last_below(other.hi).map(Node::range))
            .filter(|range| range.meets(other))
    }

    /// Inserts a range that overlaps no range in the list.
    pub(super) fn insert(&self, writer: &mut Writer, range: Bounds) {
        let node = writer.node();
        let levels = writer.levels();
        // A reused node was in the list before, so a reader may still visit the node. Because of
        // the fence, a reader that sees a store to the reused node also sees the generation in
        // which the node was removed.
        fence(Ordering::Release);
        node.lo.store(range.lo, Ordering::Relaxed);
        node.hi.store(range.hi, Ordering::Release);
        let before = self.path(range.lo);
        for (next, link) in node.next.iter().zip(&before[..levels]) {
            next.store(link.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        for link in &before[..levels] {
            link.store(ptr::from_ref(node).cast_mut(), Ordering::Release);
        }
        writer.count += 1;
        self.hints.reserve(writer.count);
        // The generation changes after the node is linked, so a reader that sees the new generation
        // finds the node.
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Removes the range that begins at `lo`, and returns the range if the list has such a range.
    pub(super) fn remove(&self, writer: &mut Writer, lo: usize) -> Option<Bounds> {
        let before = self.path(lo);
        let pointer = before[0].load(Ordering::Relaxed);
        let node = at(pointer).filter(|node| node.lo.load(Ordering::Relaxed) == lo)?;
        let range = node.range();
        for (link, next) in before.iter().zip(&node.next).rev() {
            if link.load(Ordering::Relaxed) == pointer {
                link.store(next.load(Ordering::Relaxed), Ordering::Release);
            }
        }
        if !mutant::is(Mutant::KeepsEnd) {
            node.hi.store(0, Ordering::Relaxed);
        }
        writer.count -= 1;
        // The generation changes after the node is unlinked, so a reader that sees the new
        // generation does not find the node. The generation changes before the writer can reuse the
        // node.
        self.generation.fetch_add(1, Ordering::Release);
        writer.free.push(node);
        Some(range)
    }

    /// Calls `read` until the generation is the same before and after a call, so no node has
    /// changed its range while `read` used the node.
    fn settled<R>(&self, read: impl Fn() -> R) -> R {
        loop {
            let before = self.generation();
            let result = read();
            fence(Ordering::Acquire);
            if self.generation.load(Ordering::Relaxed) == before {
                return result;
            }
        }
    }

    /// Returns the last node in the list whose range begins below an address.
    fn last_below(&self, address: usize) -> Option<&'static Node> {
        let mut last = None;
        let mut links = &self.first;
        for level in (0..LEVELS).rev() {
            while let Some(node) = at(links[level].load(Ordering::Acquire))
                .filter(|node| node.lo.load(Ordering::Relaxed) < address)
            {
                last = Some(node);
                links = &node.next;
            }
        }
        last
    }

    /// Returns, for each level, the link that leads to the first node whose range begins at `lo` or
    /// above. Only the list's writer calls this function.
    fn path(&self, lo: usize) -> [&AtomicPtr<Node>; LEVELS] {
        let mut path = [&self.first[0]; LEVELS];
        let mut links = &self.first;
        for level in (0..LEVELS).rev() {
            while let Some(node) = at(links[level].load(Ordering::Relaxed))
                .filter(|node| node.lo.load(Ordering::Relaxed) < lo)
            {
                links = &node.next;
            }
            path[level] = &links[level];
        }
        path
    }
}

/// Returns the node to which a link points, if the link is not null.
fn at(pointer: *mut Node) -> Option<&'static Node> {
    // SAFETY: a link is null or points to a node, and nodes are never freed.
    unsafe { pointer.as_ref() }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::thread;

    use super::*;

    fn range(lo: usize, hi: usize) -> Bounds {
        Bounds { lo, hi }
    }

    #[test]
    fn an_address_is_found_in_its_range_and_nowhere_else() {
        let (list, mut writer) = (List::new(), Writer::new());
        assert_eq!(list.find(1), None);
        for lo in [300, 100, 200] {
            list.insert(&mut writer, range(lo, lo + 50));
        }
        for (address, found) in [
            (100, None),
            (101, Some(range(100, 150))),
            (150, Some(range(100, 150))),
            (151, None),
            (200, None),
            (250, Some(range(200, 250))),
            (350, Some(range(300, 350))),
            (usize::MAX, None),
        ] {
            assert_eq!(list.find(address), found, "{address}");
        }
    }

    #[test]
    fn a_range_is_met_by_what_reaches_into_it() {
        let (list, mut writer) = (List::new(), Writer::new());
        list.insert(&mut writer, range(100, 200));
        list.insert(&mut writer, range(300, 400));
        for (lo, hi, met) in [
            (0, 100, None),
            (0, 101, Some(range(100, 200))),
            (120, 130, Some(range(100, 200))),
            (199, 300, Some(range(100, 200))),
            (200, 300, None),
            (50, 500, Some(range(300, 400))),
            (400, 500, None),
        ] {
            assert_eq!(list.meeting(range(lo, hi)), met, "{lo}, {hi}");
        }
    }

    #[test]
    fn what_is_removed_is_found_no_more_and_its_node_is_used_again() {
        let (list, mut writer) = (List::new(), Writer::new());
        list.insert(&mut writer, range(100, 200));
        assert_eq!(list.remove(&mut writer, 150), None);
        assert_eq!(list.generation(), 1);
        assert_eq!(list.remove(&mut writer, 100), Some(range(100, 200)));
        assert_eq!((list.find(150), list.generation()), (None, 2));
        assert_eq!(writer.free.len(), 1);
        list.insert(&mut writer, range(500, 600));
        assert_eq!((list.find(150), list.find(600)), (None, Some(range(500, 600))));
        assert_eq!(writer.free.len(), 0);
    }

    #[test]
    fn it_holds_what_a_map_holds() {
        const ROUNDS: usize = if cfg!(miri) { 200 } else { 20_000 };
        let (list, mut writer) = (List::new(), Writer::new());
        let mut map = std::collections::BTreeMap::new();
        let mut random = Writer::new();
        for _ in 0..ROUNDS {
            random.levels();
            let lo = random.random as usize % 500 * 10;
            if map.remove(&lo).is_some() {
                assert!(list.remove(&mut writer, lo).is_some());
            } else {
                map.insert(lo, lo + 10);
                list.insert(&mut writer, range(lo, lo + 10));
            }
            let address = random.random as usize % 5010;
            let expected = map.range(..address).next_back().filter(|(_, hi)| address <= **hi);
            assert_eq!(list.find(address), expected.map(|(lo, hi)| range(*lo, *hi)));
        }
    }

    #[test]
    fn readers_find_what_stays_while_the_rest_comes_and_goes() {
        const ROUNDS: usize = if cfg!(miri) { 100 } else { 20_000 };
        let (list, writer) = (List::new(), Mutex::new(Writer::new()));
        // The ranges with even indexes stay in the list during the whole test. The threads of the
        // test insert and remove the ranges with odd indexes.
        for index in (0..64).step_by(2) {
            list.insert(&mut writer.lock().unwrap(), range(index * 100, index * 100 + 100));
        }
        thread::scope(|scope| {
            for turn in 0..2 {
                let (list, writer) = (&list, &writer);
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let lo = (round * 7 + turn) % 32 * 200 + 100;
                        let mut writer = writer.lock().unwrap();
                        if list.remove(&mut writer, lo).is_none() {
                            list.insert(&mut writer, range(lo, lo + 100));
                        }
                    }
                });
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let lo = round % 32 * 200;
                        assert_eq!(list.find(lo + 1), Some(range(lo, lo + 100)));
                        let found = list.find(lo + 101);
                        assert!(found.is_none() || found == Some(range(lo + 100, lo + 200)));
                    }
                });
            }
        });
    }
}
