//! C code may cancel a thread (`pthread_cancel(3)`) that blocks in C code which a callback has
//! called. The thread must end with `PTHREAD_CANCELED`, and the runtime must get the thread's
//! `Machine` (the runtime's record of one thread) back.
//!
//! To end the canceled thread, glibc unwinds the stack and runs the destructors of the Rust frames,
//! as in `pthread_exit`, if the functions are declared as `extern "C-unwind"`. musl does not unwind
//! (<https://github.com/rust-lang/unsafe-code-guidelines/issues/211>). In relibc's sources,
//! cancellation is disabled in new threads, and bionic has no `pthread_cancel`.

use std::sync::atomic::{AtomicBool, Ordering};

use testprog_harness::{Alternative, Capability, Content, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::{CANCEL, UNWINDING};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let says = |text: &str| Expectation::ok().stdout(Content::contains(text));
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(CANCEL)
        .needs(UNWINDING)
        .expect(Expectation::one_of(vec![
            Alternative::good("unwinds", says("the destructor ran")),
            Alternative::good("ends-at-once", says("no destructor ran")),
        ]))
        .mutant("lost-at-exit", Expectation::exits(1, "2 machines are in use instead of 1"))
        .mutant("libc-cancel-ignored", Expectation::exits(1, "the thread was not canceled"))
        .mutant("libc-cancel-disabled", Expectation::exits(1, "the thread was not canceled"))
}

static DROPPED: AtomicBool = AtomicBool::new(false);

/// Value whose destructor records that it has run.
struct Noisy;

impl Drop for Noisy {
    fn drop(&mut self) {
        DROPPED.store(true, Ordering::Relaxed);
    }
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C-unwind" {
        pub(super) safe fn csrc_cancel_in_callback(callback: extern "C-unwind" fn()) -> c_int;
        pub(super) safe fn csrc_block_in_callback();
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_cancel_in_callback(callback)))?;
    let (made, idle) = runtime::machines();
    if made - idle != 1 {
        return Err(format!("{} machines are in use instead of 1", made - idle));
    }
    let which = if DROPPED.load(Ordering::Relaxed) { "the" } else { "no" };
    println!("{which} destructor ran");
    observe::held(1)
}

extern "C-unwind" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let _noisy = Noisy;
        runtime::call_c(|| half::csrc_block_in_callback());
    });
}
