//! The extra machines, for threads that C created.
#![expect(unsafe_code, reason = "links machines by pointers")]

use std::ptr;

use super::fatal;
use super::machine::Machine;
use super::mutant::{self, Mutant};
use super::sync::{self, AtomicPtr, AtomicU32, AtomicUsize, Ordering};

/// A list of machines that no thread has.
///
/// It is taken from inside a signal handler too, so the caller blocks signals: a handler on the thread that holds the lock
/// would wait for itself.
#[derive(Debug)]
pub(super) struct Pool {
    /// 0, or the [token](sync::token) of the thread that holds the lock.
    holder: AtomicUsize,
    /// The machines, linked by their `next`. Only the holder reads or writes it.
    head: AtomicPtr<Machine>,
    idle: AtomicU32,
    made: AtomicU32,
}

impl Pool {
    pub(super) const fn new() -> Self {
        Self {
            holder: AtomicUsize::new(0),
            head: AtomicPtr::new(ptr::null_mut()),
            idle: AtomicU32::new(0),
            made: AtomicU32::new(0),
        }
    }

    /// Takes the machine that was given back last, if there is one, and calls `holding` while it holds the lock.
    pub(super) fn take(&self, holding: impl FnOnce()) -> Option<&'static Machine> {
        self.take_if(holding, |_| true)
    }

    /// The same, if another one stays.
    pub(super) fn take_unless_last(&self, holding: impl FnOnce()) -> Option<&'static Machine> {
        self.take_if(holding, |next| !next.is_null())
    }

    fn take_if(
        &self,
        holding: impl FnOnce(),
        may_take: impl FnOnce(*mut Machine) -> bool,
    ) -> Option<&'static Machine> {
        self.locked(|| {
            holding();
            let head = self.head.load(Ordering::Relaxed);
            // SAFETY: the list holds null or machines, which live as long as the process.
            let machine = unsafe { head.as_ref() }?;
            let next = machine.next.load(Ordering::Relaxed);
            if !may_take(next) {
                return None;
            }
            if !mutant::is(Mutant::SharedMachine) {
                self.head.store(next, Ordering::Relaxed);
            }
            self.idle.fetch_sub(1, Ordering::Relaxed);
            Some(machine)
        })
    }

    /// Puts a machine into the list.
    pub(super) fn give(&self, machine: &'static Machine) {
        self.locked(|| {
            machine.next.store(self.head.load(Ordering::Relaxed), Ordering::Relaxed);
            self.head.store(ptr::from_ref(machine).cast_mut(), Ordering::Relaxed);
            self.idle.fetch_add(1, Ordering::Relaxed);
        });
    }

    /// Makes a machine, for a thread of the runtime or for the list. It allocates, so it is not for signal handlers.
    pub(super) fn make(&self) -> &'static Machine {
        Machine::new(self.made.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns how many machines there are, and how many of them no thread has.
    pub(super) fn counts(&self) -> (u32, u32) {
        (self.made.load(Ordering::Relaxed), self.idle.load(Ordering::Relaxed))
    }

    /// The lock: a handful of instructions are run under it, so waiting means giving up the processor once or twice.
    fn locked<R>(&self, f: impl FnOnce() -> R) -> R {
        let me = sync::token();
        while let Err(holder) =
            self.holder.compare_exchange_weak(0, me, Ordering::Acquire, Ordering::Relaxed)
        {
            if holder == me {
                fatal::abort(|message| {
                    message.text("deadlock: this thread holds the machine pool");
                });
            }
            sync::yield_now();
        }
        let result = f();
        self.holder.store(0, Ordering::Release);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_machine_given_back_last_is_taken_first() {
        let pool = Pool::new();
        let (first, second) = (pool.make(), pool.make());
        pool.give(first);
        pool.give(second);
        assert_eq!(pool.counts(), (2, 2));
        assert_eq!(pool.take(|| ()).unwrap().id, second.id);
        assert_eq!(pool.take(|| ()).unwrap().id, first.id);
        assert_eq!(pool.counts(), (2, 0));
        assert!(pool.take(|| ()).is_none());
    }

    #[test]
    fn the_last_machine_is_for_those_who_may_have_it() {
        let pool = Pool::new();
        assert!(pool.take_unless_last(|| ()).is_none());
        let (first, second) = (pool.make(), pool.make());
        pool.give(first);
        assert!(pool.take_unless_last(|| ()).is_none());
        pool.give(second);
        assert_eq!(pool.take_unless_last(|| ()).unwrap().id, second.id);
        assert!(pool.take_unless_last(|| ()).is_none());
        assert_eq!(pool.take(|| ()).unwrap().id, first.id);
    }

    #[test]
    fn no_machine_is_taken_twice() {
        const THREADS: u32 = 4;
        const ROUNDS: u32 = if cfg!(miri) { 30 } else { 1000 };
        static POOL: Pool = Pool::new();
        for _ in 0..THREADS {
            POOL.give(POOL.make());
        }
        thread::scope(|scope| {
            for number in 1..=THREADS {
                scope.spawn(move || {
                    for _ in 0..ROUNDS {
                        let machine = POOL.take(|| ()).expect("there are as many as threads");
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
