//! What changed since an earlier report of the same port.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::Deserialize;

use super::State;
use crate::cli::Error;
use crate::cli::document::SCHEMA;
use crate::cli::results::Finished;

/// An earlier report: for each capability and case, how it was.
#[derive(Debug)]
pub(super) struct Baseline {
    path: String,
    entries: BTreeMap<Entry, String>,
}

/// What is compared: a capability or a case, by name.
type Entry = (&'static str, String);

#[derive(Deserialize)]
struct Document {
    schema: u32,
    #[serde(default)]
    probes: Vec<ProbeField>,
    cases: Vec<CaseField>,
}

#[derive(Deserialize)]
struct ProbeField {
    name: String,
    state: String,
}

#[derive(Deserialize)]
struct CaseField {
    name: String,
    verdict: String,
}

/// Only what every schema has.
#[derive(Deserialize)]
struct Versioned {
    schema: u32,
}

impl Baseline {
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let path_shown = path.display().to_string();
        let fail = |cause: &dyn std::fmt::Display| {
            Error::usage(format!("failed to read `{path_shown}`: {cause}"))
        };
        let text = fs::read_to_string(path).map_err(|error| fail(&error))?;
        let is_ours = |found: u32| match found {
            SCHEMA => Ok(()),
            other => Err(fail(&format!("it has schema {other}, and this command reads {SCHEMA}"))),
        };
        if let Ok(Versioned { schema }) = serde_json::from_str(&text) {
            is_ours(schema)?;
        }
        let document: Document = serde_json::from_str(&text).map_err(|error| {
            fail(&format!(
                "it is no JSON report: {}",
                harness::report::one_line(&error.to_string())
            ))
        })?;
        is_ours(document.schema)?;
        let probes = document
            .probes
            .into_iter()
            .map(|probe| ((CAPABILITY, probe.name), probe.state.replace('_', " ")));
        let cases = document
            .cases
            .into_iter()
            .map(|case| ((CASE, case.name), case.verdict.replace('_', " ")));
        Ok(Self { path: path_shown, entries: probes.chain(cases).collect() })
    }

    /// Tells what is different now.
    pub(super) fn compare(mut self, run: &Finished<'_>) -> Changes {
        let probes = run
            .probes
            .iter()
            .map(|probe| ((CAPABILITY, probe.name.clone()), probe.state.word().to_owned()));
        let cases = run.tallies.iter().map(|tally| {
            ((CASE, tally.case.name.clone()), tally.id(run.plan.strict).replace('_', " "))
        });
        let mut changes = Changes { path: self.path, changes: Vec::new() };
        for (entry, now) in probes.chain(cases) {
            let before = self.entries.remove(&entry);
            let kind = match &before {
                None => Kind::New,
                Some(before) if *before == now => continue,
                Some(before) => match rank(before).cmp(&rank(&now)) {
                    std::cmp::Ordering::Less => Kind::Worse,
                    std::cmp::Ordering::Equal => Kind::Changed,
                    std::cmp::Ordering::Greater => Kind::Fixed,
                },
            };
            changes.changes.push(Change { kind, entry, before, now: Some(now) });
        }
        // What is no longer looked at can no longer fail: a suite that shrinks is worse.
        let gone = self.entries.into_iter().map(|(entry, before)| Change {
            kind: Kind::Gone,
            entry,
            before: Some(before),
            now: None,
        });
        changes.changes.extend(gone);
        changes
    }
}

const CAPABILITY: &str = "capability";
const CASE: &str = "case";

/// Returns how bad a state or a verdict is.
fn rank(word: &str) -> u8 {
    match word {
        "pass" => 0,
        word if word == State::Present.word() => 0,
        // Accepted, but not what is wanted.
        "unsupported" | "stale" | "known fail" | "not run" => 1,
        _ => 2,
    }
}

/// Everything that changed.
#[derive(Debug)]
pub(super) struct Changes {
    path: String,
    changes: Vec<Change>,
}

#[derive(Debug)]
struct Change {
    kind: Kind,
    entry: Entry,
    before: Option<String>,
    now: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Worse,
    Gone,
    Fixed,
    Changed,
    New,
}

impl Kind {
    /// In the order in which they are told.
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Worse, "worse"),
        (Self::Gone, "gone"),
        (Self::Fixed, "fixed"),
        (Self::Changed, "changed"),
        (Self::New, "new"),
    ];
}

impl Changes {
    pub(super) fn is_worse(&self) -> bool {
        self.changes.iter().any(|change| matches!(change.kind, Kind::Worse | Kind::Gone))
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.changes.is_empty() {
            return writeln!(out, "\nagainst {}: nothing changed", self.path);
        }
        let of = |kind: Kind| self.changes.iter().filter(move |change| change.kind == kind);
        let counts = Kind::ALL.iter().map(|(kind, word)| (of(*kind).count(), word));
        let counts: Vec<_> = counts
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        writeln!(out, "\nagainst {}: {}", self.path, counts.join(", "))?;
        for (kind, word) in Kind::ALL {
            for Change { entry: (what, name), before, now, .. } in of(*kind) {
                let name = harness::report::one_line(name);
                let told = [before, now]
                    .map(|state| harness::report::one_line(state.as_deref().unwrap_or("none")));
                writeln!(out, "{word:>11}  {what} {name}: {} -> {}", told[0], told[1])?;
            }
        }
        Ok(())
    }
}
