//! The names of the cases that failed when they last ran, in a file for `--last-failed`.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::results::Finished;

/// Returns the names in the file, or no names if the file does not exist or is no such file.
pub(crate) fn read(path: &Path) -> Vec<String> {
    let bytes = fs::read(path).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Replaces the names of the cases that ran. Names of cases that did not run stay in the file.
///
/// Errors are ignored, since the run itself does not depend on the file.
pub(crate) fn write(path: &Path, run: &Finished<'_>) {
    let mut failed: BTreeSet<String> = read(path).into_iter().collect();
    // A case that is no longer registered can never pass.
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
