//! The capabilities of each matrix row, from the results of probes or, without probes, from the
//! cases' gates.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::grid::Grid;
use super::matrix::Row;
use crate::document::{CaseField, PROBES};

/// State of a capability in one row of a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) is_there: bool,
    /// State in one to three words, such as `there` or `does not link`.
    pub(super) state: String,
    /// Reason why the capability is missing, or a value that the capability's probe printed; may be
    /// empty.
    pub(super) reason: String,
}

/// Fields that this module reads of a probe's entry in a report of `cargo testprog port`.
#[derive(Deserialize)]
struct Probe {
    name: String,
    state: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    area: String,
}

/// Returns the capabilities that probes found or missed, or an empty map if the matrix row has no
/// probes.
pub(super) fn probed(row: &Row) -> BTreeMap<String, Found> {
    let probes = probes(row).into_iter();
    // A probe that was not run says nothing about its capability.
    let probes = probes.filter(|probe| probe.state != "not_run");
    let found = probes.map(|Probe { name, state, reason, value, .. }| {
        let is_there = state == "present";
        let reason = if is_there { value.unwrap_or_default() } else { reason };
        (name, Found { is_there, state: state.replace('_', " "), reason })
    });
    found.collect()
}

/// Returns the probes in the report of a matrix row, or no probes if the row has none.
fn probes(row: &Row) -> Vec<Probe> {
    let probes = row.report.as_ref().and_then(|report| report.added.get(PROBES));
    // Probes that cannot be read are from a later version of the command, and are ignored.
    probes.and_then(|probes| Deserialize::deserialize(probes).ok()).unwrap_or_default()
}

/// Capabilities of one area, each with its state in each matrix row.
pub(super) type Area = BTreeMap<String, Vec<Option<Found>>>;

/// Returns how many of an area's capabilities a matrix row has, and how many of the area's
/// capabilities have a known state in this row.
pub(super) fn score(area: &Area, row: usize) -> [usize; 2] {
    let known = area.values().filter_map(|cells| cells[row].as_ref());
    let is_there: Vec<_> = known.map(|found| found.is_there).collect();
    [is_there.iter().filter(|is_there| **is_there).count(), is_there.len()]
}

impl<'a> Grid<'a> {
    /// Returns the capabilities that some scenario needs, in alphabetical order.
    pub(super) fn needed(&self) -> BTreeSet<&'a str> {
        self.rows
            .iter()
            .flat_map(Row::cases)
            .flat_map(|case| &case.needs)
            .map(String::as_str)
            .collect()
    }

    /// Returns every probed or needed capability with its state in each matrix row, or `None` for
    /// an unknown state.
    pub(super) fn capabilities(&self) -> BTreeMap<String, Vec<Option<Found>>> {
        let mut known: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (index, row) in self.rows.iter().enumerate() {
            for (name, found) in of_row(row) {
                known.entry(name).or_insert_with(|| vec![None; self.rows.len()])[index] =
                    Some(found);
            }
        }
        known
    }

    /// Returns the capabilities by area. A capability without a probe belongs to the area whose
    /// name is empty.
    pub(super) fn areas(&self) -> BTreeMap<String, Area> {
        let probes = self.rows.iter().flat_map(probes);
        let area_of: BTreeMap<_, _> = probes.map(|probe| (probe.name, probe.area)).collect();
        let mut areas: BTreeMap<String, Area> = BTreeMap::new();
        for (name, cells) in self.capabilities() {
            let area = area_of.get(&name).cloned().unwrap_or_default();
            areas.entry(area).or_default().insert(name, cells);
        }
        areas
    }
}

fn of_row(row: &Row) -> BTreeMap<String, Found> {
    let mut known = BTreeMap::new();
    for case in row.cases() {
        for need in &case.needs {
            let found = gated(case, need);
            let entry = known.entry(need.clone()).or_insert_with(|| found.clone());
            if !found.is_there {
                *entry = found;
            }
        }
    }
    known.extend(probed(row));
    known
}

/// Returns the state of a needed capability, from the case's gate or, if the child has no gates,
/// from the reason of the case's skip.
fn gated(case: &CaseField, need: &str) -> Found {
    let skip = Some(&case.reason).filter(|_| case.verdict.id() == "unsupported");
    let missing = case.gate.as_ref().or(skip).and_then(|gate| {
        let rest = gate.strip_prefix(need)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix(": ") }
    });
    let (is_there, state) = match missing {
        None => (true, "there"),
        Some(_) => (false, "missing"),
    };
    Found { is_there, state: state.to_owned(), reason: missing.unwrap_or_default().to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::read::tests::{run, source};
    use super::*;

    #[test]
    fn a_probe_says_more_than_a_gate() {
        let mut run = run("t", &[("a", "unsupported"), ("b", "pass"), ("c", "unsupported")]);
        run["cases"][0]["needs"] = json!(["ucontext", "signals"]);
        run["cases"][0]["gate"] = "ucontext: none here".into();
        run["cases"][1]["needs"] = json!(["ucontext"]);
        run["cases"][2]["needs"] = json!(["fibers"]);
        run["cases"][2]["reason"] = "fibers".into();
        let found = |state: &str, reason: &str| {
            let is_there = matches!(state, "there" | "present");
            Some(Found { is_there, state: state.to_owned(), reason: reason.to_owned() })
        };
        let known = |run: &serde_json::Value| {
            let matrix = source("t", run).matrix;
            let known = Grid::new(&matrix).capabilities();
            known.into_iter().map(|(name, mut row)| (name, row.remove(0))).collect::<Vec<_>>()
        };
        let by_gates = [
            ("fibers".to_owned(), found("missing", "")),
            ("signals".to_owned(), found("there", "")),
            ("ucontext".to_owned(), found("missing", "none here")),
        ];
        assert_eq!(known(&run), by_gates);
        run["probes"] = json!([
            { "name": "altstack", "state": "present", "value": "MINSIGSTKSZ 2048", "reason": "" },
            { "name": "signals", "state": "does_not_link", "value": null, "reason": "raise" },
        ]);
        let [fibers, _, ucontext] = by_gates;
        assert_eq!(
            known(&run),
            [
                ("altstack".to_owned(), found("present", "MINSIGSTKSZ 2048")),
                fibers,
                ("signals".to_owned(), found("does not link", "raise")),
                ucontext,
            ]
        );
        run["probes"] = json!({ "of": "a later version" });
        assert_eq!(known(&run).len(), 3);
    }

    #[test]
    fn an_area_counts_what_is_known() {
        let mut run = run("t", &[("a", "pass")]);
        run["cases"][0]["needs"] = json!(["fibers"]);
        let probe = |name: &str, area: &str, state: &str| json!({ "name": name, "area": area, "state": state });
        run["probes"] = json!([
            probe("thread", "threads", "present"),
            probe("thread_exit", "threads", "runs_wrong"),
            probe("thread_key", "threads", "not_run"),
            probe("clock", "time", "present"),
        ]);
        let matrix = source("t", &run).matrix;
        let areas = Grid::new(&matrix).areas();
        let scores: Vec<_> = areas.iter().map(|(area, found)| (&**area, score(found, 0))).collect();
        assert_eq!(scores, [("", [1, 1]), ("threads", [1, 2]), ("time", [1, 1])]);
    }
}
