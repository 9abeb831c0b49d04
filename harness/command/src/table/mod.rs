//! Many run reports beside each other: the matrix report, which is a JSON document, and what it is shown as.
//!
//! `docs/matrix.schema.json` describes the document. Its rows are what a page or a table has as columns.

mod capabilities;
pub(super) mod changes;
mod grid;
pub(super) mod human;
pub(super) mod join;
pub(super) mod markdown;
mod page;
pub(super) mod read;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::changes::Change;
use super::args::{TableArgs, TableFormat};
use super::document::{self, Report, VerdictField};
use super::{Error, FAILED, NOTHING_RAN, SUCCESS, UNRESOLVED, json, outputs};

/// What ran where.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Matrix {
    pub(super) schema: u32,
    pub(super) kind: Kind,
    pub(super) tool: String,
    /// RFC 3339; of a merged report, when the first of its runs started.
    pub(super) started: String,
    pub(super) rows: Vec<Row>,
    #[serde(flatten)]
    pub(super) added: BTreeMap<String, Value>,
}

/// What tells a matrix report from a run report, which has no `kind`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Matrix,
}

/// One target and build.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Row {
    /// No other row has it.
    pub(super) name: String,
    pub(super) state: State,
    /// Why it did not run or failed; of a row that ran, what is missing of it.
    pub(super) reason: Option<String>,
    pub(super) report: Option<Report>,
    /// Which shards are in it, where it ran in shards.
    #[serde(default)]
    pub(super) shards: Option<Shards>,
    #[serde(flatten)]
    pub(super) added: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// There is a report.
    Ran,
    /// This machine lacks what the row needs. The reason says how to install it.
    NotRun,
    /// It could not be built, or there is no report for another reason.
    Failed,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Shards {
    pub(super) total: u32,
    /// In ascending order, counted from 1.
    pub(super) present: Vec<u32>,
}

impl Matrix {
    /// Returns a report of these rows.
    pub(super) fn new(started: String, rows: Vec<Row>) -> Self {
        Self {
            schema: document::SCHEMA,
            kind: Kind::Matrix,
            tool: document::TOOL.to_owned(),
            started,
            rows,
            added: BTreeMap::new(),
        }
    }

    /// Returns the matrix of one run. Where nothing else names it, `program` does.
    pub(super) fn of(report: Report, program: &str) -> Self {
        let name = report.name.clone().or_else(|| report.target.triple.clone());
        let name = name.unwrap_or_else(|| program.to_owned());
        Self::new(report.started.clone(), vec![Row::ran(name, report)])
    }

    /// Returns the exit status that says what came of all rows together.
    ///
    /// A row that was not run is no reason for another one, unless there is none that was.
    pub(super) fn status(&self) -> u8 {
        let cases = || self.rows.iter().flat_map(Row::cases);
        let refused = || cases().filter(|case| !case.accepted);
        if refused().any(|case| case.verdict != VerdictField::Unresolved) {
            FAILED
        } else if refused().next().is_some() || self.rows.iter().any(Row::is_incomplete) {
            UNRESOLVED
        } else if cases().next().is_none() {
            NOTHING_RAN
        } else {
            SUCCESS
        }
    }
}

impl Row {
    /// Returns a row that ran.
    pub(super) fn ran(name: String, report: Report) -> Self {
        let shards =
            report.shard.map(|shard| Shards { total: shard.total, present: vec![shard.index] });
        let mut row = Self { shards, ..Self::without_report(name, State::Ran, None) };
        row.reason = row.missing_shards();
        row.report = Some(report);
        row
    }

    /// Returns a row for which this machine lacks something; `reason` says how to install it.
    pub(super) fn not_run(name: String, reason: String) -> Self {
        Self::without_report(name, State::NotRun, Some(reason))
    }

    /// Returns a row that came to no report.
    pub(super) fn failed(name: String, reason: String) -> Self {
        Self::without_report(name, State::Failed, Some(reason))
    }

    fn without_report(name: String, state: State, reason: Option<String>) -> Self {
        Self { name, state, reason, report: None, shards: None, added: BTreeMap::new() }
    }

    pub(super) fn cases(&self) -> &[document::CaseField] {
        self.report.as_ref().map_or(&[], |report| &report.cases)
    }

    /// Returns what there is to know of its target and build beside its name.
    fn facts(&self) -> Vec<String> {
        let Some(report) = &self.report else { return Vec::new() };
        let target = &report.target;
        let libc = match (&target.libc, &target.libc_version) {
            (Some(libc), Some(version)) => Some(format!("{libc} {version}")),
            (libc, _) => libc.clone(),
        };
        let in_an = |emulator: &String| format!("in {emulator}");
        let panic = target.panic.as_ref().filter(|panic| *panic != "unwind");
        [
            target.triple.clone().filter(|triple| !self.name.contains(triple)),
            libc,
            target.build.clone(),
            panic.map(|panic| format!("panic={panic}")),
            target.crt.clone(),
            target.emulator.as_ref().map(in_an),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Returns the state and its reason.
    fn state_in_words(&self) -> String {
        let state = match self.state {
            State::Ran => "ran",
            State::NotRun => "not run",
            State::Failed => "failed",
        };
        match &self.reason {
            Some(reason) => format!("{state}: {reason}"),
            None => state.to_owned(),
        }
    }

    /// Returns whether there are cases of it that nobody judged.
    fn is_incomplete(&self) -> bool {
        self.state == State::Failed || self.missing_shards().is_some()
    }

    /// Returns which shards are missing, in words.
    fn missing_shards(&self) -> Option<String> {
        // The total is a number from a file: it may be any.
        const MOST: usize = 20;
        let Shards { total, present } = self.shards.as_ref()?;
        let missing = (1..=*total).filter(|index| !present.contains(index));
        let mut names: Vec<_> =
            missing.clone().take(MOST).map(|index| format!("{index}/{total}")).collect();
        let count = *total as usize - present.len();
        if count > MOST {
            names.push(format!("{} more", count - MOST));
        }
        let noun = if count == 1 { "shard is" } else { "shards are" };
        (count > 0).then(|| format!("{count} {noun} missing: {}", names.join(", ")))
    }
}

/// A matrix and what there is to compare it with.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) matrix: &'a Matrix,
    /// What changed since a baseline, if there is one.
    pub(super) changes: Option<Vec<Change>>,
}

impl View<'_> {
    /// Returns the exit status: that of the matrix, or that something got worse.
    pub(super) fn status(&self) -> u8 {
        match &self.changes {
            Some(changes) if changes::got_worse(changes) => FAILED,
            _ => self.matrix.status(),
        }
    }
}

/// Writes what is asked for: to standard output, and to files.
pub(super) fn print_and_write(view: &View<'_>, args: &TableArgs) -> Result<(), Error> {
    let printed = print(view, args.format).map_err(|error| Error::write(&error)).err();
    let write = |format, out: &mut dyn Write| write(view, format, out);
    let errors = printed.into_iter().chain(outputs::write_files(&args.outputs, write));
    Error::all(errors).map_or(Ok(()), Err)
}

/// Writes to standard output, as wide as the terminal is.
fn print(view: &View<'_>, format: TableFormat) -> io::Result<()> {
    let width = human::terminal_width().unwrap_or(human::WIDTH);
    match anstream::AutoStream::choice(&io::stdout()) {
        anstream::ColorChoice::Never => write_plain(view, format, width, &mut io::stdout().lock()),
        _ if format != TableFormat::Human => write(view, format, &mut io::stdout().lock()),
        _ => human::write(view, width, &mut anstream::stdout().lock()),
    }
}

/// Writes what is for a file.
pub(super) fn write(view: &View<'_>, format: TableFormat, out: &mut dyn Write) -> io::Result<()> {
    write_plain(view, format, human::WIDTH, out)
}

/// Writes without colors.
fn write_plain(
    view: &View<'_>,
    format: TableFormat,
    width: u16,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        TableFormat::Human => {
            let mut plain = anstream::StripStream::new(Vec::new());
            human::write(view, width, &mut plain)?;
            // A cell is padded to the width of its column.
            String::from_utf8_lossy(&plain.into_inner())
                .lines()
                .try_for_each(|line| writeln!(out, "{}", line.trim_end()))
        }
        TableFormat::Json => json::write(view.matrix, out),
        TableFormat::Markdown => markdown::write(view, out),
        TableFormat::Html => page::write(view, out),
    }
}
