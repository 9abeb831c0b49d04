//! A thread with a small stack must be able to start a program by vfork(2) and execv(3), and must
//! find its stack, its registers and `errno` unchanged.
//!
//! The child of `vfork` runs on the stack of its parent until the child calls `execv`. `vfork` returns
//! twice, and the calls of the child overwrite the memory of the first return. `vfork` must therefore
//! keep its return address in a register, and must be the C library's assembly code, not a function
//! of C. `NuttX` and `MiNTLib` returned to a wrong address in the parent
//! (<https://github.com/apache/nuttx/pull/13967>, <https://github.com/freemint/mintlib/issues/66>), and
//! the debugger rr overwrote the address (<https://github.com/rr-debugger/rr/issues/3270>). A C
//! library may also implement `vfork` by `fork`.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::scenarios::needs::FORK;
use crate::{csrc, observe};

/// Number of callbacks, one after each child.
const CALLBACKS: u32 = 8;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run).needs(Capability::Signals).needs(FORK);
    // On other processors than x86-64, a call does not store the return address on the stack.
    if cfg!(target_arch = "x86_64") {
        scenario.mutant("libc-vfork-return-lost", Expectation::exits(4, ""))
    } else {
        scenario
    }
}

#[expect(unsafe_code, reason = "declares the C function of the scenario")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_vfork_on_thread(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    csrc::done(runtime::call_c(|| half::csrc_vfork_on_thread(observe::callback)))?;
    observe::held(CALLBACKS)
}
