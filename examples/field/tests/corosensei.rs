//! Tests corosensei, a crate with coroutines, and how a process with a coroutine ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use corosensei::{Coroutine, Yielder};
use testprog_harness::{Capability, Expectation, Scenario, Signal};

/// Documentation of `suspend`, which does not save the thread's number of panics.
const LINK: &str = "https://docs.rs/corosensei/0.3.4/corosensei/struct.Yielder.html#method.suspend";

type Simple = Coroutine<(), (), ()>;

fn scenarios() -> Vec<Scenario> {
    let coroutine = |name: &'static str, run: fn() -> Result<(), String>| {
        Scenario::new(name, run).needs(Capability::Coroutine)
    };
    vec![
        coroutine("an_overflow_hits_the_guard_page", overflow)
            .expect(Expectation::dies([Signal::Segv, Signal::Bus], "about to recurse")),
        coroutine("a_panic_in_place_of_the_forced_unwinding_aborts", panic_in_unwinding)
            .expect(Expectation::dies([Signal::Abrt], "cannot propagate coroutine panic")),
        coroutine("a_suspend_while_panicking_leaves_no_trace", suspend_while_panicking)
            .known_bug_failing(LINK, Expectation::fails("the parent is panicking")),
    ]
}

testprog_harness::main!(scenarios());

/// A recursion in a coroutine must end at the guard page of the coroutine's stack.
fn overflow() -> Result<(), String> {
    #[inline(never)]
    #[expect(unconditional_recursion, reason = "the recursion ends at the guard page")]
    fn recurse_forever(depth: usize) -> usize {
        let frame = std::hint::black_box([depth; 128]);
        recurse_forever(depth + 1) + frame[0]
    }
    eprintln!("about to recurse");
    let mut coroutine = Simple::new(|_, ()| {
        std::hint::black_box(recurse_forever(0));
    });
    coroutine.resume(());
    Ok(())
}

/// The drop of a suspended coroutine unwinds the coroutine's stack. If the coroutine panics while
/// corosensei unwinds the coroutine's stack, the process must end, because no caller can catch the
/// panic.
fn panic_in_unwinding() -> Result<(), String> {
    let mut coroutine = Simple::new(|yielder, ()| {
        drop(catch_unwind(AssertUnwindSafe(|| yielder.suspend(()))));
        panic!("in place of the forced unwinding");
    });
    coroutine.resume(());
    drop(coroutine);
    Ok(())
}

/// A destructor may suspend its coroutine while a panic unwinds the coroutine's stack. std counts
/// the panics of each thread, so `thread::panicking()` is then true in the thread's other code:
/// another panic would abort the process, and a `MutexGuard` would poison its mutex.
fn suspend_while_panicking() -> Result<(), String> {
    struct Suspends<'a>(&'a Yielder<(), ()>);
    impl Drop for Suspends<'_> {
        fn drop(&mut self) {
            self.0.suspend(());
        }
    }
    let mut coroutine = Simple::new(|yielder, ()| {
        let _suspends = Suspends(yielder);
        panic!("in the coroutine");
    });
    coroutine.resume(());
    let is_panicking = std::thread::panicking();
    drop(catch_unwind(AssertUnwindSafe(|| coroutine.resume(()))));
    if is_panicking { Err("the parent is panicking".to_owned()) } else { Ok(()) }
}
