//! The destructor of a C library's pthread key may call back into the runtime, also after the
//! thread's Rust variables (`thread_local!`) have been dropped.
//!
//! Libraries that attach threads to a runtime detach each thread in the destructor of a pthread
//! key, and store the key's value again, so that the destructor runs again after the destructors of
//! other keys. POSIX does not define the order of the destructors, so Android's runtime warned of
//! threads that were about to detach themselves (<https://github.com/Tencent/mars/issues/304>).
//!
//! A callback from a later pass takes a new `Machine` (the runtime's record of one thread), because
//! the thread has already given its `Machine` back. The thread must also give the new `Machine`
//! back.
//!
//! Each callback must work: access to a dropped variable must return an error and must not create
//! the variable again, and a variable without a destructor must keep its value. If this scenario
//! fails, look at the order of the destructors of thread-local variables and of pthread keys, and
//! at whether `pthread_getspecific` still works in the last pass.

use std::cell::{Cell, RefCell};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::{GLIBC_DROPS, THREAD_KEY};
use crate::{csrc, observe};

/// Number of callbacks: one from the thread's function, and one in each of three passes over the
/// destructors of two keys.
const CALLBACKS: u32 = 1 + 3 * 2;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(THREAD_KEY)
        .mutant("arms-once", Expectation::fails("2 `Machine`s are in use instead of 1"))
        .mutant("libc-rearm-ignored", Expectation::fails("ran 1 times and 1 times instead of 3"))
        .mutant("libc-thread-locals-kept", Expectation::fails("was dropped 0 times"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_key_destructor_callback(callback: Callback) -> c_int;
    }
}

/// Value whose destructor counts the drops.
struct Dropped(RefCell<Vec<u32>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        DROPS.fetch_add(1, Ordering::Relaxed);
    }
}

static DROPS: AtomicU32 = AtomicU32::new(0);
/// For each callback, whether the variable [`DROPPED`] was still alive.
static ALIVE: Mutex<Vec<bool>> = Mutex::new(Vec::new());

thread_local! {
    static DROPPED: Dropped = const { Dropped(RefCell::new(Vec::new())) };
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    let before = in_use();
    csrc::done(runtime::call_c(|| half::csrc_key_destructor_callback(callback)))?;
    let after = in_use();
    if after != before {
        return Err(format!("{after} `Machine`s are in use instead of {before} after the exit"));
    }
    let alive = ALIVE.lock().expect("no thread panics while it holds the lock").clone();
    let drops = DROPS.load(Ordering::Relaxed);
    if drops != 1 {
        return Err(format!("the thread-local variable was dropped {drops} times instead of once"));
    }
    if !alive.is_sorted_by(|earlier, later| earlier >= later) {
        return Err(format!("the variable was created again after its drop: {alive:?}"));
    }
    // glibc drops all thread-local variables before it runs the destructors of keys. If Rust's
    // standard library itself uses a key, the variable may still be alive in the first pass,
    // because the order of keys is not defined.
    if GLIBC_DROPS && alive.get(1) != Some(&false) {
        return Err(format!("the destructor of a key ran before the drop: {alive:?}"));
    }
    observe::held(CALLBACKS)
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let count = COUNT.replace(COUNT.get() + 1);
        let noted = DROPPED.try_with(|Dropped(seen)| seen.borrow_mut().push(count));
        ALIVE.lock().expect("no thread panics while it holds the lock").push(noted.is_ok());
        let now = COUNT.get();
        if now != count + 1 || usize::try_from(now) != Ok(seen_callbacks()) {
            observe::wrong(format!("a variable without destructor has the value {now}"));
        }
    });
}

fn in_use() -> u32 {
    let (made, idle) = runtime::machines();
    made - idle
}

fn seen_callbacks() -> usize {
    ALIVE.lock().expect("no thread panics while it holds the lock").len()
}
