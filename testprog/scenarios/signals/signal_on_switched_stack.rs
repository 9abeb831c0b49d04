//! A signal may interrupt a thread that runs on a coroutine's stack, and the signal's handler may
//! call into the runtime, on the coroutine's stack and on the alternate signal stack.
//!
//! The runtime's bounds must be those of the stack on which the handler runs, and after the handler
//! again those of the coroutine's stack. In a handler, the runtime may not query the C library for
//! the bounds, because the query may take a lock. If this scenario fails, check that a handler
//! without `SA_ONSTACK` runs directly below the interrupted stack pointer, also on memory that the
//! C library does not know as a stack (<https://github.com/SerenityOS/serenity/issues/9291>). The
//! scenario repeats its checks with each switcher (method to switch stacks) of the target.

use testprog_harness::{Capability, Expectation, Scenario};

use crate::observe;
use crate::runtime::Policy;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), system::run)
        .needs(Capability::Signals)
        .needs(Capability::StackSwitch)
        .mutant(Policy::GuessOnce.name(), observe::wrong_bounds())
        .mutant(
            "libc-onstack-ignored",
            Expectation::exits(1, "a handler did not run on the alternate signal stack"),
        )
}

#[cfg(unix)]
mod system {
    use crate::runtime::{self, Policy};
    use crate::switchers::{self, Memory};
    use crate::{csrc, observe};

    #[expect(unsafe_code, reason = "declares the C functions of the scenario")]
    mod half {
        use std::ffi::c_int;

        use crate::csrc::Callback;

        unsafe extern "C" {
            pub(super) safe fn csrc_signal_on_switched_stack(
                callback: Callback,
                in_handler: Callback,
            ) -> c_int;
        }
    }

    pub(super) fn run() -> Result<(), String> {
        runtime::start(Policy::Exact)?;
        // C code makes four callbacks outside of handlers and two callbacks in handlers.
        switchers::each(Memory::Given, 4 + 2, || {
            let switch = || half::csrc_signal_on_switched_stack(observe::callback, in_handler);
            csrc::done(runtime::call_c(switch))
        })
    }

    extern "C" fn in_handler() {
        runtime::signal_callback(observe::check);
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no signals".to_owned())
    }
}
