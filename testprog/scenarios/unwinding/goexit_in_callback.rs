//! A callback may call C code that ends the thread by `pthread_exit(3)`. The thread must end, the
//! value that it passes to `pthread_exit` must reach `pthread_join(3)`, and the runtime must get
//! the thread's `Machine` (the runtime's record of one thread) back. This scenario corresponds to
//! `CgoToGoCallGoexit` of Go's test program `testprogcgo`.
//!
//! C libraries differ: glibc unwinds the stack like an exception, so the destructors of the Rust
//! frames run. musl, bionic, relibc and mlibc do not unwind, so no destructor runs
//! (<https://github.com/rust-lang/unsafe-code-guidelines/issues/404>). The scenario accepts both
//! outcomes (destructors ran, or did not run), and the report names the outcome. The scenario fails
//! if the process hangs, or if the thread continues after `pthread_exit`.

use std::sync::atomic::{AtomicBool, Ordering};

use testprog_harness::{Alternative, Capability, Content, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::UNWINDING;
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let says = |text: &str| Expectation::ok().stdout(Content::contains(text));
    Scenario::of_module(module_path!(), run)
        .needs(Capability::Signals)
        .needs(UNWINDING)
        .expect(Expectation::one_of(vec![
            Alternative::good("unwinds", says("the destructor ran")),
            Alternative::good("ends-at-once", says("no destructor ran")),
        ]))
        .mutant("lost-at-exit", Expectation::exits(1, "2 machines are in use instead of 1"))
        .mutant("libc-pthread-exit-ends-process", Expectation::exits(0, ""))
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
        pub(super) safe fn csrc_goexit_in_callback(callback: extern "C-unwind" fn()) -> c_int;
        pub(super) safe fn csrc_exit_thread();
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_goexit_in_callback(callback)))?;
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
        runtime::call_c(|| half::csrc_exit_thread());
    });
}
