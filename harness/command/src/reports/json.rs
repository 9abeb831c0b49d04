//! The JSON report of a finished run.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};
use testprog_harness::protocol::Gate;
use testprog_harness::report;
use testprog_harness::spawn::{Backtrace, End, Fault, Outcome, Subject};
use testprog_harness::suite::{Settings, Trial};
use testprog_harness::verdict::{Failure, Verdict};

use crate::document::{
    self, AttemptField, CaseField, EndField, Report, Round, ShardField, TargetFacts, TrialField,
    VerdictField,
};
use crate::run::results::{self, Finished, Tally};
use crate::time;
use crate::values::Shard;

/// Returns the report of a finished run, ready to be written as JSON.
pub(crate) fn report(run: &Finished<'_>) -> Report {
    let cases: Vec<_> = run.tallies.iter().map(|tally| case(run, tally)).collect();
    Report {
        schema: document::SCHEMA,
        tool: document::TOOL.to_owned(),
        name: run.plan.options.name.clone(),
        target: target(run.plan.facts()),
        started: time::rfc3339(run.started),
        wall_ms: millis(run.wall),
        seed: run.plan.options.seed,
        shard: run
            .plan
            .options
            .choice
            .shard
            .map(|Shard { index, total }| ShardField { index, total }),
        zygote: run.plan.options.settings.zygote,
        counts: document::counts(run.plan.suite.cases.len(), &cases),
        cases,
        added: probes(run),
    }
}

/// Returns the field `probes`, which only reports of `cargo testprog port` have.
fn probes(run: &Finished<'_>) -> BTreeMap<String, Value> {
    let probes = Some(&run.probes).filter(|probes| !probes.is_empty());
    let value =
        |probes| serde_json::to_value(probes).expect("a probe consists of strings and booleans");
    probes.map(|probes| (document::PROBES.to_owned(), value(probes))).into_iter().collect()
}

/// Returns the fields for the facts that the program reports about its target.
fn target(facts: &[(String, String)]) -> TargetFacts {
    let mut facts: BTreeMap<_, _> = facts.iter().cloned().collect();
    TargetFacts {
        triple: facts.remove("triple"),
        os: facts.remove("os"),
        arch: facts.remove("arch"),
        libc: facts.remove("libc"),
        libc_version: facts.remove("libc-version"),
        kernel: facts.remove("kernel"),
        emulator: facts.remove("emulator"),
        build: facts.remove("build"),
        panic: facts.remove("panic"),
        crt: facts.remove("crt"),
        added: BTreeMap::new(),
    }
}

fn case(run: &Finished<'_>, tally: &Tally<'_>) -> CaseField {
    let settings = &run.plan.options.settings;
    let shown = tally.shown.as_ref();
    let earlier = shown.and_then(|run| run.attempts.split_last()).map_or(&[][..], |(_, rest)| rest);
    let failed = shown.filter(|_| run.failed(tally));
    CaseField {
        name: tally.case.name.clone(),
        verdict: VerdictField::new(tally.id(run.plan.options.strict)),
        accepted: run.is_accepted(tally),
        reason: run.reason(tally),
        known_bug: tally.case.known_bug.clone(),
        known_failure: tally.case.known_failure.as_ref().map(report::expected),
        expected: report::expected(&tally.case.expect),
        needs: tally.case.needs.clone(),
        gate: tally.case.gate.as_ref().map(Gate::to_string),
        runs: tally.runs,
        passes: tally.passes,
        first_failure: failed.map(|run| Round { iteration: run.iteration, seed: run.seed }),
        last: tally.last().map(|last| trial(last, settings)).unwrap_or_default(),
        earlier_attempts: earlier
            .iter()
            .map(|earlier| AttemptField {
                verdict: VerdictField::new(results::id(&earlier.verdict)),
                reason: report::trial_reason(earlier),
                trial: trial(earlier, settings),
                added: BTreeMap::new(),
            })
            .collect(),
        rerun: report::rerun(&run.plan.suite.program, tally.case, &run.plan.options.settings),
        added: BTreeMap::new(),
    }
}

fn trial(trial: &Trial, settings: &Settings) -> TrialField {
    let alternative = match &trial.verdict {
        Verdict::Pass { alternative, .. } => alternative.clone(),
        Verdict::Fail(Failure::KnownFault { alternative, .. }) => Some(alternative.clone()),
        _ => None,
    };
    let Some(outcome) = &trial.outcome else {
        return TrialField { alternative, ..TrialField::default() };
    };
    let Outcome { stdout, stderr, .. } = outcome;
    let ((out, out_base64), (err, err_base64)) =
        (text(results::kept(stdout)), text(results::kept(stderr)));
    TrialField {
        alternative,
        end: Some(end(outcome.end)),
        wall_ms: Some(millis(outcome.wall)),
        cpu_ms: Some(millis(outcome.user + outcome.system)),
        max_rss_kib: Some(outcome.max_rss / 1024),
        stdout: Some(out),
        stderr: Some(err),
        stdout_base64: out_base64,
        stderr_base64: err_base64,
        truncated: stdout.dropped + stderr.dropped > 0,
        merged: outcome.merged,
        leaked: outcome.leaked,
        not_killed: outcome.not_killed.as_ref().map(ToString::to_string),
        not_removed: outcome.not_removed.as_ref().map(ToString::to_string),
        explanation: report::explanation(&trial.verdict),
        threads: outcome.hang.clone(),
        fault: outcome.fault.as_ref().map(|Fault { code, address, sender, .. }| {
            let address = address.map(|address| format!("{address:#x}"));
            json!({ "code": code, "address": address, "sender": sender })
        }),
        backtrace: outcome.backtrace.as_ref().map(backtrace),
        artifacts: artifacts(outcome, settings),
    }
}

/// Returns the paths of the child's kept directory and core file, if `--keep` or `--core` is given.
fn artifacts(outcome: &Outcome, settings: &Settings) -> Option<Value> {
    let core_file = outcome.artifacts.core_file().filter(|_| settings.core_files);
    let core_file =
        core_file.map(|found| json!({ "path": found.ok().map(path), "absent": found.err() }));
    let directory = outcome.artifacts.directory().map(path);
    (core_file.is_some() || directory.is_some())
        .then(|| json!({ "core_file": core_file, "directory": directory }))
}

fn backtrace(Backtrace { of, frames }: &Backtrace) -> Value {
    let of = match of {
        Subject::Hang => "hang",
        Subject::CoreFile => "core_file",
        Subject::Rerun => "rerun",
    };
    json!({ "of": of, "frames": frames.as_ref().ok(), "absent": frames.as_ref().err() })
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn end(end: End) -> EndField {
    match end {
        End::Exited(status) => EndField::Exited { status },
        End::Signaled { signal, core } => EndField::Signaled { signal: signal.to_string(), core },
        End::TimedOut => EndField::TimedOut,
    }
}

/// Returns bytes as text, and also in Base64 if the bytes are not UTF-8.
fn text(bytes: Vec<u8>) -> (String, Option<String>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let bytes = error.as_bytes();
            (String::from_utf8_lossy(bytes).into_owned(), Some(BASE64.encode(bytes)))
        }
    }
}

/// Returns a duration in milliseconds, rounded to microseconds.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_are_kept_as_they_are() {
        assert_eq!(text(b"a\0\x1b]]>\n".to_vec()), ("a\0\x1b]]>\n".to_owned(), None));
        let (lossy, base64) = text(b"a\xff\0".to_vec());
        assert_eq!(lossy, "a\u{fffd}\0");
        assert_eq!(BASE64.decode(base64.unwrap().as_bytes()).unwrap(), b"a\xff\0");
    }
}
