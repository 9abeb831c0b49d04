//! A signal may arrive at every instruction of a thread's life with the runtime, and its handler may call back.
//!
//! The first callback takes a machine, later ones change its bounds, the thread's exit gives it back: each is a handful of
//! stores, and a handler that calls back between any two of them must find something that it can rely on, must not wait for
//! its own thread (<https://go.dev/issue/42207>), and must leave behind what it found. `need_machine_deadlock` raises a
//! signal at the steps that somebody thought of; here the processor stops after each instruction, those of the C library
//! included. What a handler cannot interrupt is told apart by the mask of signals at that instruction.

use testprog_harness::{Capability, Expectation, Scenario, Signal};

use crate::runtime::Policy;

pub(crate) fn scenario() -> Scenario {
    let fatal = |text| Expectation::dies([Signal::Abrt], text);
    Scenario::new(module_path!(), system::run)
        .needs(Capability::SingleStep)
        .needs(Capability::StackSwitch)
        .mutant("signals-open", fatal("fatal: deadlock"))
        .mutant("signals-open-at-drop", fatal("fatal: deadlock"))
        .mutant("lost-at-exit", Expectation::exits(1, "from 1 machines in use to 2"))
        .mutant(Policy::NeverRestore.name(), Expectation::exits(1, "is not within the recorded"))
        .mutant(Policy::GuessEveryEntry.name(), Expectation::exits(1, "is not within the recorded"))
}

#[cfg(unix)]
mod system {
    use std::env;
    use std::sync::atomic::{AtomicU32, Ordering};

    use testprog_harness::protocol;

    use crate::runtime::{self, Machine, Policy, stack_pointer};
    use crate::{csrc, observe};

    /// Largest number of instructions in each of the seven parts that get a signal, unless the whole walk is requested. With
    /// it, the scenario takes 0.4 s instead of 0.9 s in a debug build on x86-64.
    const STEPS_PER_PART: u32 = 5500;
    /// Smallest number of instructions with a signal in a run that passes. A release build has 9,000.
    const LEAST_STEPS: u32 = 4000;
    /// Smallest number of instructions in the shortest part of a run that passes. A release build has 340.
    const LEAST_STEPS_PER_PART: u32 = 100;

    static IN_HANDLERS: AtomicU32 = AtomicU32::new(0);
    static OUT_OF_BOUNDS: AtomicU32 = AtomicU32::new(0);
    static NOT_IN_USE: AtomicU32 = AtomicU32::new(0);

    #[expect(unsafe_code, reason = "declares its C half")]
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
            // SAFETY: `counts` is writable memory for three numbers, and the handler is async-signal-safe.
            unsafe { csrc_signal_at_every_step(callback, in_handler, budget, counts) }
        }
    }

    pub(super) fn run() -> Result<(), String> {
        // On the thread's own stack, before and after one below it, one above it and one within it.
        const CALLBACKS: u32 = 7;
        runtime::start(Policy::Registered)?;
        let before = in_use();
        let is_whole = env::var_os(protocol::WHOLE_WALK_ENV).is_some();
        let budget = if is_whole { u32::MAX } else { STEPS_PER_PART };
        let mut counts = [0; 3];
        let walk = || half::run(observe::callback, in_handler, budget, &mut counts);
        csrc::done(runtime::call_c(walk))?;
        let [open, blocked, shortest] = counts;
        eprintln!("a signal at {open} instructions; at {blocked} signals were blocked");
        observe::held(CALLBACKS)?;
        let wrong = [
            (&OUT_OF_BOUNDS, "handlers were out of the recorded bounds"),
            (&NOT_IN_USE, "handlers had a machine that was given back"),
        ];
        for (count, what) in wrong {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                return Err(format!("{count} {what}"));
            }
        }
        // Both kinds are part of each way in and out.
        let handled = IN_HANDLERS.load(Ordering::Relaxed);
        if handled != open || blocked == 0 {
            return Err(format!("{handled} of {open} handlers ran, and {blocked} could not"));
        }
        if open < LEAST_STEPS || shortest < LEAST_STEPS_PER_PART {
            return Err(format!(
                "only {open} instructions had a signal, and only {shortest} were in the shortest part"
            ));
        }
        if in_use() != before {
            return Err(format!("from {before} machines in use to {}", in_use()));
        }
        Ok(())
    }

    /// Nothing here allocates or locks.
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
        // The main thread's and this one.
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
        Err("there are no signals here".to_owned())
    }
}
