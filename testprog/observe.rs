//! Records what callbacks observe, because a callback cannot return an error through C.

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::{Alternative, Expectation, Signal};

use crate::runtime::{self, Machine, stack_pointer};

/// Number of callbacks that have run so far.
static CALLBACKS: AtomicU32 = AtomicU32::new(0);
/// The first few errors that callbacks have recorded.
static WRONG: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Callback that most scenarios use, which enters the runtime and calls [`check`].
pub(crate) extern "C" fn callback() {
    runtime::callback(check);
}

/// Counts the callback and calls [`Machine::system_stack`], which aborts the process after a stack
/// overflow. Records an error if the stack pointer is outside the bounds that the runtime has
/// recorded.
pub(crate) fn check(machine: &Machine) {
    CALLBACKS.fetch_add(1, Ordering::Relaxed);
    machine.system_stack(|| black_box([0_u8; 64]));
    inside(machine);
}

/// Records an error if the stack pointer is outside the bounds that the runtime has recorded.
pub(crate) fn inside(machine: &Machine) {
    let (sp, bounds) = (stack_pointer::read(), machine.bounds());
    if !bounds.contains(sp) {
        wrong(format!(
            "the stack pointer is not within the recorded bounds: {sp:#x} is not in [{:#x}, {:#x}]",
            bounds.lo, bounds.hi
        ));
    }
}

/// Calls a recursive function that checks for stack overflow at every call, until the stack pointer
/// is `size` bytes below the caller's stack pointer.
pub(crate) fn deep(machine: &Machine, size: usize) {
    recurse(machine, stack_pointer::read() - size);
}

#[inline(never)]
fn recurse(machine: &Machine, end: usize) {
    // Each call of this function must use some stack, but less than the size of the guard, so that
    // no call skips over the guard.
    let frame = black_box([end; 64]);
    if stack_pointer::read() > end {
        machine.system_stack(|| recurse(machine, end));
    }
    inside(machine);
    black_box(frame);
}

/// Returns the expectation for a scenario in which [`callback`] runs while the runtime has recorded
/// the bounds of another stack. If the stack in use lies below the recorded bounds, the runtime
/// reports a stack overflow and aborts.
pub(crate) fn wrong_bounds() -> Expectation {
    Expectation::one_of(vec![
        Alternative::good("below", Expectation::dies([Signal::Abrt], "fatal: morestack on g0")),
        Alternative::good(
            "above",
            Expectation::exits(1, "the stack pointer is not within the recorded bounds"),
        ),
    ])
}

/// Records an error of a callback. The list of errors keeps only the first five, because later
/// errors are usually repetitions.
pub(crate) fn wrong(what: String) {
    const MOST: usize = 5;
    let mut wrong = WRONG.lock().expect("no thread panics while it holds the lock");
    if wrong.len() < MOST {
        wrong.push(what);
    }
}

/// Checks that `callbacks` callbacks have run, and that no callback has recorded an error.
///
/// # Errors
///
/// Returns the recorded errors. If the number of callbacks that have run is not `callbacks`, also
/// returns that number as an error.
pub(crate) fn held(callbacks: u32) -> Result<(), String> {
    let mut wrong = WRONG.lock().expect("no thread panics while it holds the lock").clone();
    let seen = CALLBACKS.load(Ordering::Relaxed);
    if seen != callbacks {
        wrong.push(format!("{seen} callbacks ran instead of {callbacks}"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}
