//! The JSON report of a finished run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use data_encoding::BASE64;
use serde::ser::{self, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use testprog_harness::protocol::Gate;
use testprog_harness::report;
use testprog_harness::spawn::{Backtrace, End, Fault, Outcome, Subject};
use testprog_harness::suite::Settings;
use testprog_harness::verdict::{Failure, Verdict};

use crate::document::{
    self, AttemptField, CaseField, EndField, Report, Round, ShardField, TargetFacts, TrialField,
    VerdictField,
};
use crate::port::reference;
use crate::run::attempt::Attempt;
use crate::run::probes::Probe;
use crate::run::results::{self, Finished, Tally};
use crate::run::store::Store;
use crate::run::xfail;
use crate::time;
use crate::values::Shard;

/// Writes the JSON report of a finished run. The report is written case by case, because a report
/// with the output of all cases may not fit into memory.
pub(crate) fn write(run: &Finished<'_>, out: &mut dyn Write) -> io::Result<()> {
    document::write(&with_cases(run, Cases(run)), out)
}

/// Returns the report of a finished run without the output of the cases, for a table.
///
/// # Errors
///
/// Never returns an error, because `without_output` reads no output.
pub(crate) fn without_output(run: &Finished<'_>) -> Report {
    let cases = run.tallies.iter().map(|tally| case(run, tally, |_| Ok(Streams::default())));
    let cases = cases.collect::<io::Result<_>>().expect("no output is read");
    with_cases(run, cases)
}

/// Returns the report of a finished run, with the output of all cases in memory.
///
/// # Errors
///
/// Returns an error if the output of a case cannot be read.
pub(crate) fn report(run: &Finished<'_>) -> io::Result<Report> {
    let cases =
        run.tallies.iter().map(|tally| case(run, tally, |attempt| streams(&run.store, attempt)));
    Ok(with_cases(run, cases.collect::<io::Result<_>>()?))
}

fn with_cases<C>(run: &Finished<'_>, cases: C) -> Report<C> {
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
        counts: document::counts(run.plan.suite.cases.len(), |verdict| run.count(verdict.id())),
        cases,
        added: of_port(run),
    }
}

/// Returns a case of [`without_output`] with the output of its attempts.
///
/// # Errors
///
/// Returns an error if the output cannot be read.
pub(crate) fn with_output(
    case: &CaseField,
    store: &Store,
    attempts: &[Attempt],
) -> io::Result<CaseField> {
    let mut case = case.clone();
    let earlier = case.earlier_attempts.iter_mut().map(|attempt| &mut attempt.trial);
    for (attempt, trial) in attempts.iter().zip(earlier.chain([&mut case.last])) {
        if trial.end.is_some() {
            streams(store, attempt)?.fill(trial);
        }
    }
    Ok(case)
}

/// Cases of a run, each of which is converted only when it is written, so that memory holds the
/// output of one case at a time.
struct Cases<'a>(&'a Finished<'a>);

impl Serialize for Cases<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(run) = self;
        let mut list = serializer.serialize_seq(Some(run.tallies.len()))?;
        for tally in &run.tallies {
            let case = case(run, tally, |attempt| streams(&run.store, attempt));
            list.serialize_element(&case.map_err(ser::Error::custom)?)?;
        }
        list.end()
    }
}

/// Returns the fields `probes`, `values` and `runner`, which only reports of `cargo testprog port` have.
fn of_port(run: &Finished<'_>) -> BTreeMap<String, Value> {
    let field = |probe: &Probe| {
        let field = serde_json::to_value(probe);
        let mut field = field.expect("a probe consists of strings and booleans");
        field[REFERENCE] = json!(reference::recorded("probe", &probe.name));
        field
    };
    let probes = Some(&run.port.probes).filter(|probes| !probes.is_empty());
    let probes = probes.map(|probes| probes.iter().map(field).collect());
    let probes = probes.map(|probes| (document::PROBES.to_owned(), probes));
    let values = || run.port.values.iter().map(|(name, value)| (name.clone(), (*value).into()));
    let values = (!run.port.values.is_empty()).then(|| Value::Object(values().collect()));
    let values = values.map(|values| (document::VALUES.to_owned(), values));
    let runner =
        run.port.runner.clone().map(|changes| (document::RUNNER.to_owned(), changes.into()));
    probes.into_iter().chain(values).chain(runner).collect()
}

/// Name of the field of a probe and of a case with the recorded results of other C libraries.
const REFERENCE: &str = "reference";

/// Returns the field `reference` of a case, which only reports of `cargo testprog port` have.
fn of_case(run: &Finished<'_>, name: &str) -> BTreeMap<String, Value> {
    let recorded = Some(reference::recorded("case", name)).filter(|_| !run.port.probes.is_empty());
    recorded.map(|recorded| (REFERENCE.to_owned(), json!(recorded))).into_iter().collect()
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

/// Output of an attempt in the form in which a report contains the output.
#[derive(Default)]
struct Streams {
    stdout: (String, Option<String>),
    stderr: (String, Option<String>),
    truncated: bool,
}

impl Streams {
    /// Sets the fields of a trial that contain the output.
    fn fill(self, trial: &mut TrialField) {
        let Self { stdout: (out, out_base64), stderr: (err, err_base64), truncated } = self;
        (trial.stdout, trial.stdout_base64) = (Some(out), out_base64);
        (trial.stderr, trial.stderr_base64) = (Some(err), err_base64);
        trial.truncated = truncated;
    }
}

/// Reads the output of an attempt from the run's store.
fn streams(store: &Store, attempt: &Attempt) -> io::Result<Streams> {
    let [stdout, stderr] = store.get(attempt.output())?;
    Ok(Streams {
        truncated: stdout.dropped + stderr.dropped > 0,
        stdout: text(results::kept(stdout)),
        stderr: text(results::kept(stderr)),
    })
}

fn case(
    run: &Finished<'_>,
    tally: &Tally<'_>,
    streams: impl Fn(&Attempt) -> io::Result<Streams>,
) -> io::Result<CaseField> {
    let settings = &run.plan.options.settings;
    let shown = tally.shown.as_ref();
    let earlier = shown.and_then(|run| run.attempts.split_last()).map_or(&[][..], |(_, rest)| rest);
    let failed = shown.filter(|_| run.failed(tally));
    let trial = |attempt: &Attempt| io::Result::Ok(trial(attempt, streams(attempt)?, settings));
    Ok(CaseField {
        name: tally.case.name.clone(),
        verdict: VerdictField::new(tally.id(run.plan.options.strict)),
        accepted: run.is_accepted(tally),
        reason: run.reason(tally),
        known_bug: tally.case.known_bug.clone(),
        known_failure: tally.case.known_failure.as_ref().map(report::expected),
        xfail: settings.xfail.get(&tally.case.name).map(xfail::in_words),
        expected: report::expected(&tally.case.expect),
        needs: tally.case.needs.clone(),
        topic: tally.case.topic().map(str::to_owned),
        gate: tally.case.gate.as_ref().map(Gate::to_string),
        runs: tally.runs,
        passes: tally.passes,
        first_failure: failed.map(|run| Round { iteration: run.iteration, seed: run.seed }),
        last: tally.last().map(trial).transpose()?.unwrap_or_default(),
        earlier_attempts: earlier
            .iter()
            .map(|earlier| {
                Ok(AttemptField {
                    verdict: VerdictField::new(results::id(earlier.verdict())),
                    reason: earlier.reason(),
                    trial: trial(earlier)?,
                    added: BTreeMap::new(),
                })
            })
            .collect::<io::Result<_>>()?,
        rerun: run.plan.rerun(tally.case).unwrap_or_default(),
        added: of_case(run, &tally.case.name),
    })
}

fn trial(attempt: &Attempt, streams: Streams, settings: &Settings) -> TrialField {
    let alternative = match attempt.verdict() {
        Verdict::Pass { alternative, .. } => alternative.clone(),
        Verdict::Fail(Failure::KnownFault { alternative, .. })
        | Verdict::Xfail { failure: Failure::KnownFault { alternative, .. }, .. } => {
            Some(alternative.clone())
        }
        _ => None,
    };
    let Some(facts) = attempt.facts() else {
        return TrialField { alternative, ..TrialField::default() };
    };
    let mut field = TrialField {
        alternative,
        end: Some(end(facts.end)),
        wall_ms: Some(millis(facts.wall)),
        cpu_ms: Some(millis(facts.cpu)),
        max_rss_kib: Some(facts.max_rss / 1024),
        merged: facts.merged,
        ..TrialField::default()
    };
    streams.fill(&mut field);
    let Some(outcome) = attempt.outcome() else { return field };
    TrialField {
        leaked: outcome.leaked,
        not_killed: outcome.not_killed.as_ref().map(ToString::to_string),
        not_removed: outcome.not_removed.as_ref().map(ToString::to_string),
        explanation: report::explanation(attempt.verdict()),
        threads: outcome.hang.clone(),
        fault: outcome.fault.as_ref().map(|Fault { code, address, sender, .. }| {
            let address = address.map(|address| format!("{address:#x}"));
            json!({ "code": code, "address": address, "sender": sender })
        }),
        backtrace: outcome.backtrace.as_ref().map(backtrace),
        artifacts: artifacts(outcome, settings),
        ..field
    }
}

/// Returns the paths of the child's kept directory and core file, if `--keep` or `--core` is given.
fn artifacts(outcome: &Outcome, settings: &Settings) -> Option<Value> {
    let core_file = outcome.artifacts.core_file().filter(|_| settings.core_files);
    let core_file = core_file.map(|found| {
        json!({ "path": found.ok().map(path), "absent": found.err().map(ToString::to_string) })
    });
    let directory = outcome.artifacts.directory().map(path);
    (core_file.is_some() || directory.is_some())
        .then(|| json!({ "core_file": core_file, "directory": directory }))
}

fn backtrace(Backtrace { of, frames, .. }: &Backtrace) -> Value {
    let of = match of {
        Subject::Hang => "hang",
        Subject::CoreFile => "core_file",
        Subject::Rerun => "rerun",
        _ => "other",
    };
    let absent = frames.as_ref().err().map(ToString::to_string);
    json!({ "of": of, "frames": frames.as_ref().ok(), "absent": absent })
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn end(end: End) -> EndField {
    match end {
        End::Exited(status) => EndField::Exited { status },
        End::Signaled { signal, core, .. } => {
            EndField::Signaled { signal: signal.to_string(), core }
        }
        End::TimedOut => EndField::TimedOut,
        other => EndField::Other(json!({ "kind": format!("{other:?}") })),
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
