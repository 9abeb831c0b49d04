//! C that the runtime's own thread called may switch the stack and call back, too.
//!
//! The seed refuses it, and Go 1.27 still does: it exits with status 2, since that thread's machine is not one of the extra
//! ones. But nothing sets this thread apart except that its bounds are known from the start.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    let refused = || Expectation::exits(2, "runtime: cgocallback with sp=0x");
    Scenario::new(module_path!(), run)
        .needs(Capability::StackSwitch)
        .mutant(Policy::OutOfBounds.name(), refused())
        .mutant(Policy::AlwaysRefuse.name(), refused())
        .mutant(Policy::GuessEveryEntry.name(), observe::wrong_bounds())
}

#[expect(unsafe_code, reason = "declares its C half")]
mod half {
    use std::ffi::c_int;

    use crate::csrc::Callback;

    unsafe extern "C" {
        pub(super) safe fn csrc_main_thread_stack_switch(callback: Callback) -> c_int;
    }
}

fn run() -> Result<(), String> {
    // Own stack, two others, own stack again.
    const CALLBACKS: u32 = 4;
    runtime::start(Policy::Exact)?;
    csrc::done(runtime::call_c(|| half::csrc_main_thread_stack_switch(observe::callback)))?;
    observe::held(CALLBACKS)
}
