//! The runtime must report an overflow of the main thread's stack at the stack's true end, even if
//! the system does not report the stack's bounds.
//!
//! glibc reads `/proc/self/maps` for the bounds of the main thread's stack, so without `/proc` the
//! query fails (<https://go.dev/issue/71896>). A runtime that estimates the stack's size after a
//! failed query kills a correct program. The scenario sets the limit on open files to 0 while the
//! runtime starts, so that glibc cannot open `/proc/self/maps`.

use testprog_harness::{Expectation, Scenario, Signal};

use super::main_stack_grows::STACK_LIMIT;

pub(crate) fn scenario() -> Scenario {
    let early = Expectation::dies([Signal::Abrt], "fatal: morestack on g0: M 0");
    Scenario::of_module(module_path!(), system::run)
        .needs(STACK_LIMIT)
        .expect(Expectation::dies([Signal::Abrt], "the callback is 448 KiB deep"))
        .mutant("believes-told", early)
        .mutant("unguarded", Expectation::dies([Signal::Segv, Signal::Bus], "448 KiB deep"))
        .mutant("libc-auxv-empty", Expectation::dies([Signal::Segv, Signal::Bus], "448 KiB deep"))
}

#[cfg(unix)]
mod system {
    use std::hint::black_box;

    use crate::runtime::{self, Machine, Policy, stack_pointer};
    use crate::scenarios::stacks::main_stack_grows::system::limit;

    /// Value of `RLIMIT_STACK` in bytes during the scenario.
    const LOWERED: libc::rlim_t = 1 << 20;
    /// Distance in bytes from the callback's stack pointer to the stack pointer at which the
    /// scenario prints its text. The distance is larger than the part of the stack that musl
    /// reports.
    const DEEP: usize = 448 << 10;

    pub(super) fn run() -> Result<(), String> {
        limit(libc::RLIMIT_STACK, LOWERED)?;
        let files = limit(libc::RLIMIT_NOFILE, 0)?;
        let started = runtime::start(Policy::Registered);
        limit(libc::RLIMIT_NOFILE, files)?;
        started?;
        runtime::callback(|machine| recurse(machine, stack_pointer::read() - DEEP));
        Err("the runtime did not report the stack overflow".to_owned())
    }

    /// Calls itself until the stack overflows, and checks for stack overflow at every call. Prints
    /// a text when the stack pointer is below the address `deep`.
    #[inline(never)]
    fn recurse(machine: &Machine, deep: usize) {
        // Each call of this function must use some stack, but less than the size of the guard, so
        // that no call skips over the guard.
        let frame = black_box([deep; 64]);
        let is_deep = stack_pointer::read() < deep;
        if is_deep {
            eprintln!("the callback is 448 KiB deep");
        }
        machine.system_stack(|| recurse(machine, if is_deep { 0 } else { deep }));
        black_box(frame);
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no RLIMIT_STACK".to_owned())
    }
}
