//! A thread that calls `pthread_exit` must run its cancellation cleanup handlers first, and the
//! destructors of its pthread keys afterwards.
//!
//! The destructors of thread-local variables must run after the cleanup handlers, because a cleanup
//! handler may still use the variables. glibc runs these destructors between the cleanup handlers
//! and the destructors of keys. Where Rust's standard library uses a key for the destructors, the
//! order of the keys is not defined. relibc ran the destructors of thread-local variables before
//! the cleanup handlers. `SerenityOS` destroyed keys at the wrong moment
//! (<https://github.com/SerenityOS/serenity/issues/6417>).
//!
//! If this scenario fails, look at `pthread_exit`: the handlers run in reverse order, then the
//! destructors of variables, then the destructors of keys, and only then a joining thread wakes up.

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::{GLIBC_DROPS, THREAD_KEY};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(THREAD_KEY)
        .mutant("libc-thread-locals-first", Expectation::fails("ran the steps `tiok`"))
        .mutant("libc-thread-locals-kept", Expectation::fails("ran the steps `iok`"))
        .mutant("libc-join-value-lost", Expectation::fails("returned another value"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::{CStr, c_char, c_int};

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_thread_exit_order(callback: Callback) -> c_int;
        pub(super) safe fn csrc_thread_exit_note(step: c_int);
        safe fn csrc_thread_exit_order_seen() -> *const c_char;
    }

    /// Returns a letter for each step of the thread's exit.
    pub(super) fn seen() -> &'static CStr {
        // SAFETY: the function returns a static string that ends with a zero byte, and the thread
        // that wrote the string has ended.
        unsafe { CStr::from_ptr(csrc_thread_exit_order_seen()) }
    }
}

struct Noted;

impl Drop for Noted {
    fn drop(&mut self) {
        half::csrc_thread_exit_note(i32::from(b't'));
    }
}

thread_local! {
    static NOTED: Noted = const { Noted };
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_thread_exit_order(callback)))?;
    let seen = half::seen().to_string_lossy();
    let is_right = if GLIBC_DROPS { seen == "iotk" } else { matches!(&*seen, "iotk" | "iokt") };
    if !is_right {
        return Err(format!(
            "the thread's exit ran the steps `{seen}` (i and o: cleanup handlers, t: a \
             thread-local variable's destructor, k: a key's destructor) instead of `iotk`"
        ));
    }
    observe::held(1)
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        NOTED.with(|_| ());
    });
}
