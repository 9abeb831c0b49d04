//! Delays the start of a child until another child has ended, if the system lacks the resources for
//! the start.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::Error;

/// Time for which the runner repeats the start of a child while no other child runs. `ALONE_LIMIT`
/// is not zero, because the processes and threads that have just ended need a moment to disappear.
const ALONE_LIMIT: Duration = Duration::from_secs(1);

/// Interval between two attempts to start a child while no other child runs, because the system
/// does not report that a resource is free again.
const ALONE_STEP: Duration = Duration::from_millis(20);

static COUNTS: Mutex<Counts> = Mutex::new(Counts { running: 0, ended: 0, waiting: 0 });
static CHANGED: Condvar = Condvar::new();

/// Limit that replaces [`ALONE_LIMIT`] after a child could not be started although no other child
/// ran.
const HOPELESS_LIMIT: Duration = Duration::from_millis(100);

/// Whether the runner gave up when it last tried to start a child while no other child ran.
static IS_HOPELESS: AtomicBool = AtomicBool::new(false);

/// Counts of this process's children.
struct Counts {
    /// Number of children that run or are about to be started.
    running: usize,
    /// Number of children that have ended so far.
    ended: u64,
    /// Number of threads that wait for a child to end.
    waiting: usize,
}

/// Returns the result of `start`, which starts a child and waits for its end. As long as the system
/// lacks the resources for the start, `run` calls `start` again when another child has ended.
pub(super) fn run<T>(
    start: impl Fn() -> Result<T, Error>,
    is_over: impl Fn() -> bool,
) -> Result<T, Error> {
    let mut alone_since = None;
    loop {
        let place = Place::take();
        let error = match start() {
            Err(error) if error.is_lack_of_resources() => error,
            result => {
                IS_HOPELESS.store(false, Ordering::Relaxed);
                return result;
            }
        };
        if is_over() {
            return Err(error);
        }
        if place.wait_for_another() {
            alone_since = None;
            continue;
        }
        let since = *alone_since.get_or_insert_with(Instant::now);
        let is_hopeless = IS_HOPELESS.load(Ordering::Relaxed);
        if since.elapsed() >= if is_hopeless { HOPELESS_LIMIT } else { ALONE_LIMIT } {
            IS_HOPELESS.store(true, Ordering::Relaxed);
            return Err(error);
        }
    }
}

/// Guard that counts a child as running until the guard is dropped.
struct Place;

impl Place {
    fn take() -> Self {
        lock().running += 1;
        Self
    }

    /// No longer counts a child that could not be started, and waits until another child ends.
    /// Returns true if another child has ended. If no child runs, waits at most [`ALONE_STEP`], and
    /// returns false if no child has ended meanwhile.
    fn wait_for_another(self) -> bool {
        std::mem::forget(self);
        let mut counts = lock();
        counts.running -= 1;
        if counts.running == 0 {
            CHANGED.notify_all();
        }
        counts.waiting += 1;
        let ended = counts.ended;
        let is_waiting = |counts: &mut Counts| counts.ended == ended && counts.running > 0;
        let counts = CHANGED.wait_while(counts, is_waiting).unwrap_or_else(PoisonError::into_inner);
        let is_alone = |counts: &mut Counts| counts.ended == ended;
        let waited = CHANGED.wait_timeout_while(counts, ALONE_STEP, is_alone);
        let mut counts = waited.unwrap_or_else(PoisonError::into_inner).0;
        counts.waiting -= 1;
        counts.ended != ended
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = lock();
        counts.running -= 1;
        counts.ended += 1;
        if counts.waiting == 0 {
            return; // without a waiting thread, `notify_one` still makes a system call
        }
        // The resources of one child suffice for one other child, so wake one waiting thread. If no
        // child runs, wake all waiting threads, because no later end of a child would wake them.
        if counts.running == 0 { CHANGED.notify_all() } else { CHANGED.notify_one() }
    }
}

/// Locks the counts, even if a thread panicked while it held the lock: no operation leaves the
/// counts inconsistent.
fn lock() -> MutexGuard<'static, Counts> {
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::spawn::host::LACKS;

    fn lack() -> Error {
        Error::new("start", "a", io::Error::from_raw_os_error(LACKS[0]))
    }

    #[test]
    fn a_child_starts_when_another_has_ended() {
        let (end, ends) = mpsc::channel::<()>();
        let (fail, fails) = mpsc::channel();
        thread::scope(|scope| {
            let first = scope.spawn(move || run(|| ends.recv().map_err(|_| lack()), || false));
            while lock().running == 0 {
                thread::yield_now();
            }
            let second = scope.spawn(move || {
                let is_first = Cell::new(true);
                let start = || {
                    if is_first.replace(false) {
                        fail.send(()).unwrap();
                        return Err(lack());
                    }
                    Ok(())
                };
                run(start, || false)
            });
            fails.recv().unwrap();
            end.send(()).unwrap();
            assert!(first.join().unwrap().is_ok() && second.join().unwrap().is_ok());
        });
    }

    #[test]
    fn an_error_of_another_kind_is_returned_at_once() {
        let count = Cell::new(0);
        let start = || {
            count.set(count.get() + 1);
            Err::<(), _>(Error::new("start", "a", "no"))
        };
        assert!(run(start, || false).is_err());
        assert_eq!(count.get(), 1);
    }
}
