//! The report for GitHub Actions: a line per case, an annotation per failure, a Markdown summary.
//!
//! GitHub's runner executes workflow commands, which begin with `::` at the beginning of a line, or
//! with `##[` anywhere in a line. This module escapes `::` and `##[` in foreign text, so that
//! GitHub's runner executes no command of a child.

use std::cmp::Reverse;
use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use testprog_harness::verdict::Verdict;
use testprog_harness::{report, text};

use super::source;
use crate::markup::markdown;
use crate::run::results::{Finished, Standing, Tally};

/// Text that replaces `##[`, so that GitHub's runner sees no workflow command.
const NO_COMMAND: &str = "#\\x23[";
/// Maximum number of lines in the table of the summary. GitHub refuses a summary over 1 MiB, and a
/// line takes less than 4 KiB.
const ROWS: usize = 200;
/// Maximum number of annotations. GitHub shows at most 10 errors and 10 warnings of a step
/// (<https://docs.github.com/en/rest/checks/runs>).
const ANNOTATIONS: usize = 10;

/// Report of one run. The reports of several runs become one report, because GitHub limits the
/// annotations of a whole step.
#[derive(Debug)]
pub(crate) struct Part {
    /// Line for each case.
    lines: Vec<u8>,
    /// Annotations of the worst failures, with the worst failure first.
    annotations: Vec<Annotation>,
    /// Number of failures, with and without an annotation.
    failed: usize,
    /// Heading and counts of the summary.
    counts: Vec<u8>,
    /// Table of the summary, which is empty if every case simply passed.
    table: Vec<u8>,
}

#[derive(Debug)]
struct Annotation {
    rank: Rank,
    line: String,
}

/// Rank of a failure. A larger rank is a worse failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A failed case: whether the failure is refused, and the failure's standing.
    Case(bool, Option<Standing>),
    /// A program of which no case could run.
    Program,
}

impl Part {
    /// Returns the report of a run. The name of the program is the heading of the run's lines, if
    /// the report has several runs.
    pub(crate) fn of(run: &Finished<'_>, heading: Option<&str>) -> io::Result<Self> {
        let mut lines = Vec::new();
        if let Some(program) = heading {
            writeln!(lines, "{}:", harmless(&text::one_line(program)))?;
        }
        if let Some(seed) = run.plan.options.seed {
            writeln!(lines, "order: --shuffle={seed}")?;
        }
        for tally in &run.tallies {
            let line = format!("{}  {}  {}", run.word(tally), tally.name(), run.reason(tally));
            writeln!(lines, "{}", harmless(line.trim_end()))?;
        }
        let failed = failed(run);
        let worst = failed.iter().take(ANNOTATIONS);
        let annotations = worst
            .map(|(rank, tally)| Annotation::of(run, tally, *rank))
            .collect::<Result<_, _>>()?;
        let [counts, table] = summary(run, heading)?;
        Ok(Self { lines, annotations, failed: failed.len(), counts, table })
    }

    /// Returns the report of a program whose cases could not run.
    pub(crate) fn failed(program: &str, reason: &str) -> io::Result<Self> {
        let (program, reason) = (text::one_line(program), text::one_line(reason));
        let word = report::word(&Verdict::Unresolved(String::new()));
        let (mut lines, mut counts) = (Vec::new(), Vec::new());
        writeln!(lines, "{}:", harmless(&program))?;
        writeln!(lines, "{}", harmless(&format!("{word}  {reason}")))?;
        writeln!(counts, "### {}\n\n{}\n", markdown(&program), markdown(&reason))?;
        let title = property(&format!("{word}: {program}"));
        let line = format!("::error title={title}::{}", data(&reason));
        let annotations = vec![Annotation { rank: Rank::Program, line }];
        Ok(Self { lines, annotations, failed: 1, counts, table: Vec::new() })
    }
}

impl Annotation {
    fn of(run: &Finished<'_>, tally: &Tally<'_>, rank: Rank) -> io::Result<Self> {
        let level = if run.is_accepted(tally) { "warning" } else { "error" };
        let title = property(&format!("{}: {}", run.word(tally), tally.name()));
        let place = match source::of(run, tally) {
            Some((file, line)) => format!("file={},line={line},", property(&file)),
            None => String::new(),
        };
        let details = format!("{}\n{}", run.reason(tally), run.details(tally)?);
        let line = format!("::{level} {place}title={title}::{}", data(details.trim_end()));
        Ok(Self { rank, line })
    }
}

pub(crate) fn write(parts: &[Part], out: &mut dyn Write) -> io::Result<()> {
    parts.iter().try_for_each(|part| out.write_all(&part.lines))?;
    let mut annotations: Vec<_> = parts.iter().flat_map(|part| &part.annotations).collect();
    // The sort is stable, so failures of equal rank keep the order of the runs.
    annotations.sort_by_key(|annotation| Reverse(annotation.rank));
    for Annotation { line, .. } in annotations.into_iter().take(ANNOTATIONS) {
        writeln!(out, "{line}")?;
    }
    if let Some(rest) = without_annotation(parts) {
        writeln!(out, "{rest}")?;
    }
    Ok(())
}

/// Returns the cases with a failure and their ranks, with the worst cases first.
fn failed<'a>(run: &'a Finished<'_>) -> Vec<(Rank, &'a Tally<'a>)> {
    let failed = run.tallies.iter().filter(|tally| run.failed(tally));
    let rank = |tally| (Rank::Case(!run.is_accepted(tally), run.standing(tally)), tally);
    let mut failed: Vec<_> = failed.map(rank).collect();
    // The sort is stable, so cases of equal rank keep the order of the run.
    failed.sort_by_key(|(rank, _)| Reverse(*rank));
    failed
}

/// Returns a sentence about the failures that have no annotation, if there are any.
fn without_annotation(parts: &[Part]) -> Option<String> {
    let failed: usize = parts.iter().map(|part| part.failed).sum();
    match failed.saturating_sub(ANNOTATIONS) {
        0 => None,
        1 => Some("1 more failure has no annotation.".to_owned()),
        rest => Some(format!("{rest} more failures have no annotation.")),
    }
}

/// Returns the file for the summary, which GitHub names in `GITHUB_STEP_SUMMARY`.
pub(crate) fn summary_path() -> Option<PathBuf> {
    env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from)
}

pub(crate) fn write_summary(parts: &[Part], out: &mut dyn Write) -> io::Result<()> {
    let mut rest = without_annotation(parts);
    for Part { counts, table, .. } in parts {
        out.write_all(counts)?;
        // The number of failures without an annotation is about all runs, so the number follows the
        // first counts.
        if let Some(rest) = rest.take() {
            writeln!(out, "{rest}\n")?;
        }
        out.write_all(table)?;
    }
    Ok(())
}

/// Returns the heading with the counts, and the table of a run's summary.
fn summary(run: &Finished<'_>, heading: Option<&str>) -> io::Result<[Vec<u8>; 2]> {
    let program = heading.map_or_else(|| super::program::name(run), str::to_owned);
    let (total, passed) = (run.tallies.len(), run.count("pass"));
    let (mut counts, mut table) = (Vec::new(), Vec::new());
    writeln!(counts, "### {}\n", markdown(&text::within_line(program.as_bytes())))?;
    writeln!(counts, "{passed} of {total} cases passed in {}.\n", text::seconds(run.wall))?;
    let told: Vec<_> = run.tallies.iter().filter(|tally| is_told(run, tally)).collect();
    if told.is_empty() {
        return Ok([counts, table]);
    }
    writeln!(table, "| verdict | case | time | |\n|---|---|---:|---|")?;
    for tally in told.iter().take(ROWS) {
        let (word, name) = (run.word(tally), markdown(&tally.name()));
        let (time, reason) = (text::seconds(tally.wall()), markdown(&run.reason(tally)));
        writeln!(table, "| {word} | {name} | {time} | {reason} |")?;
    }
    match told.len().saturating_sub(ROWS) {
        0 => writeln!(table)?,
        more => writeln!(table, "\n{more} more cases are not shown.\n")?,
    }
    Ok([counts, table])
}

/// Returns whether the case gets a line in the summary's table. A case that simply passed gets no
/// line and is only counted.
fn is_told(run: &Finished<'_>, tally: &Tally<'_>) -> bool {
    tally.id(run.plan.options.strict) != "pass" || run.plan.repeats()
}

/// Encodes the message of a workflow command; GitHub's runner decodes it.
fn data(text: &str) -> String {
    text.replace("##[", NO_COMMAND).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Encodes a property of a workflow command, such as `title`; GitHub's runner decodes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns `line`, changed so that GitHub's runner sees no workflow command in the line.
fn harmless(line: &str) -> String {
    let line = line.replace('\n', " ").replace("##[", NO_COMMAND);
    match line.trim_start().strip_prefix("::") {
        Some(rest) => format!("\\x3a:{rest}"),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_escaped_as_the_runner_decodes_it() {
        assert_eq!(data("100%\r\n::error::"), "100%25%0D%0A::error::");
        assert_eq!(property("a: b, 5%\n"), "a%3A b%2C 5%25%0A");
        assert_eq!(property("##[error]x"), "#\\x23[error]x");
    }

    #[test]
    fn a_foreign_text_is_no_command() {
        assert_eq!(harmless("::error::x"), "\\x3a:error::x");
        assert_eq!(harmless("  ::set-env name=a::b"), "\\x3a:set-env name=a::b");
        assert_eq!(harmless("PASS  ##[error]x"), "PASS  #\\x23[error]x");
        assert_eq!(harmless("a\n::error::x"), "a ::error::x");
        assert_eq!(harmless("PASS  a::b"), "PASS  a::b");
    }
}
