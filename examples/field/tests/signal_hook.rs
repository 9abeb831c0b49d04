//! Tests signal-hook, and how a process with a handler of signal-hook ends.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use corosensei::Coroutine;
use corosensei::stack::DefaultStack;
use signal_hook::consts::signal::{SIGIO, SIGSEGV, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;
use signal_hook::low_level;
use testprog_harness::{Alternative, Capability, Expectation, Scenario, Signal};

/// Source of signal-hook's table of default actions, which says that SIGIO is ignored.
const DEFAULTS: &str =
    "https://docs.rs/signal-hook/0.4.6/src/signal_hook/low_level/signal_details.rs.html";
/// Source of the function that installs the signal handler, without the flag `SA_ONSTACK`.
const FLAGS: &str =
    "https://docs.rs/signal-hook-registry/1.4.8/src/signal_hook_registry/lib.rs.html";
/// Source of signal-hook's iterator. A process and its forked child share the pipe that wakes the
/// iterator.
const PIPE: &str = "https://docs.rs/signal-hook/0.4.6/src/signal_hook/iterator/backend.rs.html";

fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("sigterm_is_emulated", || emulate(SIGTERM))
            .expect(Expectation::dies([Signal::Term], "about to raise")),
        Scenario::new("sigio_is_emulated", || emulate(SIGIO))
            .expect(Expectation::dies([Signal::Io], "about to raise"))
            .known_bug_failing(DEFAULTS, Expectation::ok()),
        Scenario::new("an_overflow_is_reported_after_registering", overflow)
            .expect(Expectation::dies([Signal::Abrt], "has overflowed its stack"))
            .known_bug_failing(
                FLAGS,
                Expectation::dies([Signal::Segv, Signal::Bus], "about to recurse"),
            ),
        Scenario::new("a_handler_runs_on_a_small_coroutine_stack", small_stack)
            .needs(Capability::Coroutine)
            .known_bug_failing(
                FLAGS,
                Expectation::one_of([
                    Alternative::good(
                        "overflow",
                        Expectation::dies([Signal::Segv, Signal::Bus], ""),
                    ),
                    Alternative::good(
                        "lost",
                        Expectation::fails("handled 0 times instead of once"),
                    ),
                ]),
            ),
        Scenario::new("a_forked_child_takes_no_wake_up", forked_child)
            .deadline(Duration::from_secs(1))
            .known_bug_failing(PIPE, Expectation::hangs()),
    ]
}

testprog_harness::main!(scenarios());

/// Raises a signal whose handler emulates the signal's default action.
///
/// The default action of SIGIO on Linux terminates the process (signal(7)). signal-hook's table of
/// default actions says that SIGIO is ignored, as on BSD, so the process goes on.
fn emulate(signal: i32) -> Result<(), String> {
    let action = move || drop(low_level::emulate_default_handler(signal));
    // SAFETY: `emulate_default_handler` is async-signal-safe, as its documentation says.
    unsafe { low_level::register(signal, action) }.map_err(|error| error.to_string())?;
    eprintln!("about to raise");
    low_level::raise(signal).map_err(|error| error.to_string())
}

/// std's handler of SIGSEGV runs on an alternate stack and reports an overflow. signal-hook installs
/// its handler without `SA_ONSTACK`, so the handler has no stack after an overflow, and the kernel
/// kills the process without std's message.
fn overflow() -> Result<(), String> {
    #[inline(never)]
    #[expect(unconditional_recursion, reason = "the recursion ends at the guard page")]
    fn recurse_forever(depth: usize) -> usize {
        let frame = black_box([depth; 128]);
        recurse_forever(depth + 1) + frame[0]
    }
    // SAFETY: the action does nothing.
    unsafe { signal_hook_registry::register_signal_unchecked(SIGSEGV, || ()) }
        .map_err(|error| error.to_string())?;
    eprintln!("about to recurse");
    black_box(recurse_forever(0));
    Ok(())
}

/// A signal that arrives on a coroutine's stack of 4 KiB needs the alternate stack. Without
/// `SA_ONSTACK`, the kernel writes the signal's frame to the small stack. If the signal's frame
/// does not fit on the small stack, the handler never runs. If the signal's frame fits, the handler
/// overflows the small stack. The size of a signal's frame depends on the processor
/// (`AT_MINSIGSTKSZ`, getauxval(3)).
fn small_stack() -> Result<(), String> {
    static HANDLED: AtomicUsize = AtomicUsize::new(0);
    let count = || HANDLED.store(1, Ordering::SeqCst);
    // SAFETY: the action writes an atomic variable, which is async-signal-safe.
    unsafe { low_level::register(SIGUSR1, count) }.map_err(|error| error.to_string())?;
    let stack = DefaultStack::new(4096).map_err(|error| error.to_string())?;
    let mut coroutine = Coroutine::<(), (), (), _>::with_stack(stack, |_, ()| {
        // SAFETY: `raise` has no requirements.
        unsafe { libc::raise(SIGUSR1) };
    });
    coroutine.resume(());
    match HANDLED.load(Ordering::SeqCst) {
        1 => Ok(()),
        times => Err(format!("handled {times} times instead of once")),
    }
}

/// signal-hook's iterator waits for a byte that the signal handler writes to a pipe. After a fork,
/// parent and child share the pipe. If the child reads the byte, the parent waits forever, although
/// the parent's signal handler ran.
fn forked_child() -> Result<(), String> {
    let mut signals = Signals::new([SIGUSR1]).map_err(|error| error.to_string())?;
    low_level::raise(SIGUSR1).map_err(|error| error.to_string())?;
    // SAFETY: the process has one thread, so the child may call any function.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // `pending` reads all bytes of the pipe.
        signals.pending().for_each(drop);
        // SAFETY: `_exit` ends the child without calling the parent's destructors.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: `child` is a child of this process, and `status` is writable.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    match signals.wait().next() {
        Some(SIGUSR1) => Ok(()),
        other => Err(format!("got {other:?}")),
    }
}
