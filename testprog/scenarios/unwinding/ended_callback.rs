//! What the scenarios share in which a thread ends in the middle of a callback.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

use testprog_harness::{Alternative, Content, Expectation};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Returns the expectation of a scenario that calls [`run`].
pub(super) fn expected() -> Expectation {
    let says = |text: &str| Expectation::ok().stdout(Content::contains(text));
    Expectation::one_of(vec![
        Alternative::good("unwinds", says("the destructor ran")),
        Alternative::good("ends-at-once", says("no destructor ran")),
    ])
}

static DROPPED: AtomicBool = AtomicBool::new(false);

/// Value whose destructor records that it has run.
struct Noisy;

impl Drop for Noisy {
    fn drop(&mut self) {
        DROPPED.store(true, Ordering::Relaxed);
    }
}

/// Starts the runtime and calls the C function `run_thread`, which runs a thread that ends in
/// [`call`]. Prints whether the destructor of a value in the callback has run.
///
/// # Errors
///
/// Fails if the C function fails, or if the thread has not given its `Machine` (the runtime's
/// record of one thread) back.
pub(super) fn run(run_thread: impl FnOnce() -> c_int) -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(run_thread))?;
    let (made, idle) = runtime::machines();
    if made - idle != 1 {
        return Err(format!("{} machines are in use instead of 1", made - idle));
    }
    let which = if DROPPED.load(Ordering::Relaxed) { "the" } else { "no" };
    println!("{which} destructor ran");
    observe::held(1)
}

/// Calls back. The callback calls the C function `end_thread`, in which the thread ends.
pub(super) fn call(end_thread: impl FnOnce()) {
    runtime::callback(|machine| {
        observe::check(machine);
        let _noisy = Noisy;
        runtime::call_c(end_thread);
    });
}
