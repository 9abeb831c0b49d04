//! The runtime under test: the part of a language runtime that C threads call into.
//!
//! `docs/runtime.md` explains how this runtime determines stack bounds, and why.
//!
//! The table lists names of this module and their counterparts in Go's runtime.
//!
//! | here | in Go |
//! |---|---|
//! | [`Machine`] | M, with the stack bounds of its g0 |
//! | [`callback`] | cgocallbackg |
//! | [`call_c`] | cgocall |
//! | `need_machine`, `drop_machine` | needm, dropm |
//! | `update_system_stack` | callbackUpdateSystemStack |
//! | [`Machine::system_stack`] | systemstack |
#![expect(unsafe_code, reason = "registers a function with the C library")]

mod attach;
pub(crate) mod bounds;
mod calls;
mod clobber;
mod current;
mod fatal;
#[cfg(unix)]
mod fork;
mod globals;
mod machine;
pub(crate) mod mutant;
#[cfg(test)]
mod policies;
mod pool;
mod recent;
pub(crate) mod stack_pointer;
mod stacks;
mod stacks_in_c;
mod steps;
mod sync;
#[cfg_attr(unix, path = "system/unix.rs")]
#[cfg_attr(windows, path = "system/windows.rs")]
mod system;
#[cfg_attr(unix, path = "thread_exit/unix.rs")]
#[cfg_attr(windows, path = "thread_exit/windows.rs")]
mod thread_exit;
mod update;

use self::attach::{tear_down, thread_exits};
pub(crate) use self::bounds::{Bounds, Policy};
#[cfg(unix)]
pub(crate) use self::calls::signal_callback;
pub(crate) use self::calls::{call_c, callback};
use self::globals::{POOL, STACKS, STARTED, Started};
pub(crate) use self::machine::Machine;
use self::mutant::Mutant;
pub(crate) use self::stacks::StackError;
pub(crate) use self::steps::after_lookup;
#[cfg(unix)]
pub(crate) use self::steps::at_each_step;
use self::thread_exit::ThreadExit;
pub(crate) use self::update::questions;
use self::update::start_system_stack;

/// Starts the runtime, with the calling thread as the runtime's main thread.
///
/// # Errors
///
/// Fails if the system cannot notify the runtime of a thread's exit, or if the runtime has already
/// started.
pub(crate) fn start(policy: Policy) -> Result<(), String> {
    let at_exit = ThreadExit::new(thread_exits).map_err(|error| {
        format!("failed to start the runtime: no notification of a thread's exit: {error}")
    })?;
    let policy = match mutant::active() {
        Some(Mutant::Policy(other)) => other,
        _ => policy,
    };
    STARTED
        .set(Started { policy, at_exit })
        .map_err(|_| "failed to start the runtime: the runtime has already started".to_owned())?;
    match mutant::active() {
        Some(Mutant::SwallowAbort) => system::swallow_abort(),
        Some(Mutant::SwallowSegv) => system::swallow_segv(),
        #[cfg(unix)]
        Some(Mutant::AddsOnstack) => system::add_onstack(),
        Some(Mutant::TornDown) => {
            // The C library calls `tear_down` before it runs the destructor functions of C. SAFETY:
            // the function `tear_down` has the type that `atexit` expects, and never unwinds.
            unsafe { libc::atexit(tear_down) };
        }
        _ => {}
    }
    #[cfg(unix)]
    if !mutant::is(Mutant::UnpreparedFork) {
        fork::start().map_err(|error| {
            format!("failed to start the runtime: no notification of a fork: {error}")
        })?;
    }
    POOL.add(Machine::new());
    let main = POOL.take(|| ()).expect("the pool has one `Machine`");
    main.be_main();
    current::set(main);
    start_system_stack(main, stack_pointer::read());
    POOL.add(Machine::new());
    Ok(())
}

/// Returns the number of all `Machine`s and the number of `Machine`s in the pool.
pub(crate) fn machines() -> (u32, u32) {
    POOL.counts()
}

/// Registers the stack with the bounds `lo` and `hi`. Under [`Policy::Registered`], a callback
/// whose stack pointer is on a registered stack (`lo < sp <= hi`) has the bounds of that stack.
///
/// A coroutine library calls this function before any code runs on the stack. Any thread may call
/// this function, but a signal handler must not. A library that switches to or from a registered
/// stack does not need to call the runtime.
///
/// # Errors
///
/// Fails if `lo` and `hi` cannot be the bounds of a stack, or if a registered stack overlaps the
/// stack.
pub(crate) fn register_stack(lo: usize, hi: usize) -> Result<(), StackError> {
    STACKS.register(Bounds { lo, hi })
}

/// Retires (unregisters) the registered stack whose lowest address is `lo`.
///
/// A coroutine library calls this function before it uses the stack's memory for anything else. A
/// callback that runs on the stack keeps the stack's bounds until the callback returns. Later
/// callbacks from the retired stack, including nested callbacks, use estimated bounds.
///
/// # Errors
///
/// Fails if no registered stack begins at `lo`.
pub(crate) fn retire_stack(lo: usize) -> Result<(), StackError> {
    let stack = STACKS.retire(lo)?;
    if mutant::is(Mutant::KeepsRetired) { STACKS.register(stack) } else { Ok(()) }
}
