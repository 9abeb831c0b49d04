//! The ways in which C calls back. Each runs a number of calls of a function, which may be a plain one.
#![expect(unsafe_code, reason = "declares and calls C, and lends memory as stacks")]

use std::ffi::{c_int, c_void};
use std::fmt;
use std::hint::black_box;

use testprog_harness::{Capability, Target, capability};

use crate::csrc::{self, Callback};
use crate::stacks::{self, Stacks};
use crate::{coroutine, runtime};

unsafe extern "C" {
    fn csrc_bench_calls(n: usize, callback: Callback);
    fn csrc_bench_swapcontext(
        n: usize,
        callback: Callback,
        stacks: *mut c_void,
        size: usize,
    ) -> c_int;
    fn csrc_on_stack_any(
        stack: *mut c_void,
        size: usize,
        body: extern "C" fn(*mut c_void),
        arg: *mut c_void,
    ) -> c_int;
}

/// A way to be called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the thread's own stack.
    Own,
    /// All from one other stack.
    Swapped,
    /// In turns from two others, by `swapcontext`.
    Swapcontext,
    /// The same, by corosensei: to the stack, one callback, and back.
    Coroutines,
    /// All from one stack of so many that are registered.
    OneOf(usize),
    /// In turns from each of so many that are registered, by corosensei.
    EachOf(usize),
    /// Each from a new thread that ends after it.
    NewThread,
}

impl Way {
    pub(crate) const ALL: &'static [Self] =
        &[Self::Own, Self::Swapped, Self::Swapcontext, Self::Coroutines];

    /// Further ways, for the policy that asks for them.
    pub(crate) const REGISTERED: &'static [Self] = &[
        Self::OneOf(1),
        Self::EachOf(1),
        Self::OneOf(10),
        Self::EachOf(10),
        Self::OneOf(1000),
        Self::EachOf(1000),
        Self::OneOf(100_000),
        Self::EachOf(100_000),
    ];

    /// Returns whether the stack or the thread changes between two calls, so that there is a cost to subtract.
    pub(crate) fn switches(self) -> bool {
        match self {
            Self::Own | Self::Swapped | Self::OneOf(_) => false,
            Self::Swapcontext | Self::Coroutines | Self::EachOf(_) | Self::NewThread => true,
        }
    }

    /// Returns how many calls it takes until each of its stacks was called from.
    pub(crate) fn round(self) -> usize {
        match self {
            Self::EachOf(count) => count,
            Self::Swapcontext | Self::Coroutines => 2,
            Self::Own | Self::Swapped | Self::OneOf(_) | Self::NewThread => 1,
        }
    }

    /// Returns why there is no such way on this target.
    pub(crate) fn missing(self) -> Option<&'static str> {
        let needs = match self {
            Self::Own | Self::NewThread => return None,
            Self::Swapped | Self::OneOf(_) => Capability::StackSwitch,
            Self::Swapcontext => Capability::Ucontext,
            Self::Coroutines | Self::EachOf(_) => Capability::Coroutine,
        };
        capability::missing(needs, &Target::current())
    }

    /// Has `callback` called `n` times.
    pub(crate) fn run(self, n: usize, callback: Callback) {
        match self {
            Self::Own => own(n, callback),
            Self::Swapped => swapped(n, callback, &Stacks::new(1)),
            Self::Swapcontext => swapcontext(n, callback),
            Self::Coroutines => coroutines(n, callback, &Stacks::new(2)),
            Self::OneOf(count) => stacks::kept(count, |stacks| swapped(n, callback, stacks)),
            Self::EachOf(count) => {
                stacks::kept(count, |stacks| coroutines(n, callback, stacks));
            }
            Self::NewThread => new_threads(n, callback),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own stack"),
            Self::Swapped => f.write_str("one swapped stack"),
            Self::Swapcontext => f.write_str("two by swapcontext"),
            Self::Coroutines => f.write_str("two by coroutines"),
            Self::OneOf(count) => write!(f, "one of {count}"),
            Self::EachOf(count) => write!(f, "each of {count}"),
            Self::NewThread => f.write_str("new thread"),
        }
    }
}

/// Rust code that C calls.
pub(crate) extern "C" fn plain() {
    black_box(());
}

/// The same with a machine whose bounds fit.
pub(crate) extern "C" fn callback() {
    runtime::callback(|machine| {
        black_box(machine);
    });
}

/// The same, and something that runs on the system stack.
pub(crate) extern "C" fn checked_callback() {
    runtime::callback(|machine| machine.system_stack(|| black_box(())));
}

fn own(n: usize, callback: Callback) {
    // SAFETY: it calls the function that it is given.
    unsafe { csrc_bench_calls(n, callback) };
}

/// The calls of one stay on a stack.
struct Stay {
    n: usize,
    callback: Callback,
}

extern "C" fn stay(arg: *mut c_void) {
    // SAFETY: every caller passes a pointer to a `Stay` that lives meanwhile.
    let stay = unsafe { &*arg.cast::<Stay>() };
    own(stay.n, stay.callback);
}

fn swapped(n: usize, callback: Callback, stacks: &Stacks) {
    let stay_of = Stay { n, callback };
    let arg = (&raw const stay_of).cast_mut().cast();
    // SAFETY: the memory is a stack that nothing else runs on.
    let error = unsafe { csrc_on_stack_any(stacks.nth(0), Stacks::SIZE, stay, arg) };
    csrc::done(error).expect("a stack can be switched");
}

fn swapcontext(n: usize, callback: Callback) {
    let stacks = Stacks::new(2);
    // SAFETY: the memory is two stacks that nothing else runs on.
    let error = unsafe { csrc_bench_swapcontext(n, callback, stacks.nth(0), Stacks::SIZE) };
    csrc::done(error).expect("a stack can be switched");
}

fn coroutines(n: usize, callback: Callback, stacks: &Stacks) {
    let stay_of = Stay { n: 1, callback };
    let arg = (&raw const stay_of).cast_mut().cast();
    for _ in 0..n {
        // SAFETY: the memory is a stack that nothing else runs on.
        let error = unsafe { coroutine::on_stack(stacks.next(), Stacks::SIZE, stay, arg) };
        csrc::done(error).expect("a stack can be switched");
    }
}

fn new_threads(n: usize, callback: Callback) {
    for _ in 0..n {
        csrc::thread(|| own(1, callback)).expect("a thread can be created");
    }
}
