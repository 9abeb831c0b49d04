//! Each new thread must start with the initial values of all thread-local variables.
//!
//! The linker stores the initial values in the program's TLS segment, and the C library copies the
//! values for each thread and fills the rest with zeros. New ports of C libraries often copy wrong
//! initial values: relibc computed a wrong offset on 64-bit Arm, and cosmopolitan used the register
//! of the thread pointer for another purpose (<https://github.com/jart/cosmopolitan/issues/1478>).
//!
//! The scenario compares variables of C and of Rust on the main thread, on a thread of Rust and on
//! C threads. If this scenario fails, look at the sizes `p_filesz` and `p_memsz` of the TLS
//! segment, and at whether a thread that uses the memory of an ended thread gets a new copy.

use std::cell::{Cell, RefCell};

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run)
        .mutant("libc-tls-image-lost", Expectation::fails("with an initializer had another value"))
}

#[expect(unsafe_code, reason = "declares the C functions of the scenario")]
mod half {
    use std::ffi::c_int;

    unsafe extern "C" {
        pub(super) safe fn csrc_thread_local_image() -> c_int;
        pub(super) safe fn csrc_thread_local_image_here() -> c_int;
    }
}

thread_local! {
    static CONSTANT: Cell<[u64; 64]> = const { Cell::new([3; 64]) };
    static LAZY: RefCell<String> = RefCell::new("lazy".to_owned());
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_thread_local_image()))?;
    for _ in 0..2 {
        runtime::call_c(|| csrc::thread(|| callback()))?;
    }
    callback();
    let of_rust = std::thread::spawn(|| {
        callback();
        csrc::done(half::csrc_thread_local_image_here())
    });
    of_rust.join().map_err(|_| "the thread of Rust panicked")??;
    observe::held(4)
}

/// Checks that this thread's variables of Rust have their initial values, and changes the values.
extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        let constant = CONSTANT.replace([4; 64]);
        let lazy = LAZY.replace("changed".to_owned());
        if constant != [3; 64] || lazy != "lazy" {
            observe::wrong(format!("variables of Rust had the values {constant:?} and `{lazy}`"));
        }
    });
}
