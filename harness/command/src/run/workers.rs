//! Worker threads, which take cases from the schedule and run them.

use std::io::{self, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use testprog_harness::spawn::End;
use testprog_harness::suite::Trial;

use super::core_file;
use super::plan::Plan;
use super::results::{Run, Standing};
use super::schedule::{Schedule, Turn};

/// An event of a run in progress.
#[derive(Debug)]
pub(crate) enum Event {
    /// A worker starts a case, or retries a case.
    Started { worker: usize, index: usize },
    /// A worker has finished a case, retries included.
    Ended { worker: usize, index: usize, run: Run },
    /// The time that the event handler requested for its next call has come.
    Woken,
}

/// Runs the planned cases, and calls `on` with each event.
///
/// `on` is called on the thread on which the event happens, because waking another thread would
/// take longer than handling the event.
///
/// `on` returns the time at which it wants an [`Event::Woken`].
pub(crate) fn work(plan: &Plan<'_>, on: impl FnMut(Event) -> Option<Instant> + Send) {
    let schedule = Mutex::new(plan.schedule(Instant::now()));
    let on = Mutex::new(on);
    let tell = |event| (on.lock().unwrap_or_else(PoisonError::into_inner))(event);
    // The channel carries no messages. When the last worker ends, the channel closes, which ends
    // the loop that receives from the channel.
    let (sender, receiver) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let most = if plan.repeats() { usize::MAX } else { plan.cases.len() };
        let wanted = plan.options.jobs.min(most);
        for worker in 0..wanted {
            let (schedule, tell, sender) = (&schedule, &tell, sender.clone());
            let work = move || {
                while let Some(turn) = next(schedule) {
                    turn_of(plan, schedule, turn, worker, tell);
                }
                drop(sender);
            };
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, work) {
                fewer(worker, wanted, &error);
                // The first worker is this thread if there is no other.
                if worker == 0 {
                    while let Some(turn) = next(schedule) {
                        turn_of(plan, schedule, turn, worker, tell);
                    }
                }
                break;
            }
        }
        drop(sender);
        loop {
            // A case that starts after this moment becomes slow later than `latest`.
            let latest = Instant::now().checked_add(plan.options.slow);
            let wake = tell(Event::Woken).into_iter().chain(latest).min();
            let ended = match wake {
                None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wake) => receiver.recv_timeout(wake.saturating_duration_since(Instant::now())),
            };
            if ended == Err(RecvTimeoutError::Disconnected) {
                return;
            }
        }
    });
}

/// Prints that the system allows fewer worker threads than requested.
fn fewer(workers: usize, wanted: usize, error: &io::Error) {
    // If standard error is closed, nobody reads the line, so the error is ignored.
    let _ = writeln!(
        io::stderr(),
        "failed to start more than {workers} of {wanted} worker threads: {error}; the cases run all the same"
    );
}

/// Adds the fault that the core file of a crashed case records, unless a debugger has already read
/// the core file.
fn add_fault(trial: &mut Trial) {
    let Some(outcome) = &mut trial.outcome else { return };
    if let (End::Signaled { signal, .. }, None) = (outcome.end, &outcome.fault) {
        let path = outcome.artifacts.core_file().and_then(Result::ok);
        outcome.fault = path.and_then(|path| core_file::fault(path, signal));
    }
}

fn next(schedule: &Mutex<Schedule>) -> Option<Turn> {
    // The schedule is consistent after every call, so a lock that a panic poisoned can still be
    // used.
    schedule.lock().unwrap_or_else(PoisonError::into_inner).next(Instant::now())
}

/// Runs a case, and retries it as long as it fails and retries are left.
fn turn_of(
    plan: &Plan<'_>,
    schedule: &Mutex<Schedule>,
    turn: Turn,
    worker: usize,
    tell: &impl Fn(Event) -> Option<Instant>,
) {
    let Turn { index, iteration, seed } = turn;
    let mut run = Run { attempts: Vec::new(), iteration, seed };
    loop {
        tell(Event::Started { worker, index });
        let mut trial = plan.run(plan.cases[index]);
        add_fault(&mut trial);
        let accepted = trial.verdict.is_accepted(plan.options.strict);
        run.attempts.push(trial);
        if accepted || run.attempts.len() > plan.options.retries.into() {
            break;
        }
    }
    let refused = match run.standing(plan.options.strict) {
        Standing::Accepted => false,
        Standing::Flaky => !plan.options.accept_flaky,
        Standing::Unresolved | Standing::Refused => true,
    };
    if refused && plan.options.stops {
        // The schedule stops before the event is handled, so that no worker starts another case.
        schedule.lock().unwrap_or_else(PoisonError::into_inner).stop();
    }
    tell(Event::Ended { worker, index, run });
}
