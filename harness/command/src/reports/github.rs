//! The report for GitHub Actions: a line per case, an annotation per failure, a Markdown summary.
//!
//! GitHub's runner executes workflow commands, which begin with `::` at the beginning of a line, or
//! with `##[` anywhere in a line. This module escapes `::` and `##[` in foreign text, so that
//! GitHub's runner executes no command of a child.

use std::cmp::Reverse;
use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use testprog_harness::text;

use super::source;
use crate::markup::markdown;
use crate::run::results::{Finished, Tally};

/// Text that replaces `##[`, so that GitHub's runner sees no workflow command.
const NO_COMMAND: &str = "#\\x23[";
/// Maximum number of lines in the table of the summary. GitHub refuses a summary over 1 MiB, and a
/// line takes less than 4 KiB.
const ROWS: usize = 200;
/// Maximum number of annotations. GitHub shows at most 10 errors and 10 warnings of a step
/// (<https://docs.github.com/en/rest/checks/runs>).
const ANNOTATIONS: usize = 10;

pub(crate) fn write(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(seed) = run.plan.options.seed {
        writeln!(out, "order: --shuffle={seed}")?;
    }
    for tally in &run.tallies {
        let line = format!("{}  {}  {}", run.word(tally), tally.name(), run.reason(tally));
        writeln!(out, "{}", harmless(line.trim_end()))?;
    }
    let failed = failed(run);
    for tally in failed.iter().take(ANNOTATIONS) {
        let level = if run.is_accepted(tally) { "warning" } else { "error" };
        let title = property(&format!("{}: {}", run.word(tally), tally.name()));
        let place = match source::of(run, tally) {
            Some((file, line)) => format!("file={},line={line},", property(&file)),
            None => String::new(),
        };
        let details = format!("{}\n{}", run.reason(tally), run.details(tally)?);
        writeln!(out, "::{level} {place}title={title}::{}", data(details.trim_end()))?;
    }
    if let Some(rest) = without_annotation(failed.len()) {
        writeln!(out, "{rest}")?;
    }
    Ok(())
}

/// Returns the cases with a failure, with the worst cases first.
fn failed<'a>(run: &'a Finished<'_>) -> Vec<&'a Tally<'a>> {
    let mut failed: Vec<_> = run.tallies.iter().filter(|tally| run.failed(tally)).collect();
    // The sort is stable, so cases of equal standing keep the order of the run.
    failed.sort_by_key(|tally| Reverse((!run.is_accepted(tally), run.standing(tally))));
    failed
}

/// Returns a sentence about the failures that have no annotation, if there are any.
fn without_annotation(failed: usize) -> Option<String> {
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

pub(crate) fn write_summary(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    let program = super::program::name(run);
    writeln!(out, "### {}\n", markdown(&text::within_line(program.as_bytes())))?;
    let (total, passed) = (run.tallies.len(), run.count("pass"));
    writeln!(out, "{passed} of {total} cases passed in {}.\n", text::seconds(run.wall))?;
    let told: Vec<_> = run.tallies.iter().filter(|tally| is_told(run, tally)).collect();
    if let Some(rest) = without_annotation(failed(run).len()) {
        writeln!(out, "{rest}\n")?;
    }
    if told.is_empty() {
        return Ok(());
    }
    writeln!(out, "| verdict | case | time | |\n|---|---|---:|---|")?;
    for tally in told.iter().take(ROWS) {
        let (word, name) = (run.word(tally), markdown(&tally.name()));
        let (time, reason) = (text::seconds(tally.wall()), markdown(&run.reason(tally)));
        writeln!(out, "| {word} | {name} | {time} | {reason} |")?;
    }
    match told.len().saturating_sub(ROWS) {
        0 => writeln!(out),
        more => writeln!(out, "\n{more} more cases are not shown.\n"),
    }
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
