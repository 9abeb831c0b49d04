//! Worker threads, which take cases from the schedule and run them.

use std::any::Any;
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use testprog_harness::Signal;
use testprog_harness::spawn::{self, End, Error, Outcome};
use testprog_harness::suite::Trial;
use testprog_harness::verdict::Verdict;

use super::clock::{Clock, STEP};
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
    /// A signal ended the case before it could be judged. The messages `left` name the processes
    /// and directories that the case has left behind.
    Interrupted { worker: usize, index: usize, left: Vec<String> },
    /// A worker gave its case back, and runs no further case.
    Left { worker: usize },
    /// The time has come at which the event handler wanted to be called.
    Woken,
}

/// Error of an event handler that panicked.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Runs the planned cases, and calls `on` with each event.
///
/// `on` is called on the thread on which the event happens, because waking another thread would
/// take longer than handling the event.
///
/// `on` returns the time, on `clock`, at which `on` wants to be called with [`Event::Woken`].
pub(super) fn work(
    plan: &Plan<'_>,
    clock: &Clock,
    on: impl FnMut(Event) -> Option<Instant> + Send,
) -> Result<(), Panicked> {
    let wanted = workers(plan);
    let shared = Shared {
        plan,
        clock,
        queue: Mutex::new(Queue { schedule: plan.schedule(clock.now()), workers: wanted, left: 0 }),
        on: Mutex::new(on),
        has_panicked: AtomicBool::new(false),
    };
    // The channel carries no messages, and closes when the last worker ends. The closed channel
    // ends the loop that receives from the channel.
    let (sender, receiver) = mpsc::channel::<()>();
    thread::scope(|scope| {
        for worker in 0..wanted {
            let (shared, sender) = (&shared, sender.clone());
            let work = move || {
                shared.work(worker);
                drop(sender);
            };
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, work) {
                fewer(worker, wanted, &error);
                // If no worker thread could be started, this thread becomes the only worker.
                shared.queue().workers -= wanted - worker.max(1);
                if worker == 0 {
                    shared.work(worker);
                }
                break;
            }
        }
        drop(sender);
        loop {
            // A case that starts after this moment becomes slow later than `latest`.
            let now = clock.now();
            let latest = now.checked_add(plan.options.slow);
            let wake = shared.tell(Event::Woken).into_iter().chain(latest).min();
            let left = wake.map_or(STEP, |wake| wake.saturating_duration_since(now));
            // The wait ends at least once in each `STEP`, so that `clock` notices a suspension of
            // the command.
            if receiver.recv_timeout(left.min(STEP)) == Err(RecvTimeoutError::Disconnected) {
                return;
            }
        }
    });
    if shared.has_panicked.into_inner() { Err(Panicked) } else { Ok(()) }
}

/// Returns the number of workers: the requested number, but not more than there are runs or than
/// the limit on open files allows.
fn workers(plan: &Plan<'_>) -> usize {
    let wanted = plan.options.jobs.min(plan.runs().unwrap_or(usize::MAX));
    let workers = spawn::reserve(wanted);
    if workers < wanted {
        // If standard error is closed, nobody reads the line, so the error is ignored.
        let _ = writeln!(
            io::stderr(),
            "failed to run {wanted} cases at once: the hard limit on open files (`ulimit -Hn`) is \
             too low; at most {workers} run at once"
        );
    }
    workers
}

/// Prints that the system allows fewer worker threads than requested.
fn fewer(workers: usize, wanted: usize, error: &io::Error) {
    // If standard error is closed, nobody reads the line, so the error is ignored.
    let _ = writeln!(
        io::stderr(),
        "failed to start more than {workers} of {wanted} worker threads: {error}; the cases run nevertheless"
    );
}

/// Scheduled runs that no worker has taken yet, and the number of workers.
struct Queue {
    schedule: Schedule,
    /// Number of workers that still take scheduled runs.
    workers: usize,
    /// Number of workers that have given back a scheduled run and have ended.
    left: usize,
}

/// State that the workers share.
struct Shared<'a, F> {
    plan: &'a Plan<'a>,
    clock: &'a Clock,
    queue: Mutex<Queue>,
    on: Mutex<F>,
    /// Whether an event handler has panicked.
    has_panicked: AtomicBool,
}

impl<F: FnMut(Event) -> Option<Instant>> Shared<'_, F> {
    /// Takes and executes scheduled runs until the whole run is over.
    fn work(&self, worker: usize) {
        while let Some(turn) = self.next() {
            if !self.run(turn, worker) {
                return;
            }
        }
    }

    fn next(&self) -> Option<Turn> {
        let mut queue = self.queue();
        let turn = queue.schedule.next(self.clock.now()).filter(|_| !self.plan.is_interrupted());
        if turn.is_none() {
            queue.workers -= 1;
        }
        turn
    }

    /// Locks the queue. The queue is consistent after every call, so a lock that a panic poisoned
    /// can still be used.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: Event) -> Option<Instant> {
        let mut on = self.on.lock().unwrap_or_else(PoisonError::into_inner);
        // A handler that panicked may not have recorded the event, but the run continues.
        panic::catch_unwind(AssertUnwindSafe(|| on(event))).unwrap_or_else(|_| {
            self.has_panicked.store(true, Ordering::Relaxed);
            None
        })
    }

    /// Runs a case, and retries it as long as it fails and retries are left. Returns false if the
    /// worker must execute no further scheduled run.
    fn run(&self, turn: Turn, worker: usize) -> bool {
        let Turn { index, iteration, seed } = turn;
        let plan = self.plan;
        let mut run = Run { attempts: Vec::with_capacity(1), iteration, seed };
        let mut left_behind = Vec::new();
        loop {
            self.tell(Event::Started { worker, index });
            let left = self.queue().left;
            let mut trial = attempt(plan, index);
            if is_interrupted(plan, &trial) {
                left_behind.extend(trial.error.iter().flat_map(Error::left_behind).cloned());
                left_behind.extend(trial.outcome.iter().flat_map(Outcome::left_behind));
                break;
            }
            let is_lack = trial.error.as_ref().is_some_and(Error::is_lack_of_resources);
            if is_lack && self.leave(turn) {
                self.tell(Event::Left { worker });
                return false;
            }
            if is_lack && self.queue().left != left {
                continue; // retry, because a worker has ended and made room for a child
            }
            add_fault(&mut trial);
            let accepted = trial.verdict.is_accepted(plan.options.strict);
            run.attempts.push(trial);
            if accepted || run.attempts.len() > plan.options.retries.into() {
                break;
            }
        }
        if run.attempts.is_empty() {
            self.tell(Event::Interrupted { worker, index, left: left_behind });
            return true;
        }
        let refused = match run.standing(plan.options.strict) {
            Standing::Accepted => false,
            Standing::Flaky => !plan.options.accept_flaky,
            Standing::Unresolved | Standing::Refused => true,
        };
        if refused && plan.options.stops {
            // The schedule stops before the event is handled, so that no worker starts another
            // case.
            self.queue().schedule.stop();
        }
        self.tell(Event::Ended { worker, index, run });
        true
    }

    /// Gives a scheduled run back for the other workers, because this worker's thread may use the
    /// resources that a child needs. Returns false if this worker is the only worker.
    fn leave(&self, turn: Turn) -> bool {
        let mut queue = self.queue();
        if queue.workers == 1 {
            return false;
        }
        queue.workers -= 1;
        queue.left += 1;
        queue.schedule.give_back(turn);
        true
    }
}

/// Runs a case once. A panic of the runner makes the case unresolved.
fn attempt(plan: &Plan<'_>, index: usize) -> Trial {
    // A panic leaves no shared state inconsistent, because runs share only the library's state,
    // which the library keeps consistent.
    panic::catch_unwind(AssertUnwindSafe(|| plan.run(plan.cases[index]))).unwrap_or_else(|panic| {
        let cause = format!("the runner panicked: {}", message(&*panic));
        Trial::new(Verdict::Unresolved(cause), None)
    })
}

/// Returns the message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(no message)")
}

/// Returns true if the interrupt of the run ended a case: the runner ended the case, or the same
/// signal reached the case's process.
fn is_interrupted(plan: &Plan<'_>, trial: &Trial) -> bool {
    const ENDS: [Signal; 4] = [Signal::Hup, Signal::Int, Signal::Term, Signal::Kill];
    let is_killed =
        |end: End| matches!(end, End::Signaled { signal, .. } if ENDS.contains(&signal));
    trial.error.as_ref().is_some_and(Error::is_interrupted)
        || (plan.is_interrupted()
            && !trial.verdict.is_accepted(plan.options.strict)
            && trial.outcome.as_ref().is_some_and(|outcome| is_killed(outcome.end)))
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

#[cfg(test)]
mod tests {
    use testprog_harness::spawn::Control;
    use testprog_harness::suite::Settings;
    use testprog_harness::{Case, Program, Scenario, Suite, Target};

    use super::*;
    use crate::run::plan::RunOptions;

    fn suite(names: &'static [&str]) -> Suite {
        let case = |name| Case::new(&Scenario::new(name, || {}), &Target::current());
        let cases = names.iter().copied().map(case).collect();
        Suite::new(Program::new("/no/such/program"), cases)
    }

    #[test]
    fn a_handler_that_panics_loses_no_case() {
        let suite = suite(&["a", "b", "c"]);
        let plan = Plan::new(&suite, RunOptions { jobs: 2, ..RunOptions::default() }).unwrap();
        let mut ended = Vec::new();
        let worked = work(&plan, &Clock::new(), |event| {
            if let Event::Ended { index, .. } = event {
                ended.push(index);
                assert_ne!(index, 1, "the panic that this test wants");
            }
            None
        });
        assert!(worked.is_err());
        ended.sort_unstable();
        assert_eq!(ended, [0, 1, 2]);
    }

    #[test]
    fn there_are_not_more_workers_than_runs() {
        let suite = suite(&["a", "b"]);
        let number = |rounds| {
            let options = RunOptions { jobs: 9, rounds, ..RunOptions::default() };
            workers(&Plan::new(&suite, options).unwrap())
        };
        assert_eq!([Some(1), Some(3), Some(u64::MAX), None].map(number), [2, 6, 9, 9]);
    }

    #[test]
    fn an_interrupted_run_starts_no_case() {
        let (suite, control) = (suite(&["a", "b"]), Control::new());
        let mut settings = Settings::default();
        settings.control = Some(control.clone());
        let options = RunOptions { jobs: 1, settings, ..RunOptions::default() };
        let plan = Plan::new(&suite, options).unwrap();
        let mut ended = Vec::new();
        let worked = work(&plan, &Clock::new(), |event| {
            if let Event::Ended { index, .. } = event {
                ended.push(index);
                control.interrupt();
            }
            None
        });
        assert!(worked.is_ok());
        assert_eq!(ended, [0]);
    }
}
