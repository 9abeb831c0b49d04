//! The human report: one line per case, then the counts of verdicts, then the details of failures.

use std::io::{self, Write};

use anstream::adapter::StripBytes;
use anstyle::{AnsiColor, Style};
use testprog_harness::report::RERUN_NOTE;
use testprog_harness::text;
use testprog_harness::verdict::Verdict;

use super::probes::write_probes;
use crate::run::attempt::Attempt;
use crate::run::plan::Plan;
use crate::run::results::{Finished, Standing, Tally};

/// Identifier of each verdict, and its words in the line of counts. The report shows the first two
/// counts even if they are 0.
const COUNTS: &[(&str, &str)] = &[
    ("pass", "passed"),
    ("fail", "failed"),
    ("flaky", "flaky"),
    ("leak", "leaked"),
    ("stale", "stale"),
    ("xpass", "passed unexpectedly (XPASS)"),
    ("xfail", "failed because of a known bug (XFAIL)"),
    ("unsupported", "unsupported"),
    ("unresolved", "unresolved"),
    ("not_run", "not run"),
];

pub(crate) fn write(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    // A report in a file has no colors.
    if !run.port.probes.is_empty() {
        write_probes(&run.port, out)?;
    }
    let mut human = Human::new(run.plan, Plain { out, state: StripBytes::new() });
    human.begin()?;
    if !run.plan.repeats() {
        run.tallies
            .iter()
            .filter(|tally| tally.runs > 0)
            .try_for_each(|tally| human.case(tally))?;
    }
    human.end(run)
}

/// Writer that removes the colors from the text and passes the text on.
struct Plain<'a> {
    out: &'a mut dyn Write,
    state: StripBytes,
}

impl Write for Plain<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.state.strip_next(bytes).try_for_each(|piece| self.out.write_all(piece))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writer of the human report, which prints while the run is in progress.
#[derive(Debug)]
pub(crate) struct Human<'a, W> {
    out: W,
    plan: &'a Plan<'a>,
    /// Length of the longest case name, in characters.
    width: usize,
}

impl<'a, W: Write> Human<'a, W> {
    pub(crate) fn new(plan: &'a Plan<'a>, out: W) -> Self {
        let lengths = plan.cases.iter().map(|case| case.name.chars().count());
        Self { out, plan, width: lengths.max().unwrap_or_default() }
    }

    /// Prints the seed first, so that the order can be repeated even if the run is interrupted.
    pub(crate) fn begin(&mut self) -> io::Result<()> {
        match self.plan.options.seed {
            Some(seed) => writeln!(self.out, "order: --shuffle={seed}"),
            None => Ok(()),
        }
    }

    pub(crate) fn case(&mut self, tally: &Tally<'_>) -> io::Result<()> {
        let strict = self.plan.options.strict;
        if self.plan.options.quiet
            && tally.standing(strict).is_none_or(|standing| standing <= Standing::Accepted)
        {
            return Ok(());
        }
        let style = self.style(tally);
        let word = tally.word(strict);
        let time = text::seconds(tally.wall());
        let reason = tally.reason(strict, self.plan.repeats());
        let line = format!("{:<width$}  {reason}", tally.name(), width = self.width);
        writeln!(self.out, "{style}{word:>11}{style:#} {time:>9}  {}", line.trim_end())
    }

    pub(crate) fn end(&mut self, run: &Finished<'_>) -> io::Result<()> {
        if self.plan.repeats() {
            if run.tallies.iter().any(|tally| run.failed(tally)) {
                writeln!(self.out)?;
            }
            run.tallies.iter().try_for_each(|tally| self.case(tally))?;
        }
        if run.tallies.is_empty() {
            // Only `cargo testprog port` can run without a case, if it runs only probes.
            return self.out.flush();
        }
        let counts: Vec<_> = COUNTS
            .iter()
            .enumerate()
            .map(|(place, (id, words))| (place, run.count(id), words))
            .filter(|(place, count, _)| *count > 0 || *place < 2)
            .map(|(_, count, words)| format!("{count} {words}"))
            .collect();
        let (counts, wall) = (counts.join(", "), text::seconds(run.wall));
        writeln!(self.out, "\n{} in {wall}: {counts}", self.size(run))?;
        for tally in run.tallies.iter().filter(|tally| run.failed(tally)) {
            let style = self.style(tally);
            let name = text::one_line(&tally.case.name);
            write!(self.out, "\n{style}{name}{style:#}\n{}", run.details(tally)?)?;
        }
        if run.tallies.iter().any(|tally| run.failed(tally)) {
            writeln!(self.out, "\n{RERUN_NOTE}")?;
        }
        self.out.flush()
    }

    /// Returns the number of cases and runs in words.
    fn size(&self, run: &Finished<'_>) -> String {
        let total = self.plan.cases.len();
        let noun = if total == 1 { "case" } else { "cases" };
        let left_out = match self.plan.suite.cases.len() - total {
            0 => String::new(),
            left_out => {
                format!(" ({left_out} left out by {})", self.plan.options.choice.left_out_by())
            }
        };
        let runs = match run.tallies.iter().map(|tally| tally.runs).sum::<u64>() {
            _ if !self.plan.repeats() => String::new(),
            1 => ", 1 run".to_owned(),
            runs => format!(", {runs} runs"),
        };
        // The report mentions the zygote, since forked children differ from started children
        // (docs/command.md).
        let forked = if self.plan.options.settings.zygote { " forked from a zygote" } else { "" };
        format!("{total} {noun}{left_out}{runs}{forked}")
    }

    fn style(&self, tally: &Tally<'_>) -> Style {
        let verdict = tally.last().map(Attempt::verdict);
        let color = match (tally.standing(self.plan.options.strict), verdict) {
            (Some(Standing::Unresolved | Standing::Refused), _) => AnsiColor::Red,
            (Some(Standing::Flaky), _) if !self.plan.options.accept_flaky => AnsiColor::Red,
            (None | Some(Standing::Flaky), _)
            | (
                _,
                Some(
                    Verdict::Unsupported(_)
                    | Verdict::Stale(_)
                    | Verdict::Xfail { .. }
                    | Verdict::Pass { known: Some(_), .. },
                ),
            ) => AnsiColor::Yellow,
            (Some(Standing::Accepted), _) => AnsiColor::Green,
        };
        Style::new().fg_color(Some(color.into())).bold()
    }
}
