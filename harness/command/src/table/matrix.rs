//! Many run reports beside each other: the matrix report, which is a JSON document, and what it is
//! shown as.
//!
//! `docs/matrix.schema.json` describes the document. Its rows are what a page or a table has as
//! columns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::{self, Report, VerdictField};
use crate::error::{FAILED, NOTHING_RAN, SUCCESS, UNRESOLVED};

/// What ran where.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Matrix {
    pub(crate) schema: u32,
    pub(crate) kind: Kind,
    pub(crate) tool: String,
    /// RFC 3339; of a merged report, when the first of its runs started.
    pub(crate) started: String,
    pub(crate) rows: Vec<Row>,
    #[serde(flatten)]
    pub(crate) added: BTreeMap<String, Value>,
}

/// What tells a matrix report from a run report, which has no `kind`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Matrix,
}

/// One target and build.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Row {
    /// No other row has it.
    pub(crate) name: String,
    pub(crate) state: State,
    /// Why it did not run or failed; of a row that ran, what is missing of it.
    pub(crate) reason: Option<String>,
    pub(crate) report: Option<Report>,
    /// Which shards are in it, where it ran in shards.
    #[serde(default)]
    pub(crate) shards: Option<Shards>,
    #[serde(flatten)]
    pub(crate) added: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// There is a report.
    Ran,
    /// This machine lacks what the row needs. The reason says how to install it.
    NotRun,
    /// It could not be built, or there is no report for another reason.
    Failed,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Shards {
    pub(crate) total: u32,
    /// In ascending order, counted from 1.
    pub(crate) present: Vec<u32>,
}

impl Matrix {
    /// Returns a report of these rows.
    pub(crate) fn new(started: String, rows: Vec<Row>) -> Self {
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
    pub(crate) fn of(report: Report, program: &str) -> Self {
        let name = report.name.clone().or_else(|| report.target.triple.clone());
        let name = name.unwrap_or_else(|| program.to_owned());
        Self::new(report.started.clone(), vec![Row::ran(name, report)])
    }

    /// Returns the exit status that says what came of all rows together.
    ///
    /// A row that was not run is no reason for another one, unless there is none that was.
    pub(crate) fn status(&self) -> u8 {
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
    pub(crate) fn ran(name: String, report: Report) -> Self {
        let shards =
            report.shard.map(|shard| Shards { total: shard.total, present: vec![shard.index] });
        let mut row = Self { shards, ..Self::without_report(name, State::Ran, None) };
        row.reason = row.missing_shards();
        row.report = Some(report);
        row
    }

    /// Returns a row for which this machine lacks something; `reason` says how to install it.
    pub(crate) fn not_run(name: String, reason: String) -> Self {
        Self::without_report(name, State::NotRun, Some(reason))
    }

    /// Returns a row that came to no report.
    pub(crate) fn failed(name: String, reason: String) -> Self {
        Self::without_report(name, State::Failed, Some(reason))
    }

    fn without_report(name: String, state: State, reason: Option<String>) -> Self {
        Self { name, state, reason, report: None, shards: None, added: BTreeMap::new() }
    }

    pub(crate) fn cases(&self) -> &[document::CaseField] {
        self.report.as_ref().map_or(&[], |report| &report.cases)
    }

    /// Returns what there is to know of its target and build beside its name.
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

    /// Returns the state and its reason.
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

    /// Returns whether there are cases of it that nobody judged.
    fn is_incomplete(&self) -> bool {
        self.state == State::Failed || self.missing_shards().is_some()
    }

    /// Returns which shards are missing, in words.
    pub(super) fn missing_shards(&self) -> Option<String> {
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
