//! Tests of the runtime's data structures under loom: the pool of `Machine` objects (the runtime's
//! records of threads), the list of registered stacks and the cache of stack bounds.
//!
//! The tool loom runs every interleaving of a few threads, and lets each atomic load return every
//! value that the memory model allows. The command `cargo test -p testprog-interleavings
//! under_loom` runs the tests of this package.
#![cfg(test)]

#[path = "../../testprog/runtime/bounds.rs"]
#[expect(dead_code, reason = "only the runtime uses the rest of the module")]
mod bounds;
#[path = "../../testprog/runtime/pool.rs"]
#[cfg_attr(not(unix), expect(dead_code, reason = "only the runtime uses the rest of the module"))]
mod pool;
#[path = "../../testprog/runtime/recent.rs"]
mod recent;
#[path = "../../testprog/runtime/stacks/mod.rs"]
#[expect(dead_code, reason = "only the runtime uses the rest of the module")]
mod stacks;

/// Loom's synchronization primitives, which replace the primitives of `testprog/runtime/sync.rs`.
mod sync {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::sync::{LockResult, OnceLock, TryLockResult};

    pub(crate) use loom::sync::MutexGuard;
    use loom::sync::atomic;
    pub(crate) use loom::sync::atomic::{Ordering, fence};
    pub(crate) use loom::thread::yield_now;

    thread_local! {
        static HANDLER: RefCell<Option<Rc<dyn Fn()>>> = const { RefCell::new(None) };
    }

    /// Sets a function that runs after each atomic store, as a signal handler could. The argument
    /// `None` removes the function.
    pub(crate) fn set_handler(handler: Option<Rc<dyn Fn()>>) {
        HANDLER.set(handler);
    }

    /// Runs the function that `set_handler` has set, if there is one.
    fn signal() {
        let handler = HANDLER.with_borrow(Clone::clone);
        if let Some(handler) = handler {
            handler();
        }
    }

    /// Defines atomic types whose values create a loom atomic at their first use. The runtime
    /// creates atomics in constants, but loom can create an atomic only at run time.
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

                pub(crate) fn load(&self, order: Ordering) -> $value {
                    self.now().load(order)
                }

                pub(crate) fn store(&self, value: $value, order: Ordering) {
                    self.now().store(value, order);
                    signal();
                }
            }
        )*};
    }

    atomics! {
        AtomicPtr<T>, *mut T;
        AtomicUsize, usize;
        AtomicU32, u32;
    }

    impl<T> AtomicPtr<T> {
        pub(crate) fn compare_exchange_weak(
            &self,
            old: *mut T,
            new: *mut T,
            success: Ordering,
            failure: Ordering,
        ) -> Result<*mut T, *mut T> {
            self.now().compare_exchange_weak(old, new, success, failure)
        }
    }

    impl AtomicUsize {
        pub(crate) fn fetch_add(&self, value: usize, order: Ordering) -> usize {
            self.now().fetch_add(value, order)
        }
    }

    impl AtomicU32 {
        pub(crate) fn fetch_add(&self, value: u32, order: Ordering) -> u32 {
            self.now().fetch_add(value, order)
        }

        pub(crate) fn fetch_sub(&self, value: u32, order: Ordering) -> u32 {
            self.now().fetch_sub(value, order)
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
            let first = || {
                self.first.lock().unwrap().take().expect("only the first call creates the mutex")
            };
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
        loom::thread_local!(static IS_WRITING: Cell<bool> = Cell::new(false));
        IS_WRITING.with(|it| it.replace(is_writing))
    }

    pub(crate) fn set_locking(is_locking: bool) -> bool {
        loom::thread_local!(static IS_LOCKING: Cell<bool> = Cell::new(false));
        IS_LOCKING.with(|it| it.replace(is_locking))
    }
}

/// A `Machine` (the runtime's record of one thread) with only the fields that the pool needs.
mod machine {
    use crate::sync::{AtomicPtr, AtomicU32};

    #[derive(Debug)]
    pub(crate) struct Machine {
        pub(crate) id: u32,
        pub(crate) depth: AtomicU32,
        pub(crate) next: AtomicPtr<Self>,
        pub(crate) made_before: AtomicPtr<Self>,
        /// Number of threads that have owned the `Machine`. A thread changes `owners` by a load and
        /// a store, as the runtime changes the fields of a `Machine`.
        pub(crate) owners: AtomicU32,
    }

    impl Machine {
        pub(crate) fn new(id: u32) -> &'static Self {
            Box::leak(Box::new(Self {
                id,
                depth: AtomicU32::new(0),
                next: AtomicPtr::new(std::ptr::null_mut()),
                made_before: AtomicPtr::new(std::ptr::null_mut()),
                owners: AtomicU32::new(0),
            }))
        }

        #[expect(clippy::unused_self, reason = "in the runtime, this method changes a field")]
        #[cfg(unix)]
        pub(crate) fn disown(&self) {}
    }
}

mod mutant {
    #[derive(PartialEq, Eq)]
    pub(crate) enum Mutant {
        SharedMachine,
        Spins,
        KeepsEnd,
    }

    pub(crate) fn is(_: Mutant) -> bool {
        false
    }
}

mod fatal {
    pub(crate) struct Message;

    impl Message {
        #[expect(clippy::unused_self, reason = "in the runtime, this method uses a buffer")]
        pub(crate) fn text(&mut self, text: &str) {
            panic!("{text}");
        }
    }

    pub(crate) fn abort(say: impl FnOnce(&mut Message)) -> ! {
        say(&mut Message);
        unreachable!("the text of the message panics")
    }
}

mod under_loom {
    use std::rc::Rc;
    use std::sync::Arc;

    use loom::sync::atomic::Ordering;
    use loom::thread;

    use crate::bounds::Bounds;
    use crate::machine::Machine;
    use crate::pool::Pool;
    use crate::recent::Recent;
    use crate::stacks::{StackError, Stacks};
    use crate::sync::{Mutex, set_handler};

    /// Runs `body` in every interleaving of its threads with at most `interruptions` preemptions.
    fn model(interruptions: usize, body: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(interruptions);
        builder.check(body);
    }

    /// Calls `take` until `take` returns a `Machine`, and yields the processor after each failure.
    fn waiting(take: impl Fn() -> Option<&'static Machine>) -> &'static Machine {
        loop {
            if let Some(machine) = take() {
                return machine;
            }
            thread::yield_now();
        }
    }

    /// Counts this thread as an owner of `machine`, by a load and a store.
    fn own(machine: &Machine) {
        let owners = machine.owners.load(Ordering::Relaxed);
        machine.owners.store(owners + 1, Ordering::Relaxed);
    }

    #[test]
    fn a_machine_is_one_thread_s_at_a_time_and_no_thread_s_change_is_lost() {
        model(3, || {
            let pool = Arc::new(Pool::new());
            let machine = pool.make();
            pool.give(machine);
            let threads = [(); 2].map(|()| {
                let pool = Arc::clone(&pool);
                thread::spawn(move || {
                    let machine = waiting(|| pool.take(|| ()));
                    own(machine);
                    pool.give(machine);
                })
            });
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(machine.owners.load(Ordering::Relaxed), 2);
            assert_eq!(pool.counts(), (1, 1));
        });
    }

    /// Takes a `Machine` from the pool as the runtime's function `attach` does. If the pool has
    /// only one `Machine`, the thread first puts a new `Machine` into the pool, so that one
    /// `Machine` stays for signal handlers.
    fn attach(pool: &Pool, allocator: &Mutex<()>) -> &'static Machine {
        loop {
            if pool.counts().1 < 2 {
                let made = {
                    let _locked = allocator.lock().unwrap();
                    pool.make()
                };
                pool.give(made);
            }
            if let Some(machine) = pool.take_unless_last(|| ()) {
                return machine;
            }
        }
    }

    #[test]
    fn a_handler_that_interrupts_the_allocator_finds_a_machine() {
        model(3, || {
            let (pool, allocator) = (Arc::new(Pool::new()), Arc::new(Mutex::new(())));
            pool.give(pool.make());
            let attaching = thread::spawn({
                let (pool, allocator) = (Arc::clone(&pool), Arc::clone(&allocator));
                move || own(attach(&pool, &allocator))
            });
            {
                let _interrupted = allocator.lock().unwrap();
                let machine = waiting(|| pool.take(|| ()));
                own(machine);
                pool.give(machine);
            }
            attaching.join().unwrap();
            let (made, idle) = pool.counts();
            assert_eq!(made - idle, 1);
        });
    }

    const STAYS: Bounds = Bounds { lo: 0x10_0000, hi: 0x20_0000 };
    const GOES: Bounds = Bounds { lo: 0x30_0000, hi: 0x40_0000 };
    /// A stack that overlaps the stack `GOES`, and for which the list reuses the node of `GOES`.
    const COMES: Bounds = Bounds { lo: 0x38_0000, hi: 0x48_0000 };

    /// Returns a list of registered stacks with the stacks `STAYS` and `GOES`.
    fn stacks() -> Arc<Stacks> {
        let stacks = Stacks::new();
        stacks.register(STAYS).unwrap();
        stacks.register(GOES).unwrap();
        Arc::new(stacks)
    }

    /// Starts a thread that retires the stack `GOES` and then registers the stack `COMES`.
    fn changing(stacks: &Arc<Stacks>) -> thread::JoinHandle<()> {
        let stacks = Arc::clone(stacks);
        thread::spawn(move || {
            stacks.retire(GOES.lo).unwrap();
            stacks.register(COMES).unwrap();
        })
    }

    #[test]
    fn a_reader_finds_a_stack_as_it_was_registered_or_none() {
        model(2, || {
            let stacks = stacks();
            let writer = changing(&stacks);
            // The address 0x3c_0000 is first on the stack `GOES`, then on no stack, and then on the
            // stack `COMES`.
            let found = stacks.find(0x3c_0000);
            assert!([None, Some(GOES), Some(COMES)].contains(&found), "{found:x?}");
            writer.join().unwrap();
            assert_eq!(stacks.find(0x3c_0000), Some(COMES));
        });
    }

    #[test]
    fn whoever_reads_that_stacks_have_changed_finds_the_change() {
        model(2, || {
            let stacks = stacks();
            let before = stacks.generation();
            let writer = changing(&stacks);
            let changes = stacks.generation() - before;
            let found = stacks.find(0x3c_0000);
            assert!(
                changes < 1 || found != Some(GOES),
                "the stack was retired, but the lookup found it"
            );
            assert!(changes < 2 || found == Some(COMES), "{found:x?}");
            writer.join().unwrap();
        });
    }

    #[test]
    fn a_reader_finds_what_stays() {
        model(2, || {
            let stacks = stacks();
            let writer = changing(&stacks);
            assert_eq!(stacks.find(STAYS.hi), Some(STAYS));
            writer.join().unwrap();
        });
    }

    /// Looks up the registered stack that contains the stack pointer `sp`, as the runtime does at a
    /// callback.
    fn look_up(stacks: &Stacks, recent: &Recent, sp: usize) -> Option<Bounds> {
        let generation = stacks.generation();
        if let Some(bounds) = recent.find(sp, generation) {
            return Some(bounds);
        }
        if let Some(bounds) = stacks.find_again(sp, generation) {
            if recent.misses_again(sp, bounds) {
                recent.keep(sp, generation, bounds, bounds);
            }
            return Some(bounds);
        }
        let generation = stacks.generation();
        let found = stacks.find(sp);
        if let Some(bounds) = found {
            recent.keep(sp, generation, bounds, bounds);
        }
        found
    }

    #[test]
    fn a_thread_that_remembers_a_stack_forgets_it_when_it_learns_of_the_next() {
        model(2, || {
            let stacks = stacks();
            let recent = Recent::new();
            let sp = 0x3c_0000;
            assert_eq!(look_up(&stacks, &recent, sp), Some(GOES));
            let writer = changing(&stacks);
            let found = look_up(&stacks, &recent, sp);
            assert!([None, Some(GOES), Some(COMES)].contains(&found), "{found:x?}");
            writer.join().unwrap();
            assert_eq!(look_up(&stacks, &recent, sp), Some(COMES));
        });
    }

    #[test]
    fn what_one_thread_has_found_another_finds_again_as_long_as_it_is_there() {
        model(2, || {
            let stacks = stacks();
            let sp = 0x3c_0000;
            assert_eq!(stacks.find(sp), Some(GOES));
            let writer = changing(&stacks);
            let generation = stacks.generation();
            let found = stacks.find_again(sp, generation);
            assert!([None, Some(GOES), Some(COMES)].contains(&found), "{found:x?}");
            writer.join().unwrap();
            // The list remembers, as a shortcut for `find_again`, the node that held the stack
            // `GOES` and now holds the stack `COMES`.
            let found = stacks.find_again(sp, stacks.generation());
            assert!([None, Some(COMES)].contains(&found), "{found:x?}");
        });
    }

    #[test]
    fn a_thread_that_misses_a_stack_again_remembers_it_as_long_as_it_is_there() {
        model(2, || {
            let stacks = stacks();
            let recent = Recent::new();
            let sp = 0x3c_0000;
            assert_eq!(stacks.find(sp), Some(GOES), "the lookup leaves a shortcut");
            let writer = changing(&stacks);
            for _ in 0..2 {
                let found = look_up(&stacks, &recent, sp);
                assert!([None, Some(GOES), Some(COMES)].contains(&found), "{found:x?}");
            }
            writer.join().unwrap();
            assert_eq!(look_up(&stacks, &recent, sp), Some(COMES));
        });
    }

    #[test]
    fn a_handler_finds_what_its_thread_remembers_whole_or_not_at_all() {
        model(0, || {
            let sp = 0x3c_0000;
            let recent = Rc::new(Recent::new());
            recent.keep(sp, 1, GOES, GOES);
            let in_handler = Rc::clone(&recent);
            set_handler(Some(Rc::new(move || {
                let found = in_handler.find(sp, 1);
                assert!([None, Some(GOES)].contains(&found), "{found:x?}");
                let found = in_handler.find(sp, 2);
                assert!([None, Some(COMES)].contains(&found), "{found:x?}");
            })));
            recent.keep(sp, 2, COMES, COMES);
            set_handler(None);
            assert_eq!(recent.find(sp, 2), Some(COMES));
        });
    }

    #[test]
    fn of_two_threads_that_register_the_same_stack_one_is_refused() {
        model(2, || {
            let stacks = Arc::new(Stacks::new());
            let other = thread::spawn({
                let stacks = Arc::clone(&stacks);
                move || stacks.register(GOES).is_ok()
            });
            let mine = stacks.register(COMES);
            let theirs = other.join().unwrap();
            assert_ne!(mine.is_ok(), theirs);
            assert!(mine.is_ok() || mine == Err(StackError::Overlaps(GOES)));
        });
    }
}
