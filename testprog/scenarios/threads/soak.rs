//! Many short-lived threads call back into the runtime from their own and other stacks, while
//! signal handlers interrupt these threads and call back too.
//!
//! Some bugs of a runtime appear only if two rare events coincide, so a test needs many attempts to
//! find them.
//!
//! - The scenario fails if the runtime loses a `Machine` (the runtime's record of one thread), or
//!   gives one `Machine` to two threads.
//!
//! - The scenario fails if a signal handler leaves wrong stack bounds in a `Machine`
//!   (<https://go.dev/issue/69926>).
//!
//! - The scenario fails if a signal handler waits for a lock that the interrupted thread holds
//!   (<https://go.dev/issue/42207>).
//!
//! The scenario ends when it has started 512 threads and handled 512 signals, unless
//! [`protocol::SOAK_SECONDS_ENV`] sets a longer duration.

use std::env;
use std::time::Duration;

use testprog_harness::{Alternative, Capability, Expectation, Scenario, Signal, protocol, text};

use crate::runtime::Policy;

/// Largest accepted duration in seconds: one day, because a longer duration is probably a mistake.
const LONGEST: u32 = 24 * 60 * 60;

/// Returns the scenario `soak`, whose deadline depends on the scenario's duration.
///
/// # Errors
///
/// Fails with a message of one line if [`protocol::SOAK_SECONDS_ENV`] is invalid.
pub(crate) fn scenario() -> Result<Scenario, String> {
    let out_of_bounds = || Expectation::exits(1, "callbacks ran outside the recorded bounds");
    // If two threads share a `Machine`, the runtime may abort because of the other thread's stack
    // bounds before the scenario notices the shared `Machine`.
    let shared = Expectation::one_of(vec![
        Alternative::good("told", Expectation::exits(1, "callbacks had another thread's machine")),
        Alternative::good(
            "taken-again",
            Expectation::dies([Signal::Abrt], "fatal: callback that began on another thread"),
        ),
        Alternative::good("ran-into", Expectation::dies([Signal::Abrt], "fatal: morestack on g0")),
    ]);
    let extra = Duration::from_secs(seconds()?.into());
    Ok(Scenario::of_module(module_path!(), || system::run(seconds()?))
        .needs(Capability::Signals)
        .needs(Capability::StackSwitch)
        .deadline(Duration::from_secs(60) + extra)
        .mutant(
            "lost-at-exit",
            Expectation::exits(1, "the number of machines in use changed from 1 to"),
        )
        .mutant("shared-machine", shared)
        .mutant(Policy::Frozen.name(), out_of_bounds())
        .mutant(Policy::NeverRestore.name(), out_of_bounds())
        .mutant(Policy::GuessEveryEntry.name(), out_of_bounds()))
}

/// Returns the duration in seconds that [`protocol::SOAK_SECONDS_ENV`] sets, or 0 if the variable
/// is not set.
fn seconds() -> Result<u32, String> {
    let Some(word) = env::var_os(protocol::SOAK_SECONDS_ENV) else { return Ok(0) };
    let word = text::one_line(&word.to_string_lossy());
    word.parse().ok().filter(|seconds| *seconds <= LONGEST).ok_or_else(|| {
        format!(
            "failed to read `{}={word}`: expected a number of seconds up to {LONGEST}",
            protocol::SOAK_SECONDS_ENV
        )
    })
}

#[cfg(unix)]
mod system {
    use std::cell::Cell;
    use std::ptr;
    use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

    use crate::csrc;
    use crate::runtime::{self, Machine, Policy, stack_pointer};

    /// Smallest numbers of threads (`THREADS`) and of signals (`SIGNALS`) in a run.
    const THREADS: u32 = 512;
    const SIGNALS: u32 = 512;
    /// Number of threads that run at the same time.
    const AT_ONCE: u32 = 64;

    static CALLBACKS: AtomicU32 = AtomicU32::new(0);
    static OUT_OF_BOUNDS: AtomicU32 = AtomicU32::new(0);
    static NOT_ITS_OWN: AtomicU32 = AtomicU32::new(0);

    /// For each `Machine`, the thread that used the `Machine` last, indexed by the ID of the
    /// `Machine`.
    static USED_BY: [AtomicUsize; 256] = [const { AtomicUsize::new(0) }; 256];

    thread_local! {
        /// ID of the `Machine` that this thread had at its last callback outside of a signal
        /// handler.
        static HAD: Cell<Option<u32>> = const { Cell::new(None) };
    }

    #[expect(unsafe_code, reason = "declares the C functions of the scenario, raises a signal")]
    mod half {
        use std::ffi::c_int;

        use crate::csrc::Callback;

        unsafe extern "C" {
            pub(super) fn csrc_soak(
                callback: Callback,
                in_handler: Callback,
                seconds: u32,
                counts: *mut [u32; 3],
            ) -> c_int;
            pub(super) safe fn csrc_soak_again(callback: Callback) -> c_int;
        }

        pub(super) fn run(
            callback: Callback,
            in_handler: Callback,
            seconds: u32,
            counts: &mut [u32; 3],
        ) -> c_int {
            // SAFETY: the variable `counts` is writable memory for three numbers, and the handler
            // is async-signal-safe.
            unsafe { csrc_soak(callback, in_handler, seconds, counts) }
        }

        pub(super) fn raise() {
            // SAFETY: the function `raise` takes only an integer, and signals only the calling
            // thread.
            unsafe { libc::raise(libc::SIGUSR1) };
        }
    }

    pub(super) fn run(seconds: u32) -> Result<(), String> {
        runtime::start(Policy::Exact)?;
        let before = in_use();
        let mut counts = [THREADS, SIGNALS, 0];
        csrc::done(runtime::call_c(|| half::run(callback, in_handler, seconds, &mut counts)))?;
        let [threads, signals, callbacks] = counts;
        let made = runtime::machines().0;
        eprintln!(
            "ran {threads} threads, {callbacks} callbacks, {signals} signals; made {made} machines"
        );
        // The C code counts only outer callbacks, and each outer callback makes one nested
        // callback, so the runtime must have run twice as many callbacks.
        let expected = callbacks.wrapping_mul(2);
        let counted = CALLBACKS.load(Ordering::Relaxed);
        let mut wrong = Vec::new();
        if counted != expected {
            wrong.push(format!("{counted} callbacks ran instead of {expected}"));
        }
        for (count, what) in [
            (&OUT_OF_BOUNDS, "callbacks ran outside the recorded bounds"),
            (&NOT_ITS_OWN, "callbacks had another thread's machine"),
        ] {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                wrong.push(format!("{count} {what}"));
            }
        }
        if in_use() != before {
            wrong.push(format!(
                "the number of machines in use changed from {before} to {}",
                in_use()
            ));
        }
        // Each of the `AT_ONCE` threads has a `Machine`, and may have created another `Machine` for
        // the pool. The main thread has a `Machine` too, and one more `Machine` stays in the pool
        // for signal handlers.
        if made > 2 * AT_ONCE + 2 {
            wrong.push(format!("{made} machines were made for {AT_ONCE} threads at a time"));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }

    fn in_use() -> u32 {
        let (made, idle) = runtime::machines();
        made.wrapping_sub(idle)
    }

    extern "C" fn callback() {
        runtime::callback(|machine| {
            count(machine);
            if csrc::done(runtime::call_c(|| half::csrc_soak_again(nested))).is_ok() {
                check(machine);
            }
        });
    }

    extern "C" fn nested() {
        runtime::callback(|machine| {
            count(machine);
            half::raise();
            check(machine);
        });
    }

    /// Calls back into the runtime from the signal handler. The code of a signal handler must not
    /// allocate memory or take a lock.
    extern "C" fn in_handler() {
        runtime::signal_callback(|machine| {
            check(machine);
            own(machine);
        });
    }

    fn count(machine: &Machine) {
        CALLBACKS.fetch_add(1, Ordering::Relaxed);
        check(machine);
        let me = own(machine);
        let had = HAD.replace(Some(machine.id));
        if had.is_some_and(|had| had != machine.id || me.is_some_and(|last| last != here())) {
            NOT_ITS_OWN.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts an error if the bounds that the runtime has recorded do not contain the stack
    /// pointer. If the bounds contain the stack pointer, runs the runtime's stack check.
    fn check(machine: &Machine) {
        if machine.bounds().contains(stack_pointer::read()) {
            machine.system_stack(|| ());
        } else {
            OUT_OF_BOUNDS.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Records that this thread uses `machine`, and returns the thread that used `machine` before.
    fn own(machine: &Machine) -> Option<usize> {
        let used_by = USED_BY.get(usize::try_from(machine.id).ok()?)?;
        Some(used_by.swap(here(), Ordering::Relaxed))
    }

    /// Returns a number that identifies this thread among the running threads.
    fn here() -> usize {
        HAD.with(|had| ptr::from_ref(had).addr())
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run(_seconds: u32) -> Result<(), String> {
        Err("this target has no signals".to_owned())
    }
}
