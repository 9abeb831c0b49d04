//! The report in the Test Anything Protocol (TAP), version 13: a line per case, details as YAML.
//!
//! Version 14 of TAP would add only subtests, which this report does not have. `prove` of Perl 5.36
//! refuses a report in version 14 of TAP.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write};

use testprog_harness::spawn::Output;
use testprog_harness::verdict::Verdict;
use testprog_harness::{report, text};

use crate::run::attempt::Attempt;
use crate::run::results::{self, Finished, Standing, Tally};

pub(crate) fn write(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_plan(run.tallies.len(), out)?;
    write_cases(run, "", 1, out)
}

/// Test lines of several programs, which share one plan.
#[derive(Debug)]
pub(crate) struct Lines {
    /// Number of test lines.
    count: usize,
    /// Temporary file with the lines after the plan, which may not fit into memory.
    file: File,
}

impl Lines {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { count: 0, file: tempfile::tempfile()? })
    }

    /// Adds the test lines of a program's run. Each line contains the program's name.
    pub(crate) fn add(&mut self, run: &Finished<'_>, program: &str) -> io::Result<()> {
        let prefix = format!("{}: ", text::one_line(program));
        let mut file = BufWriter::new(&self.file);
        write_cases(run, &prefix, self.count + 1, &mut file)?;
        self.count += run.tallies.len();
        file.flush()
    }

    /// Adds one test line that fails, for a program whose cases could not run. A line `Bail out!`
    /// would hide the test lines of the other programs.
    pub(crate) fn add_failed(&mut self, program: &str, reason: &str) -> io::Result<()> {
        self.count += 1;
        let name = description(&text::one_line(program));
        let verdict = results::id(&Verdict::Unresolved(String::new()));
        let mut file = &self.file;
        writeln!(file, "not ok {} - {name}\n  ---", self.count)?;
        writeln!(file, "  verdict: {verdict}\n  reason: {}\n  ...", quoted(reason))
    }

    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        write_plan(self.count, out)?;
        let mut file = &self.file;
        file.rewind()?;
        io::copy(&mut file, out)?;
        Ok(())
    }
}

fn write_plan(count: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "TAP version 13\n1..{count}")
}

/// Writes the test lines of a run. The number of the first line is `first`, and each description
/// begins with `prefix`.
fn write_cases(
    run: &Finished<'_>,
    prefix: &str,
    first: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(seed) = run.plan.options.seed {
        writeln!(out, "# {prefix}order: --shuffle={seed}")?;
    }
    for (number, tally) in (first..).zip(&run.tallies) {
        let not = if is_ok(run, tally) { "" } else { "not " };
        let name = description(&format!("{prefix}{}", tally.name()));
        writeln!(out, "{not}ok {number} - {name}{}", directive(run, tally))?;
        if run.failed(tally) || run.plan.repeats() || is_known(tally) {
            diagnostics(run, tally, out)?;
        }
    }
    Ok(())
}

/// Returns whether the case's line begins with `ok`.
///
/// A case that fails because of its known bug is `not ok`, with a `TODO` directive that makes
/// readers accept the failure.
fn is_ok(run: &Finished<'_>, tally: &Tally<'_>) -> bool {
    run.is_accepted(tally) && !is_known(tally)
}

fn is_known(tally: &Tally<'_>) -> bool {
    tally.last().is_some_and(|attempt| matches!(attempt.verdict(), Verdict::Xfail { .. }))
}

fn directive(run: &Finished<'_>, tally: &Tally<'_>) -> String {
    let word = match (tally.last().map(Attempt::verdict), tally.standing(run.plan.options.strict)) {
        (None, _) | (Some(Verdict::Unsupported(_)), Some(Standing::Accepted)) => "SKIP",
        (Some(Verdict::Xfail { .. }), Some(Standing::Accepted)) => "TODO",
        _ => return String::new(),
    };
    format!(" # {word} {}", description(&run.reason(tally)))
}

/// Writes the details of a case as a YAML block. Foreign text is quoted, so it cannot begin a line
/// of the report.
fn diagnostics(run: &Finished<'_>, tally: &Tally<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  ---")?;
    writeln!(out, "  verdict: {}", tally.id(run.plan.options.strict))?;
    writeln!(out, "  reason: {}", quoted(&run.reason(tally)))?;
    writeln!(out, "  expected: {}", quoted(&report::expected(&tally.case.expect)))?;
    writeln!(out, "  duration_ms: {}", tally.wall().as_millis())?;
    if run.plan.repeats() {
        writeln!(out, "  runs: {}\n  passes: {}", tally.runs, tally.passes)?;
    }
    if let Some(failed) = tally.shown.as_ref().filter(|_| run.failed(tally)) {
        if let Some(rerun) = run.plan.rerun(tally.case) {
            writeln!(out, "  rerun: {}", quoted(&rerun))?;
        }
        writeln!(out, "  attempts:")?;
        for attempt in &failed.attempts {
            writeln!(out, "    - verdict: {}", results::id(attempt.verdict()))?;
            writeln!(out, "      reason: {}", quoted(&attempt.reason()))?;
            if attempt.facts().is_some() {
                let [stdout, stderr] = run.store.get(attempt.output())?;
                stream("stdout", stdout, out)?;
                stream("stderr", stderr, out)?;
            }
        }
    }
    writeln!(out, "  ...")
}

fn stream(name: &str, output: Output, out: &mut dyn Write) -> io::Result<()> {
    if output.is_empty() {
        return writeln!(out, "      {name}: []");
    }
    writeln!(out, "      {name}:")?;
    let bytes = results::kept(output);
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    bytes.split(|byte| *byte == b'\n').try_for_each(|line| {
        let line = serde_json::Value::from(text::within_line(line));
        writeln!(out, "        - {line}")
    })
}

/// Returns a text as a YAML scalar on one line.
///
/// A JSON string is also a YAML scalar once the characters that YAML cannot hold are escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text::escape(text.as_bytes())).to_string()
}

/// Escapes a text for a test line, in which `#` begins a directive.
fn description(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_stays_on_its_line() {
        for text in
            ["not ok 1\nok 2", "  ...\nBail out!", "\0\u{1b}[2J\u{85}\u{2028}", "\"\\ # TODO"]
        {
            let quoted = quoted(text);
            assert!(quoted.starts_with('"') && quoted.ends_with('"'), "{quoted}");
            assert!(!quoted.contains(|c: char| c.is_control() || c == '\u{2028}'), "{quoted}");
            let read: String = serde_json::from_str(&quoted).unwrap();
            assert_eq!(read, text::escape(text.as_bytes()));
        }
    }

    #[test]
    fn a_name_begins_no_directive() {
        assert_eq!(description("a#SKIP"), "a\\#SKIP");
        assert_eq!(description("a\\#TODO"), "a\\\\\\#TODO");
    }
}
