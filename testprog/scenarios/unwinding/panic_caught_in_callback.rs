//! A callback may catch its own panics any number of times: on the main thread, on a C thread, and
//! on a coroutine's stack.
//!
//! A callback that catches all its panics is the safest contract between Rust and C
//! (<https://github.com/dgrunwald/rust-cpython/issues/244>), because no frame of C has to be
//! unwound. To catch a panic, the unwinder needs the unwind tables of the program. The unwinder
//! finds the tables by `dl_iterate_phdr(3)`, by `_dl_find_object` or by `__register_frame`. relibc
//! has neither `dl_iterate_phdr` nor `_dl_find_object`. If the first panic aborts with "failed to
//! initiate panic, error 5", the unwinder has not found the unwind tables.

use std::panic::{catch_unwind, resume_unwind};

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::UNWINDING;
use crate::switchers::{self, Memory};
use crate::{csrc, observe};

/// Number of panics in each callback.
const PANICS: u32 = 100;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .needs(Capability::StackSwitch)
        .needs(UNWINDING)
        .mutant("libc-no-unwind-tables", Expectation::dies([Signal::Abrt], ""))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_panic_through_call_c(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    switchers::each(Memory::Given, 3, || {
        callback();
        runtime::call_c(|| csrc::thread(|| callback()))?;
        csrc::done(runtime::call_c(|| half::csrc_panic_through_call_c(callback)))
    })
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        for turn in 0..PANICS {
            let caught = catch_unwind(|| resume_unwind(Box::new(turn)));
            if caught.unwrap_err().downcast_ref() != Some(&turn) {
                observe::wrong(format!("panic {turn} was caught with another payload"));
            }
        }
    });
}
