//! The threads that run what the schedule gives.

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

/// What a run tells while it goes on.
#[derive(Debug)]
pub(crate) enum Event {
    /// This worker starts a case, or starts it again.
    Started { worker: usize, index: usize },
    /// It is done with the case.
    Ended { worker: usize, index: usize, run: Run },
    /// The moment has come that was asked for.
    Woken,
}

/// Runs what `plan` asks for, and hands over each event, from the thread that it happens on: another one would have to be
/// woken for it, which takes longer than the event itself.
///
/// `on` returns when it wants to be woken, at the latest.
pub(crate) fn work(plan: &Plan<'_>, on: impl FnMut(Event) -> Option<Instant> + Send) {
    let schedule = Mutex::new(plan.schedule(Instant::now()));
    let on = Mutex::new(on);
    let tell = |event| (on.lock().unwrap_or_else(PoisonError::into_inner))(event);
    // Nothing is sent. The channel is closed when the last worker is done.
    let (sender, receiver) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let most = if plan.repeats() { usize::MAX } else { plan.cases.len() };
        for worker in 0..plan.options.jobs.min(most) {
            let (schedule, tell, sender) = (&schedule, &tell, sender.clone());
            scope.spawn(move || {
                while let Some(turn) = next(schedule) {
                    turn_of(plan, schedule, turn, worker, tell);
                }
                drop(sender);
            });
        }
        drop(sender);
        loop {
            // A case that starts later becomes slow later than this.
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

/// Adds what the core file of a failed case says, where no debugger has read it before.
fn add_fault(trial: &mut Trial) {
    let Some(outcome) = &mut trial.outcome else { return };
    if let (End::Signaled { signal, .. }, None) = (outcome.end, &outcome.fault) {
        let path = outcome.artifacts.core_file().and_then(Result::ok);
        outcome.fault = path.and_then(|path| core_file::fault(path, signal));
    }
}

fn next(schedule: &Mutex<Schedule>) -> Option<Turn> {
    // A schedule is whole between any two of its calls.
    schedule.lock().unwrap_or_else(PoisonError::into_inner).next(Instant::now())
}

/// Runs a case, and again as long as it fails and may be retried.
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
        // Here and not where the event arrives: until then this worker would have started another case.
        schedule.lock().unwrap_or_else(PoisonError::into_inner).stop();
    }
    tell(Event::Ended { worker, index, run });
}
