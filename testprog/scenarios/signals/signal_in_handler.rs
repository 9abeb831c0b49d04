//! A signal handler may interrupt another signal handler, and both handlers may call back. After
//! the inner handler, the runtime must have restored the state of the outer handler.
//!
//! The two handlers run at different depths of the alternate signal stack, whose bounds the runtime
//! estimates from the stack pointer. If the runtime restored the stack bounds only for the
//! outermost handler, the outer handler would continue with the bounds of the inner handler.
//! Profilers and debuggers interrupt the handlers of a program by signals.
//!
//! If the scenario fails, look at the state that the runtime keeps for each handler.

use testprog_harness::{Capability, Expectation, Scenario};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), system::run)
        .needs(Capability::Signals)
        .mutant("forgets-handler", Expectation::exits(1, "a handler changed the bounds from"))
}

#[cfg(unix)]
mod system {
    use crate::runtime::{self, Machine, Policy};
    use crate::{csrc, observe};

    #[expect(unsafe_code, reason = "declares the C functions of the scenario")]
    mod half {
        use std::ffi::c_int;

        use crate::csrc::Callback;

        unsafe extern "C" {
            pub(super) safe fn csrc_signal_in_handler(
                callback: Callback,
                outer: Callback,
                inner: Callback,
            ) -> c_int;
            pub(super) safe fn csrc_signal_in_handler_raise(level: c_int);
        }
    }

    pub(super) fn run() -> Result<(), String> {
        // Each of two rounds makes a callback and interrupts the callback and the handler.
        const CALLBACKS: u32 = 2 * 3;
        runtime::start(Policy::Registered)?;
        csrc::done(runtime::call_c(|| half::csrc_signal_in_handler(callback, outer, inner)))?;
        observe::held(CALLBACKS)
    }

    extern "C" fn callback() {
        runtime::callback(|machine| interrupted(machine, 1));
    }

    extern "C" fn outer() {
        runtime::signal_callback(|machine| interrupted(machine, 2));
    }

    extern "C" fn inner() {
        runtime::signal_callback(observe::check);
    }

    /// Raises the signal of the given level, without a call of C in progress, as a signal that
    /// interrupts Rust code. Records an error if the signal's handler has changed the stack bounds.
    fn interrupted(machine: &Machine, level: i32) {
        observe::check(machine);
        let before = machine.bounds();
        half::csrc_signal_in_handler_raise(level);
        let after = machine.bounds();
        if after != before {
            observe::wrong(format!("a handler changed the bounds from {before:?} to {after:?}"));
        }
        observe::inside(machine);
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no signals".to_owned())
    }
}
