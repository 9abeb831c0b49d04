//! A shared object that was compiled with `-ffast-math` must not change how the program that loads
//! the object computes.
//!
//! GCC before version 13, and clang, link the file `crtfastmath.o` to such an object. A function of
//! this file runs in `dlopen`, and sets two bits of the floating-point control register (FTZ and DAZ
//! on x86-64), so that the thread that loads the object treats denormal numbers as zero. The thread's
//! callbacks, and all threads that the thread starts, then compute wrong results. The fault hit the
//! Java virtual machine (<https://bugs.openjdk.org/browse/JDK-8295159>), and Python programs
//! (<https://github.com/llvm/llvm-project/issues/57589>).
//!
//! The runtime must not correct the thread's state either, because a callback must leave the state
//! as it is. If this scenario fails because of the known bug, find the object with `-ffast-math`
//! among the libraries of the process, and link the object with `-mno-daz-ftz` (clang, GCC 13).

use testprog_harness::{Expectation, Scenario};

use crate::observe;
use crate::runtime::{self, Policy};
use crate::scenarios::tls::plugin::{self, PLUGIN};

const BUG: &str = "https://github.com/llvm/llvm-project/issues/57589";

pub(crate) fn scenario() -> Scenario {
    let link = if cfg!(fast_math_object_flushes) { BUG } else { "" };
    let flushed = "of an object of -ffast-math, denormal numbers are zero";
    let ordinary = "after dlopen of an ordinary object, denormal numbers are zero";
    Scenario::of_module(module_path!(), run)
        .needs(PLUGIN)
        .known_bug_failing(link, Expectation::fails(flushed))
        .mutant("libc-dlopen-flushes", Expectation::fails(ordinary))
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::{c_char, c_int};

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) fn csrc_fast_math_object(
            plugin: *const c_char,
            fast_math: *const c_char,
            callback: Callback,
        ) -> c_int;
    }
}

#[expect(unsafe_code, reason = "calls a C function")]
fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    plugin::with_paths(|plugin, fast_math| {
        // SAFETY: `with_paths` passes two strings that end with a zero byte.
        unsafe { half::csrc_fast_math_object(plugin, fast_math, observe::callback) }
    })?;
    observe::held(1)
}
