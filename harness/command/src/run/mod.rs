//! One run: what is chosen, in which order, by which workers, and what came of it.

pub(crate) mod choice;
mod core_file;
pub(crate) mod plan;
pub(crate) mod probes;
mod progress;
pub(crate) mod results;
mod schedule;
mod workers;

use std::io;
use std::time::{Instant, SystemTime};

use self::plan::Plan;
use self::progress::Progress;
use self::results::{Finished, Standing, Tally};
use self::workers::Event;

/// Runs what is planned, and tells of each case as it ends, if that is news. What `tell` returns first of errors is returned
/// beside.
pub(crate) fn follow<'a>(
    plan: &'a Plan<'a>,
    mut tell: impl FnMut(&Tally<'a>) -> io::Result<()> + Send,
) -> (Finished<'a>, io::Result<()>) {
    let (started, clock) = (SystemTime::now(), Instant::now());
    let mut tallies: Vec<_> = plan.cases.iter().map(|case| Tally::new(case)).collect();
    let mut printed = Ok(());
    let mut progress = Progress::new(plan);
    workers::work(plan, |event| {
        match event {
            Event::Started { worker, index } => progress.started(worker, index),
            Event::Ended { worker, index, run } => {
                let is_failure = run.standing(plan.options.strict) > Standing::Accepted;
                let is_news = tallies[index].add(run, plan.options.strict);
                progress.ended(worker, is_failure);
                let is_told = is_news || !plan.repeats();
                if is_told && printed.is_ok() {
                    printed = progress.aside(|| tell(&tallies[index]));
                }
            }
            Event::Woken => {}
        }
        progress.watch()
    });
    progress.end();
    keep(plan, &tallies);
    let wall = clock.elapsed();
    (Finished { plan, tallies, started, wall, probes: Vec::new() }, printed)
}

/// Has what is asked for stay of each case that is reported as failed. What other cases and rounds left is gone by then, so a
/// run leaves no more behind than it tells of.
fn keep(plan: &Plan<'_>, tallies: &[Tally<'_>]) {
    let shown = tallies.iter().filter_map(|tally| tally.shown.as_ref());
    let refused = shown
        .flat_map(|run| &run.attempts)
        .filter(|it| !it.verdict.is_accepted(plan.options.strict));
    for outcome in refused.filter_map(|trial| trial.outcome.as_ref()) {
        if plan.options.settings.keep_directory {
            outcome.artifacts.keep_directory();
        }
        if plan.options.settings.core_files {
            outcome.artifacts.keep_core_file();
        }
    }
}
