//! Two C threads allocate and free memory at the same time, and one of the threads also calls
//! back. This scenario corresponds to `CgoCallbackGC` of Go's test program `testprogcgo`.
//!
//! Each thread frees memory that the other thread has allocated, in C and in callbacks. Memory must
//! keep its contents and have the alignment of `max_align_t`, which Rust's standard library assumes
//! of `malloc`. If a C library sets up its allocator only for threads that it knows, or returns the
//! same memory twice, this scenario fails because a block's contents have changed.
//!
//! If this scenario fails, look at the locks of `malloc`, at `free` on another thread than
//! `malloc`, and at `realloc` of large blocks.

use std::sync::Mutex;

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::PTHREADS;
use crate::{csrc, observe};

/// Number of callbacks: one in each round.
const CALLBACKS: u32 = 200;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(PTHREADS)
        .mutant("libc-malloc-misaligned", Expectation::fails("not aligned for max_align_t"))
        .mutant("libc-realloc-loses-large", Expectation::fails("did not keep the contents"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_callback_gc(callback: Callback) -> c_int;
    }
}

/// Texts that a callback has allocated, and that a later callback frees.
static TEXTS: Mutex<Vec<(usize, String)>> = Mutex::new(Vec::new());

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_callback_gc(callback)))?;
    observe::held(CALLBACKS)
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let new: Vec<_> = (1..40).map(|count| (count, "ab".repeat(count * 7))).collect();
        let mut texts = TEXTS.lock().expect("no thread panics while it holds the lock");
        for (count, text) in std::mem::replace(&mut *texts, new) {
            if text.len() != count * 14 || text.as_bytes().chunks(2).any(|pair| pair != b"ab") {
                observe::wrong(format!("a text of {count} parts changed: `{text}`"));
            }
        }
    });
}
