//! Prints progress on standard error: the names of slow cases and, on a terminal, a progress bar.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use testprog_harness::text;

use super::clock::Clock;
use super::plan::Plan;

/// Interval at which the bar is drawn again if no case starts or ends, so that the bar's clock
/// advances.
const TICK: Duration = Duration::from_secs(1);

/// The running cases, and the progress bar that shows them.
#[derive(Debug)]
pub(crate) struct Progress<'a> {
    plan: &'a Plan<'a>,
    clock: &'a Clock,
    bar: ProgressBar,
    /// The case that each worker runs at the moment, by the worker's number.
    running: Vec<Option<Running>>,
    failures: u64,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    index: usize,
    since: Instant,
    is_told: bool,
}

impl<'a> Progress<'a> {
    pub(super) fn new(plan: &'a Plan<'a>, clock: &'a Clock) -> Self {
        Self { plan, clock, bar: bar(plan), running: Vec::new(), failures: 0 }
    }

    pub(crate) fn started(&mut self, worker: usize, index: usize) {
        if worker >= self.running.len() {
            self.running.resize(worker + 1, None);
        }
        self.running[worker] = Some(Running { index, since: self.clock.now(), is_told: false });
        self.draw();
    }

    pub(crate) fn ended(&mut self, worker: usize, is_failure: bool) {
        self.running[worker] = None;
        self.failures += u64::from(is_failure);
        self.bar.inc(1);
        self.draw();
    }

    /// Forgets the case of a worker that has not finished the case.
    pub(crate) fn left(&mut self, worker: usize) {
        self.running[worker] = None;
        self.draw();
    }

    /// Prints the cases that have become slow. Returns the time, on the run's clock, at which the
    /// next of the running cases becomes slow.
    pub(crate) fn watch(&mut self) -> Option<Instant> {
        let now = self.clock.now();
        let slow = self.plan.options.slow;
        for running in self.running.iter_mut().flatten() {
            if !running.is_told && now.saturating_duration_since(running.since) >= slow {
                running.is_told = true;
                let name = text::within_line(self.plan.cases[running.index].name.as_bytes());
                let slow = text::seconds(slow);
                self.bar.suspend(|| {
                    // If standard error is closed, nobody reads the line, so the error is ignored.
                    let _ = writeln!(io::stderr(), "slow: {name} has been running for {slow}");
                });
            }
        }
        let untold = self.running.iter().flatten().filter(|running| !running.is_told);
        untold.filter_map(|running| running.since.checked_add(slow)).min()
    }

    /// Hides the bar while `write` prints, so that the bar and the printed text do not overwrite
    /// each other.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn draw(&self) {
        if self.bar.is_hidden() {
            return;
        }
        let name = |running: &Running| self.plan.cases[running.index].name.as_bytes();
        let names: Vec<_> =
            self.running.iter().flatten().map(|running| text::escape(name(running))).collect();
        let failed = match self.failures {
            0 => String::new(),
            failures => format!("{failures} failed  "),
        };
        self.bar.set_message(failed + &names.join(" "));
    }
}

/// Returns the progress bar. The bar stays hidden unless standard error is a terminal that can
/// overwrite its lines. The bar stays hidden with `--no-capture`, too, because the children's lines
/// would mix with the bar.
fn bar(plan: &Plan<'_>) -> ProgressBar {
    let target = match plan.options.settings.on_output {
        None if !plan.options.quiet => ProgressDrawTarget::stderr(),
        _ => ProgressDrawTarget::hidden(),
    };
    let total = plan.options.rounds.map(|rounds| rounds.saturating_mul(plan.cases.len() as u64));
    let (bar, template) = match total {
        Some(total) if plan.options.stress.is_none() => (
            ProgressBar::with_draw_target(Some(total), target),
            "{elapsed_precise} {bar:20} {pos}/{len}  {wide_msg}",
        ),
        _ => (
            ProgressBar::with_draw_target(None, target),
            "{elapsed_precise} {spinner} {pos} runs  {wide_msg}",
        ),
    };
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.expect("a test parses this constant template"));
    if !bar.is_hidden() {
        bar.enable_steady_tick(TICK);
    }
    bar
}
