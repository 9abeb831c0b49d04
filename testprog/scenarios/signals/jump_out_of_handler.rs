//! A signal handler's callback may end by siglongjmp(3), so the function of the runtime that the
//! handler has called never returns.
//!
//! A handler that ends by a jump does not give back the `Machine` (the runtime's record of one
//! thread) that it borrowed, so other threads' handlers must not wait for the `Machine`. At the
//! next callback of the thread that jumped, the runtime must notice that the thread is no longer in
//! a handler, and find the bounds of the thread's own stack. At the thread's exit, the runtime must
//! get the `Machine` back.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), system::run)
        .needs(Capability::Signals)
        .mutant("waits-in-handler", Expectation::dies([Signal::Prof], ""))
        .mutant("keeps-lent", Expectation::exits(1, "the number of machines in use changed"))
        .mutant("keeps-left", Expectation::exits(1, "the bounds are not those of the own stack"))
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
            pub(super) safe fn csrc_jump_out_of_handler(
                on_signal_stack: c_int,
                callback: Callback,
                jump: Callback,
                quiet: Callback,
            ) -> c_int;
            pub(super) safe fn csrc_jump_out();
        }
    }

    pub(super) fn run() -> Result<(), String> {
        // Each of the scenario's two threads calls back three times outside of signal handlers.
        const CALLBACKS: u32 = 2 * 3;
        runtime::start(Policy::Registered)?;
        let before = in_use();
        for on_signal_stack in [0, 1] {
            let jumps = || half::csrc_jump_out_of_handler(on_signal_stack, callback, jump, quiet);
            csrc::done(runtime::call_c(jumps))?;
        }
        observe::held(CALLBACKS)?;
        if in_use() != before {
            return Err(format!(
                "the number of machines in use changed from {before} to {}",
                in_use()
            ));
        }
        Ok(())
    }

    extern "C" fn callback() {
        runtime::callback(|machine| {
            observe::check(machine);
            own_stack(machine);
            if machine.calls_in_progress() != 0 {
                observe::wrong("a handler's call of C counts as in progress".to_owned());
            }
        });
    }

    /// Records an error if the bounds of the `Machine` are not those of the thread's own stack.
    fn own_stack(machine: &Machine) {
        let (lo, hi) = csrc::stack_bound();
        let bounds = machine.bounds();
        if hi != 0 && (bounds.lo, bounds.hi) != (lo, hi) {
            observe::wrong(format!("the bounds are not those of the own stack: {bounds:?}"));
        }
    }

    /// Makes the signal handler's callback, which ends by a jump during a call of C.
    extern "C" fn jump() {
        runtime::signal_callback(|machine| {
            machine.system_stack(|| ());
            runtime::call_c(|| half::csrc_jump_out());
        });
    }

    extern "C" fn quiet() {
        runtime::signal_callback(|machine| machine.system_stack(|| ()));
    }

    fn in_use() -> u32 {
        let (made, idle) = runtime::machines();
        made.wrapping_sub(idle)
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no signals".to_owned())
    }
}
