//! A panic in the destructor of a thread-local variable must abort the process, also on a thread
//! that C created.
//!
//! No frame below the destructor can catch the panic, because the C library calls the destructor at
//! the thread's exit. If the panic unwound into the C library, the exit of the thread could stop
//! half way, or the process could hang (<https://github.com/rust-lang/rust/issues/24479>).
//!
//! If this scenario fails without a mutant (a deliberate fault), look at whether the destructor ran
//! at all, and at how the C library calls destructors.

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .expect(Expectation::aborts().stderr("a destructor panics"))
        .mutant("libc-thread-locals-kept", Expectation::fails("the thread has exited"))
}

struct Panics;

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("a destructor panics");
    }
}

thread_local! {
    static PANICS: Panics = const { Panics };
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    runtime::call_c(|| csrc::thread(|| callback()))?;
    Err("the thread has exited, although a destructor must have panicked".to_owned())
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        PANICS.with(|_| ());
    });
}
