//! The matrix report: the reports of several runs in one JSON document.
//!
//! `docs/matrix.schema.json` is the JSON Schema of the matrix report. Tables and the HTML page show
//! the rows of a matrix as columns.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::ser::{self, SerializeSeq as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::document::{self, CaseField, Report, VerdictField};
use crate::error::{FAILED, NOTHING_RAN, SUCCESS, UNRESOLVED};

/// Function that returns a case of a matrix with the case's output. The function's first argument
/// is the index of the case's row. A report with output calls the function when the report writes
/// the case, because the output of all cases may not fit into memory.
pub(crate) type Whole<'a> = dyn Fn(usize, &'a CaseField) -> io::Result<Cow<'a, CaseField>> + 'a;

/// Returns a case of a matrix that contains the output.
///
/// # Errors
///
/// Never returns an error. [`Whole`] returns a `Result`.
#[expect(clippy::unnecessary_wraps, reason = "`Whole` returns a `Result`")]
pub(crate) fn as_it_is(_row: usize, case: &CaseField) -> io::Result<Cow<'_, CaseField>> {
    Ok(Cow::Borrowed(case))
}

/// A matrix report.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Matrix<C = Vec<CaseField>> {
    pub(crate) schema: u32,
    pub(crate) kind: Kind,
    pub(crate) tool: String,
    /// Start time in RFC 3339 format. The start time of a merged report is the start of the
    /// earliest run.
    pub(crate) started: String,
    pub(crate) rows: Vec<Row<C>>,
    /// Value of `--title`: what was tested, such as a project and a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
    /// Value of `--link`: the web address of the CI run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
    #[serde(flatten)]
    pub(crate) added: BTreeMap<String, Value>,
}

/// Value of the field `kind`, which a run report does not have.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Matrix,
}

/// One row of a matrix: a target and a build, with the report of its run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Row<C = Vec<CaseField>> {
    /// Name of the row, unique in the matrix.
    pub(crate) name: String,
    pub(crate) state: State,
    /// Why the matrix row was not run or failed. If the matrix row ran, `reason` names the row's
    /// missing shards.
    pub(crate) reason: Option<String>,
    pub(crate) report: Option<Report<C>>,
    /// The shards in the report, if the matrix row ran in shards.
    #[serde(default)]
    pub(crate) shards: Option<Shards>,
    #[serde(flatten)]
    pub(crate) added: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The matrix row ran and has a report.
    Ran,
    /// The matrix row could not run on this computer. The matrix row's `reason` says which tool is
    /// missing, or how to install the tool.
    NotRun,
    /// The matrix row could not be built, or produced no report for another reason.
    Failed,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Shards {
    pub(crate) total: u32,
    /// Numbers of the shards in the report, counted from 1, in ascending order.
    pub(crate) present: Vec<u32>,
}

impl Matrix {
    /// Returns a matrix report of these rows, written by this version of the command.
    pub(crate) fn new(started: String, rows: Vec<Row>) -> Self {
        Self {
            schema: document::SCHEMA,
            kind: Kind::Matrix,
            tool: document::TOOL.to_owned(),
            started,
            rows,
            title: None,
            link: None,
            added: BTreeMap::new(),
        }
    }

    /// Sets the title and the link if they are given, and otherwise keeps the matrix's own title
    /// and link.
    pub(crate) fn label(&mut self, title: Option<&str>, link: Option<&str>) {
        self.title = title.map(str::to_owned).or(self.title.take());
        self.link = link.map(str::to_owned).or(self.link.take());
    }

    /// Returns the matrix of one run, whose row is named after the run, its target, or `program`.
    pub(crate) fn of(report: Report, program: &str) -> Self {
        let name = report.name.clone().or_else(|| report.target.triple.clone());
        let name = name.unwrap_or_else(|| program.to_owned());
        Self::new(report.started.clone(), vec![Row::ran(name, report)])
    }

    /// Returns the matrix with cases that are read when they are written.
    pub(crate) fn lazy<'a>(&'a self, whole: &'a Whole<'a>) -> Matrix<Cases<'a>> {
        let Self { schema, kind, tool, started, rows, title, link, added } = self;
        let rows = rows.iter().enumerate();
        Matrix {
            schema: *schema,
            kind: *kind,
            tool: tool.clone(),
            started: started.clone(),
            rows: rows.map(|(index, row)| row.lazy(index, whole)).collect(),
            title: title.clone(),
            link: link.clone(),
            added: added.clone(),
        }
    }

    /// Returns the exit status for all matrix rows together.
    ///
    /// A matrix row that was not run does not change the status, unless no row ran. The subcommand
    /// `matrix` itself checks for rows that were not run. If the command itself ran one shard
    /// (`is_shard`), the other shards are not missing, because other runs judge their cases.
    pub(crate) fn status(&self, is_shard: bool) -> u8 {
        let cases = || self.rows.iter().flat_map(Row::cases);
        let refused = || cases().filter(|case| !case.accepted);
        let is_unjudged =
            |row: &Row| if is_shard { row.state == State::Failed } else { row.is_incomplete() };
        if refused().any(|case| case.verdict != VerdictField::Unresolved) {
            FAILED
        } else if refused().next().is_some() || self.rows.iter().any(is_unjudged) {
            UNRESOLVED
        } else if cases().next().is_none() {
            NOTHING_RAN
        } else {
            SUCCESS
        }
    }
}

/// Cases of a matrix row, each of which is read with its output only when it is written.
pub(crate) struct Cases<'a> {
    index: usize,
    report: &'a Report,
    whole: &'a Whole<'a>,
}

impl Serialize for Cases<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.report.cases.len()))?;
        for case in &self.report.cases {
            let case = (self.whole)(self.index, case).map_err(ser::Error::custom)?;
            list.serialize_element(&case)?;
        }
        list.end()
    }
}

impl Row {
    /// Returns a matrix row that ran, with its report.
    pub(crate) fn ran(name: String, report: Report) -> Self {
        let shards =
            report.shard.map(|shard| Shards { total: shard.total, present: vec![shard.index] });
        let mut row = Self { shards, ..Self::without_report(name, State::Ran, None) };
        row.reason = row.missing_shards();
        row.report = Some(report);
        row
    }

    /// Returns a matrix row that could not run on this computer; `reason` says which tool is
    /// missing, or how to install the tool.
    pub(crate) fn not_run(name: String, reason: String) -> Self {
        Self::without_report(name, State::NotRun, Some(reason))
    }

    /// Returns the entry for a matrix row that has no report, because the build failed or the run
    /// printed no report. `reason` is the cause in words.
    pub(crate) fn failed(name: String, reason: String) -> Self {
        Self::without_report(name, State::Failed, Some(reason))
    }

    fn lazy<'a>(&'a self, index: usize, whole: &'a Whole<'a>) -> Row<Cases<'a>> {
        let Self { name, state, reason, report, shards, added } = self;
        let cases = |report: &'a Report| report.with_cases(Cases { index, report, whole });
        Row {
            name: name.clone(),
            state: *state,
            reason: reason.clone(),
            report: report.as_ref().map(cases),
            shards: shards.clone(),
            added: added.clone(),
        }
    }

    fn without_report(name: String, state: State, reason: Option<String>) -> Self {
        Self { name, state, reason, report: None, shards: None, added: BTreeMap::new() }
    }

    pub(crate) fn cases(&self) -> &[CaseField] {
        self.report.as_ref().map_or(&[], |report| &report.cases)
    }

    /// Returns facts about the matrix row's target and build, except facts that the row's name
    /// contains.
    pub(super) fn facts(&self) -> Vec<String> {
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

    /// Returns the matrix row's state and the reason for this state in words.
    pub(super) fn state_in_words(&self) -> String {
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

    /// Returns whether cases of the matrix row were not judged: the row failed, or lacks a shard.
    pub(super) fn is_incomplete(&self) -> bool {
        self.state == State::Failed || self.missing_shards().is_some()
    }

    /// Returns in words which shards are missing, or `None` if no shard is missing.
    pub(super) fn missing_shards(&self) -> Option<String> {
        // The total number of shards is an unchecked number from a file, so the list of missing
        // shards is limited.
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
