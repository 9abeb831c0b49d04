//! The locks, channels and timeouts of Rust's standard library must work between threads of Rust and
//! threads that C has created.
//!
//! The standard library waits by futexes on Linux and by pthread functions elsewhere, and stores a
//! handle for each thread that parks. For a C thread, the standard library makes the handle at the
//! thread's first use. A wait with a timeout must not end before the timeout: a C library or a kernel
//! that returns ETIMEDOUT at once turns each timeout into a busy loop. If the scenario hangs, look at
//! the wake-up of futexes or of condition variables; the last line on standard error names the step.

use std::sync::mpsc;
use std::sync::{Barrier, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

/// Part of the scenario.
type Step = fn() -> Result<(), String>;

/// Number of times that two threads hand a value to each other.
const ROUNDS: u32 = 50;
/// Timeout of a wait that nobody ends.
const TIMEOUT: Duration = Duration::from_millis(20);
/// Number of C threads that wait for each other.
const THREADS: usize = 4;
/// Number of callbacks: one in each of four steps, and one of each thread in the step `barrier`.
const CALLBACKS: u32 = 8;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), run);
    let early = Expectation::exits(1, "timed out after");
    // Only on Linux does the standard library wait by the system call that the mutant replaces.
    if cfg!(target_os = "linux") {
        scenario.mutant("libc-futex-times-out", early)
    } else {
        scenario.mutant("unbound-machine", Expectation::exits(1, "callbacks ran instead of"))
    }
}

fn run() -> Result<(), String> {
    runtime::start(Policy::Registered)?;
    let steps: [(_, Step); 5] = [
        ("park", park),
        ("turns", turns),
        ("channel", channel),
        ("barrier", barrier),
        ("timeouts", timeouts),
    ];
    for (name, step) in steps {
        eprintln!("step: {name}");
        step()?;
    }
    observe::held(CALLBACKS)
}

/// Runs `in_c` in a callback on a thread that C has created, and `in_rust` on this thread meanwhile.
fn both(in_c: impl Fn() + Sync, in_rust: impl FnOnce()) -> Result<(), String> {
    thread::scope(|scope| {
        let of_c = scope.spawn(|| {
            csrc::thread(|| {
                runtime::callback(|machine| {
                    observe::check(machine);
                    in_c();
                });
            })
        });
        in_rust();
        of_c.join().map_err(|_| "a thread panicked".to_owned())?
    })
}

/// A C thread parks, and this thread unparks it.
fn park() -> Result<(), String> {
    let (send, receive) = mpsc::channel();
    let is_unparked = Mutex::new(false);
    both(
        || {
            send.send(thread::current()).expect("the receiver exists");
            while !*is_unparked.lock().expect("no thread panics with the lock") {
                thread::park();
            }
        },
        || {
            let parked = receive.recv().expect("the C thread sends its handle");
            *is_unparked.lock().expect("no thread panics with the lock") = true;
            parked.unpark();
        },
    )
}

/// A C thread and this thread take turns, by a mutex and a condition variable.
fn turns() -> Result<(), String> {
    let (turn, changed) = (Mutex::new(0), Condvar::new());
    let take = |mine: u32| {
        for round in 0..ROUNDS {
            let turn = turn.lock().expect("no thread panics with the lock");
            let mut turn = changed
                .wait_while(turn, |turn| *turn != 2 * round + mine)
                .expect("no thread panics with the lock");
            *turn += 1;
            changed.notify_all();
        }
    };
    both(|| take(1), || take(0))
}

/// A C thread receives numbers and sends each number back.
fn channel() -> Result<(), String> {
    let (to_c, in_c) = mpsc::sync_channel(1);
    let (to_rust, in_rust) = mpsc::channel();
    let in_c = Mutex::new(in_c);
    both(
        || {
            let in_c = in_c.lock().expect("no thread panics with the lock");
            for _ in 0..ROUNDS {
                let number: u32 = in_c.recv().expect("the sender exists");
                to_rust.send(number).expect("the receiver exists");
            }
        },
        || {
            for number in 0..ROUNDS {
                to_c.send(number).expect("the receiver exists");
                let back = in_rust.recv().expect("the sender exists");
                if back != number {
                    observe::wrong(format!("a channel returned {back} instead of {number}"));
                }
            }
        },
    )
}

/// Several C threads wait for each other.
fn barrier() -> Result<(), String> {
    let (barrier, leaders) = (Barrier::new(THREADS), Mutex::new(0));
    thread::scope(|scope| {
        let wait = || {
            both(
                || {
                    let is_leader = barrier.wait().is_leader();
                    *leaders.lock().expect("no thread panics with the lock") +=
                        u32::from(is_leader);
                },
                || (),
            )
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(wait)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| "a thread panicked".to_owned())?)
    })?;
    let leaders = *leaders.lock().expect("no thread panics with the lock");
    if leaders == 1 { Ok(()) } else { Err(format!("a barrier had {leaders} leaders")) }
}

/// Waits of a C thread end at their timeout, and not before.
fn timeouts() -> Result<(), String> {
    both(
        || {
            let (lock, changed) = (Mutex::new(()), Condvar::new());
            let mut held = lock.lock().expect("no thread panics with the lock");
            let (mut start, mut is_timeout) = (Instant::now(), false);
            // A wait may end without a reason. The method `wait_timeout_while` would wait again
            // after a timeout that came too early.
            while !is_timeout {
                start = Instant::now();
                let waited = changed.wait_timeout(held, TIMEOUT);
                let (again, result) = waited.expect("no thread panics with the lock");
                (held, is_timeout) = (again, result.timed_out());
            }
            drop(held);
            check("a condition variable", is_timeout, start);
            let start = Instant::now();
            let (send, receive) = mpsc::channel::<()>();
            let is_timeout = receive.recv_timeout(TIMEOUT) == Err(mpsc::RecvTimeoutError::Timeout);
            drop(send);
            check("a channel", is_timeout, start);
        },
        || (),
    )
}

/// Records an error if a wait did not time out, or if the wait ended before the timeout.
fn check(what: &str, is_timeout: bool, start: Instant) {
    let waited = start.elapsed();
    if !is_timeout {
        observe::wrong(format!("{what} did not time out"));
    }
    if waited < TIMEOUT {
        observe::wrong(format!("{what} timed out after {waited:?} instead of {TIMEOUT:?}"));
    }
}
