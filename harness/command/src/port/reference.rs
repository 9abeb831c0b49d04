//! Recorded results of glibc and musl, for comparison with the results of another C library.
//!
//! The script `.ci/reference` records the results.

use std::collections::BTreeMap;

use crate::run::probes::State;
use crate::run::results::Finished;

/// Name of each C library, and its recorded results: one line `probe NAME STATE` for each probe and
/// one line `case NAME VERDICT` for each case.
const RECORDED: &[(&str, &str)] = &[
    ("glibc", include_str!("../../reference/glibc.txt")),
    ("musl", include_str!("../../reference/musl.txt")),
];

/// Probes and cases that fail in a port, grouped by the recorded C libraries in which they succeed.
pub(crate) type Groups<'a> = BTreeMap<Vec<&'static str>, Vec<&'a str>>;

/// Returns the capabilities that a port lacks, grouped by the C libraries that have them.
pub(crate) fn of_probes<'a>(run: &'a Finished<'_>) -> Groups<'a> {
    let lacks =
        run.port.probes.iter().filter(|probe| {
            !matches!(probe.state, State::Present | State::Unresolved | State::NotRun)
        });
    group(lacks.map(|probe| &*probe.name), "probe", "present")
}

/// Returns the cases that fail in a port, grouped by the C libraries in which they pass.
pub(crate) fn of_cases<'a>(run: &'a Finished<'_>) -> Groups<'a> {
    let failed = run.tallies.iter().filter(|tally| run.failed(tally));
    group(failed.map(|tally| &*tally.case.name), "case", "pass")
}

/// Returns the recorded result of the probe or of the case `name` in each C library that has one.
/// `kind` is `probe` or `case`.
pub(crate) fn recorded(kind: &str, name: &str) -> BTreeMap<&'static str, &'static str> {
    RECORDED.iter().filter_map(|(libc, text)| Some((*libc, result(text, kind, name)?))).collect()
}

/// Groups the names by the C libraries whose recorded result is `good`. Leaves out names for which
/// no C library has a recorded result.
fn group<'a>(names: impl Iterator<Item = &'a str>, kind: &str, good: &str) -> Groups<'a> {
    let mut groups = Groups::new();
    for name in names {
        let recorded = recorded(kind, name);
        if !recorded.is_empty() {
            let in_good = recorded.into_iter().filter(|(_, result)| *result == good);
            groups.entry(in_good.map(|(libc, _)| libc).collect()).or_default().push(name);
        }
    }
    groups
}

/// Returns the result of a probe or of a case in the text of a record.
fn result<'a>(text: &'a str, kind: &str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (known, result) = line.strip_prefix(kind)?.trim_start().split_once(' ')?;
        (known == name).then_some(result)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::{cases, sources};

    #[test]
    fn every_probe_and_every_case_has_a_recorded_result() {
        let probes = sources::stems("probe").filter(|stem| !stem.contains('.'));
        let probes = probes.filter_map(|stem| Some(stem.split_once('/')?.1.replace('_', "-")));
        let probes = probes.map(|name| ("probe", name));
        let cases = cases::all(&[]).into_iter().map(|case| ("case", case.name));
        for (kind, name) in probes.chain(cases) {
            for (libc, text) in RECORDED {
                let is_recorded = result(text, kind, &name).is_some();
                assert!(
                    is_recorded,
                    "{libc} has no result of the {kind} {name}: run .ci/reference"
                );
            }
        }
    }

    #[test]
    fn names_are_grouped_by_the_libraries_that_have_them() {
        let names = ["ucontext", "thread", "no-such-probe"].into_iter();
        let groups = group(names, "probe", "present");
        let expected = [(vec!["glibc"], vec!["ucontext"]), (vec!["glibc", "musl"], vec!["thread"])];
        assert_eq!(groups, Groups::from(expected));
    }
}
