//! A crash reporter prints a backtrace in the handler of SIGSEGV. The backtrace must name the
//! function of C that has crashed, and the Rust function that has called C. This scenario
//! corresponds to `TracebackSigpanic` of Go's test program `testprogcgo`.
//!
//! The handler runs on the alternate signal stack, so the unwinder must step over the signal frame
//! to reach the stack of the interrupted code (<https://go.dev/issue/23576>). If the backtrace
//! ends in the handler, the C library's code that returns from a signal has no unwind table, and
//! the unwinder does not recognize the code's instructions either
//! (<https://github.com/llvm/llvm-project/issues/85097>).

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::scenarios::backtrace::named;

pub(crate) fn scenario() -> Scenario {
    let dies = |text: &str| Expectation::dies([Signal::Segv, Signal::Bus], text);
    Scenario::of_module(module_path!(), system::run)
        .needs(Capability::Signals)
        .expect(named(dies))
        .mutant("libc-backtrace-one-frame", dies("the backtrace does not name"))
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
            pub(super) safe fn csrc_traceback_sigpanic(in_handler: Callback) -> c_int;
            pub(super) safe fn csrc_fault_for_traceback();
        }
    }

    pub(super) fn run() -> Result<(), String> {
        runtime::start(Policy::Exact)?;
        csrc::done(half::csrc_traceback_sigpanic(in_handler))?;
        rust_function_that_is_interrupted();
        Err("the write to address 0 did not kill the process".to_owned())
    }

    /// Calls the C function that the signal interrupts. The name of this function must be in the
    /// backtrace.
    #[inline(never)]
    fn rust_function_that_is_interrupted() {
        runtime::call_c(|| half::csrc_fault_for_traceback());
        eprintln!("C has returned");
    }

    extern "C" fn in_handler() {
        print_names("csrc_fault_for_traceback");
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no signals".to_owned())
    }
}
