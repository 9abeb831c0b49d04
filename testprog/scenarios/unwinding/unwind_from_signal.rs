//! A backtrace in a signal handler must name the functions that the signal has interrupted: the
//! handler, the function of C, and the Rust function that has called C.
//!
//! Profilers and crash reporters unwind out of signal handlers. The unwinder finds the interrupted
//! registers by the unwind table of the code that returns from a signal (the trampoline), or by
//! this code's instructions. musl has no unwind table for the trampoline, so the backtrace may end
//! in the handler (<https://github.com/llvm/llvm-project/issues/85097>). A port of a C library
//! should mark the trampoline with `.cfi_signal_frame` in its unwind table.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::scenarios::backtrace::named;

pub(crate) fn scenario() -> Scenario {
    let says = |text: &str| Expectation::ok().stderr(text);
    Scenario::of_module(module_path!(), system::run)
        .needs(Capability::Signals)
        .expect(named(says))
        .mutant("libc-backtrace-one-frame", says("the backtrace does not name"))
}

#[cfg(unix)]
mod system {
    use crate::csrc;
    use crate::runtime::{self, Policy};
    use crate::scenarios::backtrace::print_names;

    #[expect(unsafe_code, reason = "declares the C functions of the scenario")]
    mod half {
        use std::ffi::c_int;

        use crate::csrc::Callback;

        unsafe extern "C" {
            pub(super) safe fn csrc_unwind_from_signal(in_handler: Callback) -> c_int;
            pub(super) safe fn csrc_raise_for_backtrace();
        }
    }

    pub(super) fn run() -> Result<(), String> {
        runtime::start(Policy::Exact)?;
        csrc::done(half::csrc_unwind_from_signal(in_handler))?;
        rust_function_that_is_interrupted();
        Ok(())
    }

    /// Calls the C function that the signal interrupts. The name of this function must be in the
    /// backtrace.
    #[inline(never)]
    fn rust_function_that_is_interrupted() {
        runtime::call_c(|| half::csrc_raise_for_backtrace());
        eprintln!("C has returned");
    }

    extern "C" fn in_handler() {
        print_names("csrc_raise_for_backtrace");
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no signals".to_owned())
    }
}
