//! The pool of `Machine`s (the runtime's records of threads) for threads that C created.
#![expect(unsafe_code, reason = "links machines by pointers")]

use std::ptr;
use std::sync::PoisonError;

use super::fatal;
use super::machine::Machine;
use super::mutant::{self, Mutant};
use super::sync::{self, AtomicPtr, AtomicU32, Mutex, MutexGuard, Ordering};

/// A list of the `Machine`s that no thread uses.
///
/// A `Machine` changes between the pool and a thread only while the pool's lock is held: while no
/// thread holds the lock, each `Machine` either is in the list or has an owner. A child of fork(2)
/// therefore finds each `Machine` of the parent's other threads
/// ([`fork`](super::fork)).
///
/// Signal handlers take `Machine`s from the pool, too. The caller of each method must have blocked
/// signals: otherwise, a handler could interrupt the thread that holds the pool's lock, and wait
/// for the lock for ever.
#[derive(Debug)]
pub(super) struct Pool {
    /// Lock of the pool. A thread that waits for the lock sleeps in the kernel. If a waiting
    /// real-time thread only yielded its processor, it could keep the lock's holder from running.
    lock: Mutex<()>,
    /// Pointer to the first `Machine` of the list, or null if the list is empty. The field `next`
    /// of each `Machine` points to the next `Machine`. Only the thread that holds the lock reads or
    /// writes `head`.
    head: AtomicPtr<Machine>,
    /// Pointer to the `Machine` that was added last, or null if no `Machine` was added. The field
    /// `made_before` of each `Machine` points to the `Machine` that was added before. Only the
    /// thread that holds the lock reads or writes `newest`.
    newest: AtomicPtr<Machine>,
    /// Number of `Machine`s in the pool's list.
    idle: AtomicU32,
    /// Number of `Machine`s that were added to the pool.
    made: AtomicU32,
}

impl Pool {
    pub(super) const fn new() -> Self {
        Self {
            lock: Mutex::new(()),
            head: AtomicPtr::new(ptr::null_mut()),
            newest: AtomicPtr::new(ptr::null_mut()),
            idle: AtomicU32::new(0),
            made: AtomicU32::new(0),
        }
    }

    /// Takes the `Machine` that was given back last, if the pool is not empty. Calls `holding`
    /// while this thread holds the pool's lock.
    pub(super) fn take(&self, holding: impl FnOnce()) -> Option<&'static Machine> {
        self.take_if(holding, |_| true)
    }

    /// Takes the `Machine` that was given back last, if another `Machine` stays in the pool. Calls
    /// `holding` while this thread holds the pool's lock.
    pub(super) fn take_unless_last(&self, holding: impl FnOnce()) -> Option<&'static Machine> {
        self.take_if(holding, |next| !next.is_null())
    }

    /// Takes the first `Machine` if `may_take` returns true for the pointer to the second
    /// `Machine`.
    fn take_if(
        &self,
        holding: impl FnOnce(),
        may_take: impl FnOnce(*mut Machine) -> bool,
    ) -> Option<&'static Machine> {
        self.locked(|| {
            holding();
            let head = self.head.load(Ordering::Relaxed);
            // SAFETY: the pointer `head` is null or points to a `Machine`, and `Machine`s are never
            // freed.
            let machine = unsafe { head.as_ref() }?;
            let next = machine.next.load(Ordering::Relaxed);
            if !may_take(next) {
                return None;
            }
            if !mutant::is(Mutant::SharedMachine) {
                self.head.store(next, Ordering::Relaxed);
            }
            self.idle.fetch_sub(1, Ordering::Relaxed);
            if !mutant::is(Mutant::OwnsLate) {
                machine.own_by_this_thread();
            }
            Some(machine)
        })
    }

    /// Takes the `Machine` away from its thread, and puts the `Machine` into the pool.
    pub(super) fn give(&self, machine: &'static Machine) {
        self.lock().give(machine);
    }

    /// Gives a number to a new `Machine`, and puts the `Machine` into the pool.
    pub(super) fn add(&self, machine: &'static mut Machine) {
        let locked = self.lock();
        machine.id = self.made.fetch_add(1, Ordering::Relaxed);
        machine.made_before.store(self.newest.load(Ordering::Relaxed), Ordering::Relaxed);
        self.newest.store(machine, Ordering::Relaxed);
        locked.give(machine);
    }

    /// Returns the number of all `Machine`s and the number of `Machine`s in the pool.
    pub(super) fn counts(&self) -> (u32, u32) {
        (self.made.load(Ordering::Relaxed), self.idle.load(Ordering::Relaxed))
    }

    /// Runs `f` while this thread holds the pool's lock.
    fn locked<R>(&self, f: impl FnOnce() -> R) -> R {
        let _locked = self.lock();
        f()
    }

    /// Takes the pool's lock. If the calling thread already holds the lock of a pool or waits for
    /// the lock, this function aborts the process.
    pub(super) fn lock(&self) -> Locked<'_> {
        if sync::set_locking(true) {
            fatal::abort(|message| {
                message.text("deadlock: this thread already holds the lock of the machine pool");
            });
        }
        while mutant::is(Mutant::Spins) {
            match self.lock.try_lock() {
                Ok(guard) => return Locked { pool: self, _guard: guard },
                Err(_) => sync::yield_now(),
            }
        }
        // The lock may be poisoned by a panic of another thread, but the pool is consistent after
        // each store.
        Locked { pool: self, _guard: self.lock.lock().unwrap_or_else(PoisonError::into_inner) }
    }
}

/// Guard that holds the pool's lock until the guard is dropped.
#[derive(Debug)]
pub(super) struct Locked<'pool> {
    pool: &'pool Pool,
    _guard: MutexGuard<'pool, ()>,
}

impl Locked<'_> {
    /// Takes the `Machine` away from its thread, and puts the `Machine` into the pool.
    fn give(&self, machine: &'static Machine) {
        let pool = self.pool;
        machine.disown();
        machine.next.store(pool.head.load(Ordering::Relaxed), Ordering::Relaxed);
        pool.head.store(ptr::from_ref(machine).cast_mut(), Ordering::Relaxed);
        pool.idle.fetch_add(1, Ordering::Relaxed);
    }

    /// Puts each `Machine` for which `is_lost` returns true into the pool, because the thread of
    /// the `Machine` no longer exists. The function `is_lost` must return false for a `Machine`
    /// that no thread has.
    pub(super) fn reclaim(&self, is_lost: impl Fn(&Machine) -> bool) {
        for machine in self.all().filter(|machine| is_lost(machine)) {
            self.give(machine);
        }
    }

    /// Returns every `Machine`, whether the `Machine` is in the pool or not.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static Machine> {
        // SAFETY: the pointer is null or points to a `Machine`, and `Machine`s are never freed.
        let at = |pointer: *mut Machine| unsafe { pointer.as_ref() };
        let newest = at(self.pool.newest.load(Ordering::Relaxed));
        std::iter::successors(newest, move |machine| {
            at(machine.made_before.load(Ordering::Relaxed))
        })
    }
}

impl Drop for Locked<'_> {
    /// Records that this thread no longer holds the lock, before the field `_guard` is dropped and
    /// releases the lock. The caller blocks signals, so no handler runs after `set_locking` and
    /// before the release of the lock.
    fn drop(&mut self) {
        sync::set_locking(false);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_machine_given_back_last_is_taken_first() {
        let pool = Pool::new();
        pool.add(Machine::new());
        pool.add(Machine::new());
        assert_eq!(pool.counts(), (2, 2));
        let [second, first] = [(); 2].map(|()| pool.take(|| ()).unwrap());
        assert_eq!([first.id, second.id], [0, 1]);
        assert_eq!(pool.counts(), (2, 0));
        pool.give(second);
        pool.give(first);
        assert_eq!(pool.take(|| ()).unwrap().id, first.id);
        assert_eq!(pool.take(|| ()).unwrap().id, second.id);
        assert!(pool.take(|| ()).is_none());
    }

    #[test]
    fn the_last_machine_is_for_those_who_may_have_it() {
        let pool = Pool::new();
        assert!(pool.take_unless_last(|| ()).is_none());
        pool.add(Machine::new());
        assert!(pool.take_unless_last(|| ()).is_none());
        pool.add(Machine::new());
        assert_eq!(pool.take_unless_last(|| ()).unwrap().id, 1);
        assert!(pool.take_unless_last(|| ()).is_none());
        assert_eq!(pool.take(|| ()).unwrap().id, 0);
    }

    #[test]
    fn a_machine_of_a_thread_that_is_gone_returns_to_the_pool() {
        let pool = Pool::new();
        for _ in 0..3 {
            pool.add(Machine::new());
        }
        let [_, gone] = [(); 2].map(|()| pool.take(|| ()).unwrap());
        pool.lock().reclaim(|machine| machine.id == gone.id);
        assert!(!gone.has_owner());
        assert_eq!(pool.counts(), (3, 2));
        assert_eq!(pool.take(|| ()).unwrap().id, gone.id);
        assert_eq!(pool.take(|| ()).unwrap().id, 0);
        assert!(pool.take(|| ()).is_none(), "the thread of the third `Machine` still exists");
    }

    #[test]
    fn no_machine_is_taken_twice() {
        const THREADS: u32 = 4;
        const ROUNDS: u32 = if cfg!(miri) { 30 } else { 1000 };
        static POOL: Pool = Pool::new();
        for _ in 0..THREADS {
            POOL.add(Machine::new());
        }
        thread::scope(|scope| {
            for number in 1..=THREADS {
                scope.spawn(move || {
                    for _ in 0..ROUNDS {
                        let machine =
                            POOL.take(|| ()).expect("the pool has a machine for each thread");
                        machine.depth.store(number, Ordering::Relaxed);
                        thread::yield_now();
                        assert_eq!(machine.depth.load(Ordering::Relaxed), number);
                        POOL.give(machine);
                    }
                });
            }
        });
        assert_eq!(POOL.counts(), (THREADS, THREADS));
    }
}
