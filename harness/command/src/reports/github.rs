//! The report for GitHub Actions: a line a case, an annotation for each failure, and a summary in Markdown.
//!
//! The runner takes a line that begins with `::`, and `##[` anywhere in a line, for a command of the workflow. Nothing
//! foreign may be one.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

use testprog_harness::text;

use crate::markup::markdown;
use crate::run::results::{Finished, Tally};

/// What is written instead of `##[`.
const NO_COMMAND: &str = "#\\x23[";
/// GitHub refuses a summary of more than 1 MiB; each row is far below 4 KiB.
const ROWS: usize = 200;

pub(crate) fn write(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(seed) = run.plan.options.seed {
        writeln!(out, "order: --shuffle={seed}")?;
    }
    for tally in &run.tallies {
        let line = format!("{}  {}  {}", run.word(tally), tally.name(), run.reason(tally));
        writeln!(out, "{}", harmless(line.trim_end()))?;
    }
    for tally in run.tallies.iter().filter(|tally| run.failed(tally)) {
        let level = if run.is_accepted(tally) { "warning" } else { "error" };
        let title = property(&format!("{}: {}", run.word(tally), tally.name()));
        let details = format!("{}\n{}", run.reason(tally), run.details(tally));
        writeln!(out, "::{level} title={title}::{}", data(details.trim_end()))?;
    }
    Ok(())
}

/// Returns where the summary goes, if anywhere.
pub(crate) fn summary_path() -> Option<PathBuf> {
    env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from)
}

pub(crate) fn write_summary(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    let program = run.plan.suite.program.path.file_name().unwrap_or_default();
    writeln!(out, "### {}\n", markdown(&text::escape(program.as_encoded_bytes())))?;
    let (total, passed) = (run.tallies.len(), run.count("pass"));
    writeln!(out, "{passed} of {total} cases passed in {}.\n", text::seconds(run.wall))?;
    let told: Vec<_> = run.tallies.iter().filter(|tally| is_told(run, tally)).collect();
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
        more => writeln!(out, "\n{more} more are not shown.\n"),
    }
}

/// A plain pass is only counted.
fn is_told(run: &Finished<'_>, tally: &Tally<'_>) -> bool {
    tally.id(run.plan.options.strict) != "pass" || run.plan.repeats()
}

/// Returns the text of a command, as the runner decodes it.
fn data(text: &str) -> String {
    text.replace("##[", NO_COMMAND).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Returns the value of a command's property, as the runner decodes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns a line that is no command.
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
