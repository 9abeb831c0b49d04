//! Separates the capability that a probe checks from the capabilities that the probe uses as
//! helpers.
//!
//! The probe of `errno-thread`, for example, starts a thread. If the C library cannot start a
//! thread, the failure of this probe says nothing about `errno`.

use std::collections::BTreeSet;

use super::sources;
use crate::run::probes::{Probe, State};

/// Helpers (capabilities that have a probe and that other probes use), each with a text of C code.
/// A probe uses a helper if the probe's C code contains the helper's text.
const HELPERS: &[(&str, &str)] = &[("thread", "pthread_create("), ("fork", " fork()")];

/// Changes the state of each probe that failed because of a helper to [`State::NotAsked`].
pub(super) fn excuse(probes: &mut [Probe]) {
    let helpers: Vec<_> = HELPERS
        .iter()
        .filter_map(|(name, text)| {
            let helper = probes.iter().find(|probe| probe.name == *name)?;
            (helper.state.is_usable() == Some(false)).then(|| (helper.clone(), *text))
        })
        .collect();
    for probe in probes {
        let code = code_of(probe);
        let cause = helpers.iter().find(|(helper, text)| {
            helper.name != probe.name && code.contains(text) && is_due_to(probe, helper)
        });
        if let Some((helper, _)) = cause {
            probe.state = State::NotAsked;
            probe.reason = format!("needs {}, which {}", helper.name, predicate(helper.state));
            probe.rerun = None;
            if let Some(table) = &mut probe.table {
                table.agrees = None;
            }
        }
    }
}

/// Returns the names of the helpers that failed probes use and that are not among the probes.
pub(super) fn helpers_of(probes: &[Probe]) -> BTreeSet<String> {
    let is_there = |name: &str| probes.iter().any(|probe| probe.name == name);
    let failed = || probes.iter().filter(|probe| probe.state.is_usable() == Some(false));
    let missing = HELPERS.iter().filter(|(name, text)| {
        !is_there(name) && failed().any(|probe| code_of(probe).contains(text))
    });
    missing.map(|(name, _)| (*name).to_owned()).collect()
}

/// Returns the C code of a probe.
fn code_of(probe: &Probe) -> &'static str {
    let path = format!("probe/{}/{}.c", probe.area, probe.name.replace('-', "_"));
    sources::read(&path).unwrap_or_default()
}

/// Returns whether the failure of `probe` is due to `helper`, whose own probe failed.
fn is_due_to(probe: &Probe, helper: &Probe) -> bool {
    match (probe.state, helper.state) {
        (State::RunsWrong, State::RunsWrong | State::NotAsked) => true,
        (State::DoesNotLink, State::DoesNotLink) => {
            let of_helper = undefined(&helper.reason);
            // If the probe lacks a symbol that the helper does not lack, the failure is not due to
            // the helper.
            undefined(&probe.reason).iter().all(|name| of_helper.contains(name))
        }
        (State::MissingHeader | State::NotDeclared, State::MissingHeader | State::NotDeclared) => {
            error(&probe.reason) == error(&helper.reason)
        }
        _ => false,
    }
}

/// Returns the symbols in a reason such as `undefined: fork, wait`.
fn undefined(reason: &str) -> Vec<&str> {
    reason.trim_start_matches("undefined: ").split(", ").collect()
}

/// Returns a compiler's error without the file and the line at the beginning.
pub(crate) fn error(reason: &str) -> &str {
    reason.split_once("error: ").map_or(reason, |(_, error)| error)
}

/// Returns the state of a helper as the end of a sentence.
fn predicate(state: State) -> &'static str {
    match state {
        State::RunsWrong => "runs wrong",
        State::NotDeclared => "is not declared",
        State::DoesNotLink => "does not link",
        State::MissingHeader => "has a missing header",
        State::Present | State::NotAsked | State::Unresolved | State::NotRun => "is unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(area: &str, name: &str, state: State, reason: &str) -> Probe {
        let (name, area, reason) = (name.to_owned(), area.to_owned(), reason.to_owned());
        Probe {
            name,
            area,
            state,
            value: None,
            reason,
            after: None,
            runs: 0,
            held: 0,
            table: None,
            rerun: None,
            evidence: None,
        }
    }

    /// Returns the state and the reason of the probe `thread-key` if the probe `thread` has the
    /// state and the reason of `helper`.
    fn with_thread(helper: (State, &str), of: (State, &str)) -> (State, String) {
        let mut probes = [
            probe("threads", "thread", helper.0, helper.1),
            probe("threads", "thread-key", of.0, of.1),
        ];
        excuse(&mut probes);
        let [_, key] = probes;
        (key.state, key.reason)
    }

    #[test]
    fn a_failure_of_a_helper_is_not_charged_to_the_subject() {
        let header = "csrc/probe/threads/thread.c:7:10: fatal error: pthread.h: none";
        let of_key = "csrc/probe/threads/thread_key.c:9:10: fatal error: pthread.h: none";
        for (helper, of, why) in [
            ((State::RunsWrong, "x"), (State::RunsWrong, "y"), "runs wrong"),
            (
                (State::MissingHeader, header),
                (State::MissingHeader, of_key),
                "has a missing header",
            ),
            (
                (State::DoesNotLink, "undefined: pthread_create, pthread_join"),
                (State::DoesNotLink, "undefined: pthread_create"),
                "does not link",
            ),
        ] {
            let says = format!("needs thread, which {why}");
            assert_eq!(with_thread(helper, of), (State::NotAsked, says));
        }
    }

    #[test]
    fn a_failure_of_its_own_stays_with_the_subject() {
        for (helper, of) in [
            ((State::Present, ""), (State::RunsWrong, "y")),
            ((State::RunsWrong, "x"), (State::Present, "")),
            ((State::RunsWrong, "x"), (State::DoesNotLink, "undefined: pthread_key_create")),
            (
                (State::DoesNotLink, "undefined: pthread_create"),
                (State::DoesNotLink, "undefined: pthread_create, pthread_key_create"),
            ),
            ((State::Unresolved, "x"), (State::Unresolved, "y")),
        ] {
            assert_eq!(with_thread(helper, of), (of.0, of.1.to_owned()));
        }
    }
}
