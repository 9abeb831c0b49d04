//! The models: small programs that loom runs in every interleaving.
//!
//! For each atomic, loom 0.7 remembers only the last access. If the thread that stores has just
//! loaded the same atomic, loom does not notice that the store and an earlier load of another thread
//! can change places. In the models in which a thread adds to a list, the other thread therefore
//! runs second: loom runs a spawned thread when the first thread waits.

use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::Arc;

use loom::thread;

use crate::attach::{lent_machine, thread_exits};
use crate::bounds::Bounds;
use crate::calls::{callback, signal_callback};
use crate::globals::{POOL, STACKS};
use crate::machine::Machine;
use crate::pool::Pool;
use crate::recent::Recent;
use crate::stack_pointer::at;
use crate::stacks::{StackError, Stacks};
use crate::sync::{Ordering, set_handler};
use crate::{csrc, current, orders};

/// Runs `body` in every interleaving of its threads with at most `interruptions` preemptions.
fn model(interruptions: usize, body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(interruptions);
    // A callback on a thread without a `Machine` has more steps than loom allows by default.
    builder.max_branches = 100_000;
    builder.check(body);
}

/// Defines a test for each model, and the list of all models.
macro_rules! models {
    ($($(#[$comment:meta])* fn $name:ident() $body:block)*) => {
        $($(#[$comment])* #[test] fn $name() $body)*

        /// All models.
        const MODELS: &[(&str, fn())] = &[$((stringify!($name), $name)),*];
    };
}

/// Puts two `Machine`s into the runtime's pool, as the start of the runtime does.
fn start() {
    for _ in 0..2 {
        POOL.add(Machine::new());
    }
}

/// Checks that each `Machine` is in the pool or has an owner while this thread holds the pool's
/// lock, as a thread that calls fork(2) does. A child of fork puts the `Machine`s of all other
/// threads into the pool.
fn find_all_machines() {
    let locked = POOL.lock();
    let (made, idle) = POOL.counts();
    let owned = locked.all().filter(|machine| machine.has_owner()).count();
    let listed = locked.all().count();
    assert_eq!(usize::try_from(made).unwrap(), listed);
    assert_eq!(listed, usize::try_from(idle).unwrap() + owned, "a fork loses a `Machine`");
}

/// Ends this thread's use of the runtime, as the notification of the thread's exit does.
fn exit_thread() {
    if let Some(machine) = current::get() {
        thread_exits(machine);
    }
}

/// Calls back at the stack pointer `sp`, and returns the bounds that the runtime records.
fn call_back(sp: usize) -> Bounds {
    at(sp, || callback(Machine::bounds))
}

/// Calls back in a signal handler at the stack pointer `sp`, and returns the bounds that the runtime
/// records.
fn call_back_in_handler(sp: usize) -> Bounds {
    at(sp, || signal_callback(Machine::bounds))
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
    let owners = machine.depth.load(Ordering::Relaxed);
    machine.depth.store(owners + 1, Ordering::Relaxed);
}

const STAYS: Bounds = Bounds { lo: 0x10_0000, hi: 0x20_0000 };
const GOES: Bounds = Bounds { lo: 0x30_0000, hi: 0x40_0000 };
/// A stack that overlaps the stack `GOES`, and for which the list reuses the node of `GOES`.
const COMES: Bounds = Bounds { lo: 0x38_0000, hi: 0x48_0000 };
/// A stack above all other stacks.
const HIGH: Bounds = Bounds { lo: 0x70_0000, hi: 0x80_0000 };
const BELOW_HIGH: Bounds = Bounds { lo: 0x50_0000, hi: 0x60_0000 };
/// A stack pointer that is first on the stack `GOES`, then on no stack, and then on the stack
/// `COMES`.
const SP: usize = 0x3c_0000;

/// Registers the stacks `STAYS` and `GOES`.
fn register(stacks: &Stacks) {
    stacks.register(STAYS).unwrap();
    stacks.register(GOES).unwrap();
}

/// Returns a list of registered stacks with the stacks `STAYS` and `GOES`.
fn stacks() -> Arc<Stacks> {
    let stacks = Stacks::new();
    register(&stacks);
    Arc::new(stacks)
}

/// Retires the stack `GOES` and then registers the stack `COMES`.
fn change(stacks: &Stacks) {
    stacks.retire(GOES.lo).unwrap();
    stacks.register(COMES).unwrap();
}

/// Starts a thread that calls [`change`].
fn changing(stacks: &Arc<Stacks>) -> thread::JoinHandle<()> {
    let stacks = Arc::clone(stacks);
    thread::spawn(move || change(&stacks))
}

/// Returns whether `bounds` are those of the stack pointer `SP` at some time of [`change`].
fn is_right(bounds: Bounds) -> bool {
    [GOES, COMES, Bounds::estimate(SP)].contains(&bounds)
}

models! {
    fn a_machine_is_one_thread_s_at_a_time_and_no_thread_s_change_is_lost() {
        model(3, || {
            let pool = Arc::new(Pool::new());
            pool.add(Machine::new());
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
            assert_eq!(pool.counts(), (1, 1));
            assert_eq!(pool.take(|| ()).unwrap().depth.load(Ordering::Relaxed), 2);
        });
    }

    fn at_a_fork_each_machine_is_in_the_pool_or_has_an_owner() {
        model(3, || {
            start();
            // Another thread takes a `Machine`, and creates the third `Machine` for the pool.
            let attaching = thread::spawn(|| {
                call_back(SP);
                exit_thread();
            });
            find_all_machines();
            attaching.join().unwrap();
            find_all_machines();
            assert_eq!(POOL.counts(), (2, 2));
        });
    }

    fn at_a_fork_in_a_handler_each_machine_is_in_the_pool_or_has_an_owner() {
        model(0, || {
            POOL.add(Machine::new());
            set_handler(Some(Rc::new(find_all_machines)));
            call_back(SP);
            exit_thread();
            set_handler(None);
            assert_eq!(POOL.counts(), (2, 2));
        });
    }

    fn a_handler_that_interrupts_the_allocator_finds_a_machine() {
        model(2, || {
            // The pool has a `Machine` for handlers, and no other `Machine`.
            POOL.add(Machine::new());
            STACKS.register(STAYS).unwrap();
            STACKS.find(SP);
            STACKS.find_again(SP, STACKS.generation());
            let attaching = thread::spawn(|| {
                call_back(SP);
            });
            // This thread has no `Machine`, and may be in the allocator. A handler of this thread
            // must not wait for the other thread, so `map_zeros` panics if the pool is empty.
            assert_eq!(call_back_in_handler(SP), Bounds::estimate(SP));
            assert_eq!(current::get().map(|it| it.id), None);
            attaching.join().unwrap();
            let (made, idle) = POOL.counts();
            assert_eq!(made - idle, 1);
        });
    }

    fn a_reader_finds_a_stack_as_it_was_registered_or_none() {
        model(2, || {
            let stacks = stacks();
            let writer = changing(&stacks);
            let found = stacks.find(SP);
            assert!([None, Some(GOES), Some(COMES)].contains(&found), "{found:x?}");
            writer.join().unwrap();
            assert_eq!(stacks.find(SP), Some(COMES));
        });
    }

    fn whoever_reads_that_stacks_have_changed_finds_the_change() {
        model(2, || {
            let stacks = stacks();
            let before = stacks.generation();
            let writer = changing(&stacks);
            let changes = stacks.generation() - before;
            let found = stacks.find(SP);
            assert!(
                changes < 1 || found != Some(GOES),
                "the stack was retired, but the lookup found it"
            );
            assert!(changes < 2 || found == Some(COMES), "{found:x?}");
            writer.join().unwrap();
        });
    }

    fn a_reader_finds_what_stays() {
        model(2, || {
            let stacks = stacks();
            let writer = changing(&stacks);
            assert_eq!(stacks.find(STAYS.hi), Some(STAYS));
            writer.join().unwrap();
        });
    }

    fn a_reader_finds_what_stays_behind_a_new_stack() {
        model(2, || {
            let stacks = stacks();
            stacks.register(HIGH).unwrap();
            let reader = thread::spawn({
                let stacks = Arc::clone(&stacks);
                move || assert_eq!(stacks.find(HIGH.hi), Some(HIGH))
            });
            stacks.register(BELOW_HIGH).unwrap();
            stacks.retire(GOES.lo).unwrap();
            reader.join().unwrap();
        });
    }

    fn a_shortcut_leads_to_a_new_stack_that_the_reader_may_read() {
        model(2, || {
            let stacks = stacks();
            let sp = BELOW_HIGH.hi;
            assert_eq!(stacks.find_again(sp, stacks.generation()), None);
            let writer = thread::spawn({
                let stacks = Arc::clone(&stacks);
                move || {
                    stacks.register(BELOW_HIGH).unwrap();
                    stacks.find(sp)
                }
            });
            let found = stacks.find_again(sp, stacks.generation());
            assert!([None, Some(BELOW_HIGH)].contains(&found), "{found:x?}");
            assert_eq!(writer.join().unwrap(), Some(BELOW_HIGH));
        });
    }

    fn what_one_thread_has_found_another_finds_again_as_long_as_it_is_there() {
        model(2, || {
            let stacks = stacks();
            assert_eq!(stacks.find(SP), Some(GOES));
            let writer = changing(&stacks);
            let generation = stacks.generation();
            let found = stacks.find_again(SP, generation);
            assert!([None, Some(GOES), Some(COMES)].contains(&found), "{found:x?}");
            writer.join().unwrap();
            // The list remembers, as a shortcut for `find_again`, the node that held the stack
            // `GOES` and now holds the stack `COMES`.
            let found = stacks.find_again(SP, stacks.generation());
            assert!([None, Some(COMES)].contains(&found), "{found:x?}");
        });
    }

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

    fn a_callback_that_has_cached_a_stack_learns_of_the_next_stack() {
        model(2, || {
            start();
            register(&STACKS);
            assert_eq!(call_back(SP), GOES);
            assert_eq!(call_back(SP), GOES, "the second callback uses the cache");
            let writer = thread::spawn(|| change(&STACKS));
            let bounds = call_back(SP);
            assert!(is_right(bounds), "{bounds:x?}");
            writer.join().unwrap();
            assert_eq!(call_back(SP), COMES);
        });
    }

    fn a_callback_that_follows_a_shortcut_caches_the_stack_as_long_as_it_is_there() {
        model(2, || {
            start();
            register(&STACKS);
            call_back(STAYS.hi);
            assert_eq!(STACKS.find(SP), Some(GOES), "the lookup leaves a shortcut");
            let writer = thread::spawn(|| change(&STACKS));
            for _ in 0..2 {
                let bounds = call_back(SP);
                assert!(is_right(bounds), "{bounds:x?}");
            }
            writer.join().unwrap();
            assert_eq!(call_back(SP), COMES);
        });
    }

    fn a_handler_finds_what_its_thread_has_cached_whole_or_not_at_all() {
        model(0, || {
            let recent = Rc::new(Recent::new());
            recent.keep(SP, 1, GOES, GOES);
            let in_handler = Rc::clone(&recent);
            set_handler(Some(Rc::new(move || {
                let found = in_handler.find(SP, 1);
                assert!([None, Some(GOES)].contains(&found), "{found:x?}");
                let found = in_handler.find(SP, 2);
                assert!([None, Some(COMES)].contains(&found), "{found:x?}");
            })));
            recent.keep(SP, 2, COMES, COMES);
            set_handler(None);
            assert_eq!(recent.find(SP, 2), Some(COMES));
        });
    }

    fn a_handler_at_every_store_of_a_callback_changes_nothing() {
        model(0, || {
            start();
            register(&STACKS);
            csrc::set_own(COMES);
            set_handler(Some(Rc::new(|| {
                assert_eq!(call_back_in_handler(STAYS.hi), STAYS);
            })));
            for _ in 0..3 {
                assert_eq!(call_back(COMES.hi), COMES);
                assert_eq!(call_back(SP), GOES);
            }
            exit_thread();
            set_handler(None);
            let (made, idle) = POOL.counts();
            assert_eq!(made, idle);
        });
    }

    /// The first stack ends and the second stack begins in one page, so both have one cache slot.
    fn a_handler_leaves_alone_the_cache_slot_that_its_thread_writes() {
        const LOWER: Bounds = Bounds { lo: 0x10_1000, hi: 0x10_2800 };
        const UPPER: Bounds = Bounds { lo: 0x10_2800, hi: 0x10_6000 };
        const IN_LOWER: usize = LOWER.hi - 0x400;
        const IN_UPPER: usize = UPPER.lo + 0x400;
        model(0, || {
            start();
            STACKS.register(LOWER).unwrap();
            STACKS.register(UPPER).unwrap();
            set_handler(Some(Rc::new(|| {
                assert_eq!(call_back_in_handler(IN_UPPER), UPPER);
            })));
            for _ in 0..3 {
                assert_eq!(call_back(IN_LOWER), LOWER);
            }
            exit_thread();
            set_handler(None);
        });
    }

    /// The handler's stack pointer is on the own stack of the ended thread.
    fn a_handler_that_interrupts_the_query_does_not_find_an_ended_thread_s_stack() {
        model(0, || {
            POOL.add(Machine::new());
            // The thread ends, and its only `Machine` returns to the pool.
            csrc::set_own(GOES);
            let machine = at(SP, || lent_machine(SP));
            assert_eq!(call_back(SP), GOES);
            exit_thread();
            // The next thread takes the `Machine` in a handler, which a jump leaves.
            csrc::set_own(STAYS);
            assert_eq!(at(STAYS.hi, || lent_machine(STAYS.hi)).id, machine.id);
            set_handler(Some(Rc::new(|| {
                assert_eq!(call_back_in_handler(SP), Bounds::estimate(SP));
            })));
            assert_eq!(call_back(STAYS.hi), STAYS);
            set_handler(None);
        });
    }

    fn a_thread_that_takes_a_machine_does_not_count_as_in_the_handler_of_an_ended_thread() {
        model(0, || {
            start();
            // A callback on a registered stack can use a shortcut, and then does not call the
            // function that notices a jump out of a handler.
            register(&STACKS);
            assert_eq!(STACKS.find(SP), Some(GOES));
            // A jump leaves the handler, and the thread ends.
            let lent = at(SP, || lent_machine(SP));
            own(lent);
            lent.depth_before_signal.store(1, Ordering::Relaxed);
            exit_thread();
            call_back(SP);
            let machine = current::get().unwrap();
            assert_eq!(machine.id, lent.id);
            assert!(!machine.in_signal.load(Ordering::Relaxed));
            assert!(!machine.is_lent.load(Ordering::Relaxed));
            assert_eq!(machine.depth.load(Ordering::Relaxed), 0);
            assert_eq!(machine.depth_before_signal.load(Ordering::Relaxed), 0);
        });
    }
}

/// Places in the runtime whose memory order no model needs. Loom creates the atomics of a table of
/// shortcuts at their first use, so loom cannot notice that a thread reads a table before the table
/// is initialized. On a processor with weak memory order, the thread could read wrong memory.
const UNNEEDED: [&str; 2] = [
    "self.0.store(table, Ordering::Release);",
    "unsafe { self.0.load(Ordering::Acquire).as_ref() }",
];

#[test]
fn every_memory_order_of_the_runtime_is_needed() {
    for (_, model) in MODELS {
        model();
    }
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let mut unneeded = Vec::new();
    for place in orders::places() {
        let fails = |model: &(&str, fn())| {
            orders::weakened(place, || panic::catch_unwind(AssertUnwindSafe(model.1)).is_err())
        };
        if !MODELS.iter().any(fails) {
            unneeded.push(place);
        }
    }
    panic::set_hook(hook);
    let lines: Vec<_> = unneeded.iter().map(orders::line).collect();
    assert_eq!(lines, UNNEEDED, "{unneeded:#?}");
}
