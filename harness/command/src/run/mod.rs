//! One run: the selected cases, their order, the workers that run them, and the results.

pub(crate) mod attempt;
pub(crate) mod choice;
mod clock;
mod core_file;
pub(crate) mod plan;
pub(crate) mod probes;
mod progress;
pub(crate) mod record;
pub(crate) mod results;
pub(crate) mod samples;
mod schedule;
pub(crate) mod store;
mod workers;
pub(crate) mod xfail;

use std::io::{self, Write as _};
use std::time::{Instant, SystemTime};

use testprog_harness::spawn;

use self::attempt::Attempt;
use self::clock::Clock;
use self::plan::Plan;
use self::probes::Port;
use self::progress::Progress;
use self::results::{Finished, Standing, Tally};
use self::store::Store;
use self::workers::Event;

/// Runs the planned cases and returns the results, and the first error that `tell` returned.
///
/// Calls `tell` each time a case ends. If the cases repeat, calls `tell` only for a run of a case
/// that is worse than all earlier runs of the case.
pub(crate) fn follow<'a>(
    plan: &'a Plan<'a>,
    mut tell: impl FnMut(&Tally<'a>) -> io::Result<()> + Send,
) -> (Finished<'a>, io::Result<()>) {
    // `adopt_orphans` is allowed, because the command starts every process with the library while
    // cases run.
    spawn::adopt_orphans();
    let (started, clock) = (SystemTime::now(), Instant::now());
    let mut tallies: Vec<_> = plan.cases.iter().map(|case| Tally::new(case)).collect();
    let mut store = Store::default();
    let mut printed = Ok(());
    let run_clock = Clock::new();
    let mut progress = Progress::new(plan, &run_clock);
    let worked = workers::work(plan, &run_clock, |event| {
        match event {
            Event::Started { worker, index } => progress.started(worker, index),
            Event::Ended { worker, index, run } => {
                let is_failure = run.standing(plan.options.strict) > Standing::Accepted;
                let is_news = tallies[index].add(run, &plan.options, &mut store);
                progress.ended(worker, is_failure);
                let is_told = is_news || !plan.repeats();
                if is_told && printed.is_ok() {
                    printed = progress.aside(|| tell(&tallies[index]));
                }
            }
            Event::Interrupted { worker, index, left } => {
                for message in &left {
                    // The human report has no line for a case that was not run, so print the
                    // message here. If standard error is closed, nobody reads the message, so the
                    // error is ignored.
                    let name = tallies[index].name();
                    let tell = || writeln!(io::stderr(), "{name}: {message}");
                    let _ = progress.aside(tell);
                }
                tallies[index].interrupted = Some(left);
                progress.left(worker);
            }
            Event::Left { worker } => progress.left(worker),
            Event::Woken => {}
        }
        progress.watch()
    });
    if worked.is_err() && printed.is_ok() {
        printed = Err(io::Error::other("the runner panicked, see its message above"));
    }
    progress.end();
    keep(plan, &tallies);
    let wall = clock.elapsed();
    let finished = Finished { plan, tallies, store, started, wall, port: Port::default() };
    (finished, printed)
}

/// Keeps the requested artifacts (directory, core file) of each failed run that the report shows.
///
/// The artifacts of all other runs are removed, so the report names every file that stays.
fn keep(plan: &Plan<'_>, tallies: &[Tally<'_>]) {
    let shown = tallies.iter().filter_map(|tally| tally.shown.as_ref());
    let refused = shown
        .flat_map(|run| &run.attempts)
        .filter(|it| !it.verdict().is_accepted(plan.options.strict));
    for outcome in refused.filter_map(Attempt::outcome) {
        if plan.options.settings.keep_directory {
            outcome.artifacts.keep_directory();
        }
        if plan.options.settings.core_files {
            outcome.artifacts.keep_core_file();
        }
    }
}
