//! The bounds that the runtime records must not reach below a thread's small stack, and a callback
//! with little stack left must work.
//!
//! The default size of a thread's stack is 128 KiB in musl, and programs create threads with less.
//! A runtime that estimates 32 KiB below the stack pointer records bounds that reach below a small
//! stack, so the runtime misses an overflow, and a garbage collector that scans the stack reads
//! foreign memory. The default size in musl has broken runtimes that expected 8 MiB
//! (<https://github.com/libuv/libuv/issues/1507>).
//!
//! The scenario calls back when 28 KiB of a stack of 128 KiB are left. The callback formats a text,
//! allocates memory and uses a thread-local variable, as ordinary callbacks do.

use std::cell::RefCell;
use std::collections::HashMap;

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::GIVEN_STACK;
use crate::scenarios::needs::THREAD_BOUNDS;
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let below = || Expectation::exits(1, "the recorded bounds reach below the stack");
    Scenario::of_module(module_path!(), run)
        .needs(GIVEN_STACK)
        .needs(THREAD_BOUNDS)
        .mutant("loses-told", below())
        .mutant(Policy::GuessEveryEntry.name(), below())
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_small_stack_callback(callback: Callback) -> c_int;
    }
}

thread_local! {
    static TEXTS: RefCell<HashMap<usize, String>> = RefCell::new(HashMap::new());
}

fn run() -> Result<(), String> {
    const CALLBACKS: u32 = 2;
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_small_stack_callback(callback)))?;
    observe::held(CALLBACKS)
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let (lo, _) = csrc::stack_bound();
        if machine.bounds().lo < lo {
            observe::wrong(format!(
                "the recorded bounds reach below the stack: {:#x} is less than {lo:#x}",
                machine.bounds().lo
            ));
        }
        TEXTS.with_borrow_mut(|texts| {
            let text = format!("{:?} {:.3}", machine.bounds(), f64::from(machine.id));
            eprintln!("{text}");
            texts.insert(texts.len(), text);
        });
    });
}
