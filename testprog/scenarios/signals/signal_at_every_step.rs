//! A signal may arrive at any instruction of a thread that calls back into the runtime, and the
//! signal's handler may call back too.
//!
//! A thread's first callback takes a `Machine` (the runtime's record of one thread), later
//! callbacks change the bounds in the `Machine`, and the thread's exit gives the `Machine` back.
//! Taking, changing and giving back a `Machine` each need several stores to memory. A signal
//! handler that calls back between two stores must find a consistent state, must not wait for the
//! interrupted thread (<https://go.dev/issue/42207>), and must restore the values that the handler
//! changes.
//!
//! 1. In this scenario, the processor raises SIGTRAP after each instruction of the thread,
//!    including the instructions in the C library. The scenario `need_machine_deadlock` raises
//!    signals only at a few named steps.
//!
//! 2. The handler of SIGTRAP calls back, except at instructions where the thread blocks signals,
//!    since no signal could arrive at these instructions in a real program.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::Policy;

pub(crate) fn scenario() -> Scenario {
    let fatal = |text| Expectation::dies([Signal::Abrt], text);
    Scenario::of_module(module_path!(), system::run)
        .needs(Capability::SingleStep)
        .needs(Capability::StackSwitch)
        .mutant("signals-open", fatal("fatal: deadlock"))
        .mutant("signals-open-at-drop", fatal("fatal: deadlock"))
        .mutant(
            "lost-at-exit",
            Expectation::exits(1, "the number of machines in use changed from 1 to 2"),
        )
        .mutant(
            Policy::NeverRestore.name(),
            Expectation::exits(1, "the stack pointer is not within the recorded bounds"),
        )
        .mutant(
            Policy::GuessEveryEntry.name(),
            Expectation::exits(1, "the stack pointer is not within the recorded bounds"),
        )
}

#[cfg(unix)]
mod system {
    use std::env;
    use std::sync::atomic::{AtomicU32, Ordering};

    use testprog_harness::protocol;

    use crate::runtime::{self, Machine, Policy, stack_pointer};
    use crate::{csrc, observe};

    /// Largest number of instructions at which the thread stops in each of the seven parts of its
    /// work. The environment variable [`protocol::WHOLE_WALK_ENV`] removes the limit of 7500
    /// instructions. The limit shortens the scenario from 0.9 s to 0.4 s in a debug build on
    /// x86-64.
    const STEPS_PER_PART: u32 = 7500;
    /// Smallest number of times that the signal handler must call back. In a release build,
    /// the handler calls back 9,000 times.
    const LEAST_STEPS: u32 = 4000;
    /// Smallest number of instructions at which the thread must stop in the shortest of the seven
    /// parts of its work. In a release build, the thread stops at 340 instructions in the shortest
    /// part.
    const LEAST_STEPS_PER_PART: u32 = 100;

    static IN_HANDLERS: AtomicU32 = AtomicU32::new(0);
    static OUT_OF_BOUNDS: AtomicU32 = AtomicU32::new(0);
    static NOT_IN_USE: AtomicU32 = AtomicU32::new(0);

    #[expect(unsafe_code, reason = "declares the C functions of the scenario")]
    mod half {
        use std::ffi::c_int;

        use crate::csrc::Callback;

        unsafe extern "C" {
            fn csrc_signal_at_every_step(
                callback: Callback,
                in_handler: Callback,
                budget: u32,
                counts: *mut [u32; 3],
            ) -> c_int;
        }

        pub(super) fn run(
            callback: Callback,
            in_handler: Callback,
            budget: u32,
            counts: &mut [u32; 3],
        ) -> c_int {
            // SAFETY: the variable `counts` is writable memory for three numbers, and the handler
            // is async-signal-safe.
            unsafe { csrc_signal_at_every_step(callback, in_handler, budget, counts) }
        }
    }

    pub(super) fn run() -> Result<(), String> {
        // The thread calls back four times from its own stack, and once from each of three other
        // stacks, which lie below, above and within the thread's own stack.
        const CALLBACKS: u32 = 7;
        runtime::start(Policy::Registered)?;
        let before = in_use();
        let is_whole = env::var_os(protocol::WHOLE_WALK_ENV).is_some();
        let budget = if is_whole { u32::MAX } else { STEPS_PER_PART };
        let mut counts = [0; 3];
        let walk = || half::run(observe::callback, in_handler, budget, &mut counts);
        csrc::done(runtime::call_c(walk))?;
        let [open, blocked, shortest] = counts;
        eprintln!(
            "the handler called back at {open} instructions; signals were blocked at {blocked} instructions"
        );
        observe::held(CALLBACKS)?;
        let wrong = [
            (&OUT_OF_BOUNDS, "handlers ran outside the recorded bounds"),
            (&NOT_IN_USE, "handlers ran while this thread's machine was back in the pool"),
        ];
        for (count, what) in wrong {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                return Err(format!("{count} {what}"));
            }
        }
        // A thread blocks signals while it takes a `Machine`, so signals must be blocked at some of
        // the thread's instructions, but not at every instruction.
        let handled = IN_HANDLERS.load(Ordering::Relaxed);
        if handled != open || blocked == 0 {
            return Err(format!(
                "{handled} of {open} callbacks in handlers ran; signals were blocked {blocked} times"
            ));
        }
        if open < LEAST_STEPS || shortest < LEAST_STEPS_PER_PART {
            return Err(format!(
                "the thread stopped at only {open} instructions, and at only {shortest} in its shortest part"
            ));
        }
        if in_use() != before {
            return Err(format!(
                "the number of machines in use changed from {before} to {}",
                in_use()
            ));
        }
        Ok(())
    }

    /// Calls back into the runtime from the signal handler. The code of a signal handler must not
    /// allocate memory or take a lock.
    extern "C" fn in_handler() {
        runtime::signal_callback(look);
        IN_HANDLERS.fetch_add(1, Ordering::Relaxed);
    }

    fn look(machine: &Machine) {
        if machine.bounds().contains(stack_pointer::read()) {
            machine.system_stack(|| ());
        } else {
            OUT_OF_BOUNDS.fetch_add(1, Ordering::Relaxed);
        }
        // The main thread and this thread have a `Machine` each, so at least two of them must be in
        // use.
        if in_use() < 2 {
            NOT_IN_USE.fetch_add(1, Ordering::Relaxed);
        }
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
