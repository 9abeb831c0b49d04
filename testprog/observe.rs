//! What scenarios observe in callbacks, where an error cannot be returned through C.

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::{Alternative, Expectation, Signal};

use crate::runtime::{self, Machine, stack_pointer};

static CALLBACKS: AtomicU32 = AtomicU32::new(0);
static WRONG: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A callback that does what the seed of this project does in its one: something that runs on the system stack, which
/// checks how much of it is left. Then it looks whether the recorded bounds are those of the stack in use.
pub(crate) extern "C" fn callback() {
    runtime::callback(check);
}

/// The body of [`callback`].
pub(crate) fn check(machine: &Machine) {
    CALLBACKS.fetch_add(1, Ordering::Relaxed);
    machine.system_stack(|| black_box([0_u8; 64]));
    inside(machine);
}

/// Notes it if the stack pointer is not within the recorded bounds.
pub(crate) fn inside(machine: &Machine) {
    let (sp, bounds) = (stack_pointer::read(), machine.bounds());
    if !bounds.contains(sp) {
        wrong(format!(
            "sp {sp:#x} is not within the recorded [{:#x}, {:#x}]",
            bounds.lo, bounds.hi
        ));
    }
}

/// Returns how a scenario ends whose [`callback`] finds bounds of another stack. If the stack in use lies below those bounds, the
/// runtime takes it for an overflow.
pub(crate) fn wrong_bounds() -> Expectation {
    Expectation::OneOf(vec![
        Alternative::good("below", Expectation::dies([Signal::Abrt], "fatal: morestack on g0")),
        Alternative::good("above", Expectation::exits(1, "is not within the recorded")),
    ])
}

/// Notes what must not be. Only the first few are kept: the rest are most often the same.
pub(crate) fn wrong(what: String) {
    const MOST: usize = 5;
    let mut wrong = WRONG.lock().expect("nothing panics while it is held");
    if wrong.len() < MOST {
        wrong.push(what);
    }
}

/// Returns whether there were as many callbacks as there had to be, with nothing wrong in any.
///
/// # Errors
///
/// What was wrong.
pub(crate) fn held(callbacks: u32) -> Result<(), String> {
    let mut wrong = WRONG.lock().expect("nothing panics while it is held").clone();
    let seen = CALLBACKS.load(Ordering::Relaxed);
    if seen != callbacks {
        wrong.push(format!("{seen} callbacks instead of {callbacks}"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}
