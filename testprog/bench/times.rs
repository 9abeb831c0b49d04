//! Measures the benchmark's times.

use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, SamplingMode};

use crate::csrc::{self, Callback};
use crate::ratio::{self, Calls};
use crate::runtime::{self, Policy};
use crate::system::{process_time, stay_on_one_processor, thread_time};
use crate::ways::{self, Way};

/// Number of plain calls (calls of a C function pointer) in a turn of the benchmark. A turn of
/// 100,000 calls is long enough for the clock's resolution, and short enough that the computer's
/// speed rarely changes during the turn.
const PLAIN: usize = 100_000;
/// Number of callbacks in a turn of the benchmark.
const CALLBACKS: usize = 10_000;
/// Number of callbacks in a turn on each of several threads that call back at the same time. A
/// million callbacks take longer than starting the threads.
const AT_ONCE: usize = 1_000_000;
/// Number of callbacks between two measurements of the peak memory or of times, which the benchmark
/// compares.
pub(crate) const MANY: u32 = 10_000_000;

/// Kind of the thread from which C code calls back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thread {
    /// The calling thread is a thread that C code has created.
    OfC,
    /// The calling thread is the main thread, on which the runtime has started. The runtime calls C
    /// code on the main thread, and the C code calls back.
    Main,
}

impl Thread {
    /// Runs `f` on a thread of this kind, after the thread's first callback has taken a `Machine`
    /// (the runtime's record of one thread).
    pub(crate) fn run<R: Send>(self, f: impl Fn() -> R + Sync) -> R {
        let result = Mutex::new(None);
        let body = || {
            Way::Own.run(1, ways::callback);
            *result.lock().expect("no thread panics while it holds the lock") = Some(f());
        };
        match self {
            Self::OfC => csrc::thread(body).expect("C creates and joins a thread"),
            Self::Main => runtime::call_c(body),
        }
        let result = result.into_inner().expect("no thread panics while it holds the lock");
        result.expect("the thread has stored its result")
    }
}

/// Measures the costs of callbacks under a policy, and prints one row of the table for each cost.
pub(crate) fn print(policy: Policy) {
    runtime::start(policy).expect("a process starts the runtime once");
    let plain = Thread::OfC.run(|| median((0..100).map(|_| plain()).collect()));
    println!("{}: a plain call takes {plain:.2} ns", policy.name());
    let mut calls = ratio::criterion(Calls);
    let mut group = calls.benchmark_group(policy.name());
    group.sampling_mode(SamplingMode::Flat);
    rows(&mut group, "", Thread::OfC, Way::ALL);
    if matches!(policy, Policy::Exact | Policy::Registered) {
        group.bench_function("own stack, with one stack check", |bencher| {
            bencher.iter_custom(|n| Thread::OfC.run(|| gross(n, Way::Own, ways::checked_callback)));
        });
        rows(&mut group, "main thread: ", Thread::Main, Way::ALL);
        for count in [1, 2, 4, 8] {
            at_once(&mut group, count);
        }
        Thread::OfC.run(|| Way::Own.run(MANY as usize, ways::callback));
        rows(&mut group, "10 million later: ", Thread::OfC, Way::ALL);
    }
    if policy == Policy::Registered {
        rows(&mut group, "", Thread::OfC, Way::REGISTERED);
    }
    group.finish();
    if policy == Policy::Exact {
        first_callback();
    }
}

/// Measures the time of a callback in each of the given ways, on one kind of thread. Each way is a
/// row of the benchmark's table.
fn rows(group: &mut BenchmarkGroup<Calls>, prefix: &str, thread: Thread, ways: &[Way]) {
    for way in ways.iter().copied() {
        if let Some(reason) = way.missing() {
            println!("{prefix}{way}: skipped: {reason}");
            continue;
        }
        // The first call from each stack spends most of its time on page faults, so each stack's
        // first call runs before the measurement.
        thread.run(|| way.run(way.round(), ways::callback));
        group.bench_function(format!("{prefix}{way}"), |bencher| {
            bencher.iter_custom(|n| thread.run(|| gross(n, way, ways::callback)));
        });
        if way.switches() {
            group.bench_function(format!("{prefix}{way}, net"), |bencher| {
                bencher.iter_custom(|n| thread.run(|| net(n, way)));
            });
        }
    }
}

/// Measures the cost of callbacks in `turns` turns, including stack switches and new threads.
fn gross(turns: u64, way: Way, callback: Callback) -> f64 {
    sample(turns, || cost(way, CALLBACKS, callback) / plain())
}

/// Measures the net cost of callbacks: the cost of callbacks, minus the cost of plain calls from
/// the same stacks, plus one plain call.
fn net(turns: u64, way: Way) -> f64 {
    sample(turns, || {
        let plain = plain();
        let more = cost(way, CALLBACKS, ways::callback) - cost(way, CALLBACKS, ways::plain);
        more / plain + 1.0
    })
}

/// Runs `turns` turns, and returns the median of the turns multiplied by `turns`, because criterion
/// expects a sum.
fn sample(turns: u64, turn: impl Fn() -> f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a number of turns is far below 2^52")]
    let count = turns as f64;
    median((0..turns).map(|_| turn()).collect()) * count
}

/// Returns the current cost of a plain call, in nanoseconds.
fn plain() -> f64 {
    cost(Way::Own, PLAIN, ways::plain)
}

/// Returns this thread's processor time per call, in nanoseconds.
fn cost(way: Way, n: usize, callback: Callback) -> f64 {
    let start = thread_time();
    way.run(n, callback);
    per_call(thread_time().saturating_sub(start), n)
}

fn per_call(time: Duration, n: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a number of calls is far below 2^52")]
    let n = n as f64;
    time.as_secs_f64() * 1e9 / n
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Measures `count` threads that call back at the same time. One row shows the processor time of a
/// callback, and another row shows the wall time divided by the number of all callbacks.
fn at_once(group: &mut BenchmarkGroup<Calls>, count: usize) {
    let turn = |wall: bool| {
        let (barrier, ratios) = (Barrier::new(count), Mutex::new(Vec::new()));
        let body = || {
            Way::Own.run(1, ways::callback);
            let plain = plain();
            barrier.wait();
            let start = Instant::now();
            let each = cost(Way::Own, AT_ONCE, ways::callback);
            barrier.wait();
            let over_all = per_call(start.elapsed(), AT_ONCE * count);
            let ratio = if wall { over_all } else { each } / plain;
            ratios.lock().expect("no thread panics while it holds the lock").push(ratio);
        };
        thread::scope(|scope| {
            for _ in 0..count {
                scope.spawn(|| csrc::thread(body).expect("C creates and joins a thread"));
            }
        });
        median(ratios.into_inner().expect("no thread panics while it holds the lock"))
    };
    for (what, wall) in
        [("processor time per callback", false), ("wall time divided by all callbacks", true)]
    {
        group.bench_function(format!("{count} threads at once, {what}"), |bencher| {
            bencher.iter_custom(|turns| sample(turns, || turn(wall)));
        });
    }
}

/// Measures the cost of the first callback on a thread, which is the cost that the callback adds to
/// creating and joining the thread. The measured time is the processor time of all threads, because
/// waking the other thread takes most of the wall time.
fn first_callback() {
    stay_on_one_processor();
    let mut time = ratio::criterion(WallTime).measurement_time(Duration::from_secs(2));
    time.bench_function(
        "first callback on a new thread, without creating and joining the thread",
        |bencher| {
            bencher.iter_custom(|n| {
                let one = |callback| {
                    let start = process_time();
                    Way::NewThread.run(1, callback);
                    process_time().saturating_sub(start)
                };
                let pairs = (0..n).map(|_| (one(ways::callback), one(ways::plain)));
                let (mut with, mut without): (Vec<_>, Vec<_>) = pairs.unzip();
                with.sort();
                without.sort();
                let middle = with.len() / 2;
                let net = with[middle].saturating_sub(without[middle]);
                // Criterion rejects a time of zero, but a run of a single turn may measure zero.
                net.max(Duration::from_nanos(1))
                    * u32::try_from(n).expect("criterion requests fewer than 2^32 threads")
            });
        },
    );
}
