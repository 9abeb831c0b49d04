//! Reports of one run, one module per format.

mod github;
pub(crate) mod human;
pub(crate) mod json;
mod junit;
pub(crate) mod probes;
mod program;
mod source;
mod tap;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use testprog_harness::text;

use crate::document::CaseField;
use crate::error::Error;
use crate::files;
use crate::files::{Outputs, guarded};
use crate::run::results::{Finished, Tally};
use crate::table::matrix::Matrix;
use crate::table::view::{self, View};
use crate::values::{Format, TableFormat};

/// Writes a report of the run in the given format.
pub(crate) fn write(run: &Finished<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    guarded(|| match format {
        Format::Human => human::write(run, out),
        Format::Json => json::write(run, out),
        Format::Junit => junit::write(run, out),
        Format::Tap => tap::write(run, out),
        Format::Github => github::write(&[github::Part::of(run, None)?], out),
        Format::Markdown => table(run, TableFormat::Markdown, out),
        Format::Html => table(run, TableFormat::Html, out),
    })
}

/// Returns the format of a table that contains what a report in the given format contains.
pub(crate) fn table_format(format: Format) -> Option<TableFormat> {
    match format {
        Format::Json => Some(TableFormat::Json),
        Format::Markdown => Some(TableFormat::Markdown),
        Format::Html => Some(TableFormat::Html),
        Format::Human | Format::Junit | Format::Tap | Format::Github => None,
    }
}

/// Returns true if a report in the given format shows the output of cases that pass.
pub(crate) fn shows_passed_output(format: Format) -> bool {
    match format {
        Format::Json | Format::Junit | Format::Html => true,
        Format::Human | Format::Tap | Format::Github | Format::Markdown => false,
    }
}

/// Writes a run as a matrix of one row.
fn table<'a>(run: &'a Finished<'_>, format: TableFormat, out: &mut dyn Write) -> io::Result<()> {
    let matrix = Matrix::of(json::without_output(run), &program::name(run));
    let shown = |tally: &'a Tally<'_>| Some((&*tally.case.name, &*tally.shown.as_ref()?.attempts));
    let attempts: BTreeMap<_, _> = run.tallies.iter().filter_map(shown).collect();
    let whole = |_, case: &CaseField| {
        let attempts = attempts.get(&*case.name).copied().unwrap_or_default();
        json::with_output(case, &run.store, attempts).map(Cow::Owned)
    };
    view::write(
        &View { matrix: &matrix, is_shard: false, changes: None, whole: &whole },
        format,
        out,
    )
}

/// Writes every report that goes to a file, and returns the errors.
///
/// A failed write does not stop the writing of the other reports. A run that reports in GitHub's
/// format, on standard output or in a file, also gets a summary.
pub(crate) fn write_all(
    run: &Finished<'_>,
    printed: Format,
    outputs: &Outputs<Format>,
) -> Vec<Error> {
    let mut errors = outputs.write(|format, out| write(run, format, out));
    if printed == Format::Github || outputs.formats().any(|format| format == Format::Github) {
        errors.extend(append_summary(|out| {
            github::write_summary(&[github::Part::of(run, None)?], out)
        }));
    }
    errors
}

/// Appends the text that `write` writes to the summary of a GitHub workflow's step, if GitHub has
/// named a file for the summary. Returns the error of a failed write.
fn append_summary(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Option<Error> {
    let path = github::summary_path()?;
    files::append(&path, write).map_err(|error| files::failed(&path, &error)).err()
}

/// Reports of several programs in the formats that are not tables.
#[derive(Debug)]
pub(crate) struct Several {
    human: Option<Vec<u8>>,
    junit: Option<junit::Suites>,
    tap: Option<tap::Lines>,
    github: Option<Vec<github::Part>>,
}

impl Several {
    /// Returns reports in the requested formats, before the first program has run.
    pub(crate) fn new(has: impl Fn(Format) -> bool) -> io::Result<Self> {
        Ok(Self {
            human: has(Format::Human).then(Vec::new),
            junit: if has(Format::Junit) { Some(junit::Suites::new()?) } else { None },
            tap: if has(Format::Tap) { Some(tap::Lines::new()?) } else { None },
            github: has(Format::Github).then(Vec::new),
        })
    }

    /// Adds the run of a program.
    pub(crate) fn add(&mut self, run: &Finished<'_>, program: &str) -> io::Result<()> {
        guarded(|| {
            if let Some(human) = &mut self.human {
                writeln!(human, "{}:", text::one_line(program))?;
                human::write(run, human)?;
            }
            if let Some(suites) = &mut self.junit {
                suites.add(run, program)?;
            }
            if let Some(lines) = &mut self.tap {
                lines.add(run, program)?;
            }
            if let Some(parts) = &mut self.github {
                parts.push(github::Part::of(run, Some(program))?);
            }
            Ok(())
        })
    }

    /// Adds a program whose cases could not run, such as a program whose listing is not valid.
    /// `run_name` is the name of the run (`--name`).
    pub(crate) fn add_failed(
        &mut self,
        program: &str,
        reason: &str,
        run_name: Option<&str>,
    ) -> io::Result<()> {
        if let Some(human) = &mut self.human {
            writeln!(human, "{}:\n{}\n", text::one_line(program), text::one_line(reason))?;
        }
        if let Some(suites) = &mut self.junit {
            suites.add_failed(program, reason, run_name)?;
        }
        if let Some(lines) = &mut self.tap {
            lines.add_failed(program, reason)?;
        }
        if let Some(parts) = &mut self.github {
            parts.push(github::Part::failed(program, reason)?);
        }
        Ok(())
    }

    /// Writes the reports in a format that is not a table.
    pub(crate) fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Junit => self.junit.iter().try_for_each(|suites| suites.write(out)),
            Format::Tap => self.tap.iter().try_for_each(|lines| lines.write(out)),
            Format::Github => self.github.iter().try_for_each(|parts| github::write(parts, out)),
            _ => self.human.iter().try_for_each(|text| out.write_all(text)),
        }
    }

    /// Appends the report to the summary of a GitHub workflow's step. Returns the error of a failed
    /// write.
    pub(crate) fn append_summary(&self) -> Option<Error> {
        let parts = self.github.as_ref()?;
        append_summary(|out| github::write_summary(parts, out))
    }
}
