//! The names of the cases that failed when they last ran, in a file for `--last-failed`.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::results::Finished;

/// Returns the names in the record file, or no names if the file does not exist or has other
/// content.
pub(crate) fn read(path: &Path) -> Vec<String> {
    let bytes = fs::read(path).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Adds the names of failed cases to the record file, and removes the names of cases that ran and
/// did not fail. The names of cases that did not run stay in the record file.
///
/// Errors of reading and writing are ignored, since the run does not depend on the record file.
pub(crate) fn write(path: &Path, run: &Finished<'_>) {
    let mut failed: BTreeSet<String> = read(path).into_iter().collect();
    // Remove the names of cases that are no longer registered, because such a case can never pass.
    failed.retain(|name| run.plan.suite.cases.iter().any(|case| case.name == *name));
    for tally in run.tallies.iter().filter(|tally| tally.runs > 0) {
        if run.failed(tally) {
            failed.insert(tally.case.name.clone());
        } else {
            failed.remove(&tally.case.name);
        }
    }
    if failed.is_empty() {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {}
            _ => return,
        }
    }
    let _ = fs::write(path, serde_json::to_vec(&failed).unwrap_or_default());
}
