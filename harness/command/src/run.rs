//! `cargo testprog run`: the chosen cases, as often as is asked for, and the reports.

use std::io;
use std::time::{Instant, SystemTime};

use super::args::{Format, RunArgs};
use super::human::Human;
use super::plan::Plan;
use super::progress::Progress;
use super::results::{Finished, Standing, Tally};
use super::workers::{self, Event};
use super::{Error, build, outputs};

pub(super) fn run(args: &RunArgs) -> Result<u8, Error> {
    outputs::check(&args.outputs)?;
    let suite = build::suite(&args.child)?;
    let plan = Plan::new(args, &suite)?;
    if plan.settings.zygote {
        suite.prepare_zygote(&plan.settings).map_err(Error::usage)?;
    }
    let mut live = (args.format == Format::Human).then(|| Human::new(&plan, anstream::stdout()));
    let (finished, mut printed) = follow(&plan, live.as_mut());
    if printed.is_ok() {
        printed = match &mut live {
            Some(human) => human.end(&finished),
            None => outputs::write(&finished, args.format, &mut io::stdout().lock()),
        };
    }
    let mut errors: Vec<_> =
        printed.map_err(|error| Error::write(&error)).err().into_iter().collect();
    errors.extend(outputs::write_all(&finished, args.format, &args.outputs));
    Error::all(errors).map_or_else(|| Ok(finished.status()), Err)
}

/// Runs what is planned, and tells about it as it goes on. What standard output says to that is returned beside.
pub(super) fn follow<'a, W: io::Write + Send>(
    plan: &'a Plan<'a>,
    mut live: Option<&mut Human<'a, W>>,
) -> (Finished<'a>, io::Result<()>) {
    let (started, clock) = (SystemTime::now(), Instant::now());
    let mut tallies: Vec<_> = plan.cases.iter().map(|case| Tally::new(case)).collect();
    let mut printed = live.as_mut().map_or(Ok(()), |human| human.begin());
    let mut progress = Progress::new(plan);
    workers::work(plan, |event| {
        match event {
            Event::Started { worker, index } => progress.started(worker, index),
            Event::Ended { worker, index, run } => {
                let is_failure = run.standing(plan.strict) > Standing::Accepted;
                let is_news = tallies[index].add(run, plan.strict);
                progress.ended(worker, is_failure);
                let is_told = is_news || !plan.repeats();
                if let (Some(human), Ok(()), true) = (&mut live, &printed, is_told) {
                    printed = progress.aside(|| human.case(&tallies[index]));
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
    let refused =
        shown.flat_map(|run| &run.attempts).filter(|it| !it.verdict.is_accepted(plan.strict));
    for outcome in refused.filter_map(|trial| trial.outcome.as_ref()) {
        if plan.settings.keep_directory {
            outcome.left.keep_directory();
        }
        if plan.settings.core_files {
            outcome.left.keep_core_file();
        }
    }
}
