//! Loom's synchronization primitives, which replace the primitives of `testprog/runtime/sync.rs`.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::rc::Rc;
use std::sync::{LockResult, OnceLock, TryLockResult};

pub(crate) use loom::sync::MutexGuard;
use loom::sync::atomic;
pub(crate) use loom::sync::atomic::Ordering;
pub(crate) use loom::thread::yield_now;

use crate::orders;

/// Function that runs as a signal handler.
type Handler = Rc<dyn Fn()>;

loom::thread_local! {
    static HANDLER: RefCell<Option<Handler>> = RefCell::new(None);
    static IS_BLOCKED: Cell<bool> = Cell::new(false);
    static IS_WRITING: Cell<bool> = Cell::new(false);
    static IS_LOCKING: Cell<bool> = Cell::new(false);
}

/// Sets a function that runs on this thread after each write to an atomic, as a signal handler
/// could. The argument `None` removes the function.
pub(crate) fn set_handler(handler: Option<Handler>) {
    HANDLER.with(|it| it.replace(handler));
}

/// Sets whether this thread blocks simulated signals, and returns the value that was set before.
pub(crate) fn set_blocked(is_blocked: bool) -> bool {
    IS_BLOCKED.with(|it| it.replace(is_blocked))
}

/// Runs the function that `set_handler` has set, if this thread does not block signals. Signals are
/// blocked while the function runs.
pub(crate) fn signal() {
    let handler = HANDLER.with(|it| it.borrow().clone());
    if let Some(handler) = handler.filter(|_| !set_blocked(true)) {
        handler();
        set_blocked(false);
    }
}

/// Loom's memory fence. This function has no effect if [`orders`] weakens the memory order of the
/// place that calls it.
#[track_caller]
pub(crate) fn fence(order: Ordering) {
    let order = orders::at(Location::caller(), order);
    if order != Ordering::Relaxed {
        atomic::fence(order);
    }
}

/// Defines atomic types whose values create a loom atomic at their first use. The runtime creates
/// atomics in constants, but loom can create an atomic only at run time.
macro_rules! atomics {
    ($($name:ident $(<$of:ident>)?, $value:ty;)*) => {$(
        #[derive(Debug)]
        pub(crate) struct $name $(<$of>)? {
            first: $value,
            now: OnceLock<atomic::$name $(<$of>)?>,
        }

        // SAFETY: no method of this type dereferences the pointer that the atomic holds.
        #[expect(unsafe_code, reason = "the atomics of std are Send and Sync, too")]
        unsafe impl $(<$of>)? Sync for $name $(<$of>)? {}
        // SAFETY: no method of this type dereferences the pointer that the atomic holds.
        #[expect(unsafe_code, reason = "the atomics of std are Send and Sync, too")]
        unsafe impl $(<$of>)? Send for $name $(<$of>)? {}

        impl $(<$of>)? $name $(<$of>)? {
            pub(crate) const fn new(first: $value) -> Self {
                Self { first, now: OnceLock::new() }
            }

            fn now(&self) -> &atomic::$name $(<$of>)? {
                self.now.get_or_init(|| atomic::$name::new(self.first))
            }

            #[track_caller]
            pub(crate) fn load(&self, order: Ordering) -> $value {
                self.now().load(orders::at(Location::caller(), order))
            }

            #[track_caller]
            pub(crate) fn store(&self, value: $value, order: Ordering) {
                self.now().store(value, orders::at(Location::caller(), order));
                signal();
            }
        }
    )*};
}

atomics! {
    AtomicPtr<T>, *mut T;
    AtomicUsize, usize;
    AtomicU32, u32;
    AtomicBool, bool;
}

impl AtomicUsize {
    #[track_caller]
    pub(crate) fn fetch_add(&self, value: usize, order: Ordering) -> usize {
        self.now().fetch_add(value, orders::at(Location::caller(), order))
    }
}

impl AtomicU32 {
    #[track_caller]
    pub(crate) fn fetch_add(&self, value: u32, order: Ordering) -> u32 {
        self.now().fetch_add(value, orders::at(Location::caller(), order))
    }

    #[track_caller]
    pub(crate) fn fetch_sub(&self, value: u32, order: Ordering) -> u32 {
        self.now().fetch_sub(value, orders::at(Location::caller(), order))
    }
}

impl AtomicBool {
    #[track_caller]
    pub(crate) fn swap(&self, value: bool, order: Ordering) -> bool {
        let before = self.now().swap(value, orders::at(Location::caller(), order));
        signal();
        before
    }
}

#[derive(Debug)]
pub(crate) struct Mutex<T> {
    first: std::sync::Mutex<Option<T>>,
    now: OnceLock<loom::sync::Mutex<T>>,
}

impl<T> Mutex<T> {
    pub(crate) const fn new(first: T) -> Self {
        Self { first: std::sync::Mutex::new(Some(first)), now: OnceLock::new() }
    }

    fn now(&self) -> &loom::sync::Mutex<T> {
        let first =
            || self.first.lock().unwrap().take().expect("only the first call creates the mutex");
        self.now.get_or_init(|| loom::sync::Mutex::new(first()))
    }

    pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        self.now().lock()
    }

    pub(crate) fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        self.now().try_lock()
    }
}

pub(crate) fn set_writing(is_writing: bool) -> bool {
    IS_WRITING.with(|it| it.replace(is_writing))
}

pub(crate) fn set_locking(is_locking: bool) -> bool {
    IS_LOCKING.with(|it| it.replace(is_locking))
}
