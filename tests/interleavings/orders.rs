//! Weakens one memory order of the runtime at a time, so that a test can check that the models of
//! `under_loom` need the order.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::panic::Location;

use loom::sync::atomic::Ordering;

/// A place in the runtime's source code: the file, the line and the column of an atomic operation.
pub(crate) type Place = (&'static str, u32, u32);

thread_local! {
    /// Place whose memory order is weakened. All threads of a model run on the thread of its test.
    static WEAKENED: Cell<Option<Place>> = const { Cell::new(None) };
    /// Places whose memory order is stronger than `Relaxed`.
    static PLACES: RefCell<BTreeSet<Place>> = const { RefCell::new(BTreeSet::new()) };
}

/// Returns the memory order of the operation at `location`: `order`, or `Relaxed` if the order of the
/// place is weakened.
pub(crate) fn at(location: &Location<'static>, order: Ordering) -> Ordering {
    if order == Ordering::Relaxed {
        return order;
    }
    let place = (location.file(), location.line(), location.column());
    PLACES.with_borrow_mut(|places| places.insert(place));
    if WEAKENED.get() == Some(place) { Ordering::Relaxed } else { order }
}

/// Returns every place with a memory order stronger than `Relaxed` that this test has seen so far.
pub(crate) fn places() -> BTreeSet<Place> {
    PLACES.with_borrow(Clone::clone)
}

/// Runs `f` while the memory order of `place` is weakened.
pub(crate) fn weakened<R>(place: Place, f: impl FnOnce() -> R) -> R {
    WEAKENED.set(Some(place));
    let result = f();
    WEAKENED.set(None);
    result
}

/// Returns the line of source code at `place`.
pub(crate) fn line(place: &Place) -> String {
    let (file, line, _) = place;
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let source = std::fs::read_to_string(format!("{root}/{file}")).unwrap();
    source.lines().nth(*line as usize - 1).unwrap().trim().to_owned()
}
