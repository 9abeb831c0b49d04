//! The ways in which C code calls a Rust function. The ways differ in the stack and the thread from
//! which the C code calls. The called function is a callback into the runtime, or a plain function
//! for comparison.
#![expect(unsafe_code, reason = "declares and calls C functions, and lends memory as stacks")]

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

/// A way in which C code calls a Rust function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// C code makes all calls from the thread's own stack.
    Own,
    /// C code makes all calls from one stack other than the thread's own stack.
    Swapped,
    /// C code makes the calls alternately from two stacks other than the thread's own stack, and
    /// switches stacks with `swapcontext`.
    Swapcontext,
    /// C code makes the calls alternately from two stacks other than the thread's own stack. For
    /// each call, the crate corosensei switches to one of the two stacks and back.
    Coroutines,
    /// C code makes all calls from one registered stack, while the given number of stacks are
    /// registered.
    OneOf(usize),
    /// C code makes the calls in turn from each of the given number of registered stacks, and the
    /// crate corosensei switches stacks.
    EachOf(usize),
    /// C code makes each call from a new thread, which exits after the call.
    NewThread,
}

impl Way {
    pub(crate) const ALL: &'static [Self] =
        &[Self::Own, Self::Swapped, Self::Swapcontext, Self::Coroutines];

    /// Further ways to call, which the benchmark measures only with the policy that uses registered
    /// stacks.
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

    /// Returns whether the stack or the thread changes between two calls. To get the net cost of a
    /// callback, the benchmark subtracts the cost of changing the stack or the thread from the
    /// measured cost.
    pub(crate) fn switches(self) -> bool {
        match self {
            Self::Own | Self::Swapped | Self::OneOf(_) => false,
            Self::Swapcontext | Self::Coroutines | Self::EachOf(_) | Self::NewThread => true,
        }
    }

    /// Returns the number of calls after which the C code has called once from each stack.
    pub(crate) fn round(self) -> usize {
        match self {
            Self::EachOf(count) => count,
            Self::Swapcontext | Self::Coroutines => 2,
            Self::Own | Self::Swapped | Self::OneOf(_) | Self::NewThread => 1,
        }
    }

    /// Returns the reason why this target does not support this way to call, or `None` if the
    /// target supports the way.
    pub(crate) fn missing(self) -> Option<&'static str> {
        let needs = match self {
            Self::Own | Self::NewThread => return None,
            Self::Swapped | Self::OneOf(_) => Capability::StackSwitch,
            Self::Swapcontext => Capability::Ucontext,
            Self::Coroutines | Self::EachOf(_) => Capability::Coroutine,
        };
        capability::missing(needs, &Target::current())
    }

    /// Makes C code call `callback` `n` times in this way.
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

/// A plain Rust function, which does not enter the runtime.
pub(crate) extern "C" fn plain() {
    black_box(());
}

/// A callback that enters the runtime and does nothing.
pub(crate) extern "C" fn callback() {
    runtime::callback(|machine| {
        black_box(machine);
    });
}

/// A callback that makes one check for stack overflow in the runtime.
pub(crate) extern "C" fn checked_callback() {
    runtime::callback(|machine| machine.system_stack(|| black_box(())));
}

fn own(n: usize, callback: Callback) {
    // SAFETY: the function `csrc_bench_calls` only calls `callback`, `n` times.
    unsafe { csrc_bench_calls(n, callback) };
}

/// Description of the calls that C code makes after one switch to a stack.
struct Stay {
    n: usize,
    callback: Callback,
}

extern "C" fn stay(arg: *mut c_void) {
    // SAFETY: every caller passes a pointer to a `Stay` that outlives this call.
    let stay = unsafe { &*arg.cast::<Stay>() };
    own(stay.n, stay.callback);
}

fn swapped(n: usize, callback: Callback, stacks: &Stacks) {
    let stay_of = Stay { n, callback };
    let arg = (&raw const stay_of).cast_mut().cast();
    // SAFETY: no other code uses the memory that serves as the stack.
    let error = unsafe { csrc_on_stack_any(stacks.nth(0), Stacks::SIZE, stay, arg) };
    csrc::done(error).expect("this target can switch stacks");
}

fn swapcontext(n: usize, callback: Callback) {
    let stacks = Stacks::new(2);
    // SAFETY: no other code uses the memory that serves as the two stacks.
    let error = unsafe { csrc_bench_swapcontext(n, callback, stacks.nth(0), Stacks::SIZE) };
    csrc::done(error).expect("this target can switch stacks");
}

fn coroutines(n: usize, callback: Callback, stacks: &Stacks) {
    let stay_of = Stay { n: 1, callback };
    let arg = (&raw const stay_of).cast_mut().cast();
    for _ in 0..n {
        // SAFETY: no other code uses the memory that serves as the stack.
        let error = unsafe { coroutine::on_stack(stacks.next(), Stacks::SIZE, stay, arg) };
        csrc::done(error).expect("this target can switch stacks");
    }
}

fn new_threads(n: usize, callback: Callback) {
    for _ in 0..n {
        csrc::thread(|| own(1, callback)).expect("C creates and joins a thread");
    }
}
