//! The report for a person: one line a case, then the counts, then each failure.

use std::io::{self, Write};
use std::time::Duration;

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use harness::suite::Trial;
use harness::verdict::Verdict;
use harness::{Case, report};

use super::run::{Counts, Finished};

/// Writes the report to standard output as the run goes on.
pub(super) struct Human {
    out: AutoStream<io::Stdout>,
    /// The length of the longest name.
    width: usize,
    strict: bool,
}

impl Human {
    pub(super) fn new(cases: &[&Case], strict: bool) -> Self {
        let width = cases.iter().map(|case| case.name.chars().count()).max().unwrap_or_default();
        Self { out: anstream::stdout(), width, strict }
    }

    pub(super) fn case(&mut self, case: &Case, trial: &Trial) -> io::Result<()> {
        let style = style(&trial.verdict, self.strict);
        let word = report::word(&trial.verdict);
        let wall = trial.outcome.as_ref().map_or(Duration::ZERO, |outcome| outcome.wall);
        let time = report::seconds(wall);
        let reason = report::reason(&trial.verdict);
        let line = format!("{:<width$}  {reason}", case.name, width = self.width);
        writeln!(self.out, "{style}{word:>11}{style:#} {time:>9}  {}", line.trim_end())
    }

    pub(super) fn end(&mut self, run: &Finished<'_>) -> io::Result<()> {
        let Counts { pass, fail, unsupported, unresolved, leak, stale, known_fail, unexpected } =
            Counts::of(&run.trials);
        let total = run.trials.len();
        let left_out = match run.suite.cases.len() - total {
            0 => String::new(),
            left_out => format!(" ({left_out} left out by the filter)"),
        };
        let counts: Vec<String> = [
            (pass, "passed"),
            (fail, "failed"),
            (leak, "leaked"),
            (stale, "stale"),
            (unexpected, "unexpectedly passed"),
            (known_fail, "failed by a known bug"),
            (unsupported, "unsupported"),
            (unresolved, "unresolved"),
        ]
        .into_iter()
        .filter(|(count, word)| *count > 0 || *word == "passed" || *word == "failed")
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        let noun = if total == 1 { "case" } else { "cases" };
        let counts = counts.join(", ");
        writeln!(
            self.out,
            "\n{total} {noun}{left_out} in {}: {counts}",
            report::seconds(run.wall)
        )?;
        for (case, trial) in run.cases.iter().zip(&run.trials) {
            if !trial.verdict.is_accepted(run.strict) {
                let style = style(&trial.verdict, run.strict);
                let text = report::failure(&run.suite.program, case, trial, run.settings);
                write!(self.out, "\n{style}{}{style:#}\n{text}", case.name)?;
            }
        }
        self.out.flush()
    }
}

fn style(verdict: &Verdict, strict: bool) -> Style {
    let color = match verdict {
        Verdict::Unsupported(_) | Verdict::KnownFail { .. } => AnsiColor::Yellow,
        other if !other.is_accepted(strict) => AnsiColor::Red,
        Verdict::Stale(_) | Verdict::Pass { known: Some(_), .. } => AnsiColor::Yellow,
        _ => AnsiColor::Green,
    };
    Style::new().fg_color(Some(color.into())).bold()
}
