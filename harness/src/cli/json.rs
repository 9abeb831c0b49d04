//! The report for programs: one JSON document. `docs/protocol.md` describes it; within a schema number, fields are only
//! added.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::time::Duration;

use harness::spawn::{End, Outcome, Output};
use harness::suite::{self, Trial};
use harness::verdict::Verdict;
use harness::{Case, Program, report};
use serde::Serialize;

use super::run::{Counts, Finished};

const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    tool: &'static str,
    target: Target,
    started: String,
    wall_ms: f64,
    counts: CountsField,
    cases: Vec<CaseField<'a>>,
}

/// What the child says of itself, as far as it does.
#[derive(Default, Serialize)]
struct Target {
    triple: Option<String>,
    os: Option<String>,
    arch: Option<String>,
    libc: Option<String>,
    libc_version: Option<String>,
    kernel: Option<String>,
    emulator: Option<String>,
    build: Option<String>,
    panic: Option<String>,
    crt: Option<String>,
}

#[derive(Serialize)]
struct CountsField {
    registered: usize,
    pass: usize,
    fail: usize,
    unsupported: usize,
    unresolved: usize,
    leak: usize,
    stale: usize,
    known_fail: usize,
    unexpected: usize,
}

#[derive(Serialize)]
struct CaseField<'a> {
    name: &'a str,
    verdict: &'static str,
    accepted: bool,
    reason: String,
    ending: Option<&'a str>,
    expected: String,
    end: Option<EndField>,
    wall_ms: Option<f64>,
    cpu_ms: Option<f64>,
    max_rss_kib: Option<u64>,
    stdout: Option<String>,
    stderr: Option<String>,
    truncated: bool,
    leaked: bool,
    rerun: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum EndField {
    Exited { status: i32 },
    Signaled { signal: String, core: bool },
    TimedOut,
}

pub(super) fn print(run: &Finished<'_>) -> io::Result<()> {
    let counts = Counts::of(&run.trials);
    let document = Document {
        schema: SCHEMA,
        tool: concat!("testprog ", env!("CARGO_PKG_VERSION")),
        target: target(&run.suite.program),
        started: humantime::format_rfc3339_millis(run.started).to_string(),
        wall_ms: millis(run.wall),
        counts: CountsField {
            registered: run.suite.cases.len(),
            pass: counts.pass,
            fail: counts.fail,
            unsupported: counts.unsupported,
            unresolved: counts.unresolved,
            leak: counts.leak,
            stale: counts.stale,
            known_fail: counts.known_fail,
            unexpected: counts.unexpected,
        },
        cases: run
            .cases
            .iter()
            .zip(&run.trials)
            .map(|(case, trial)| field(run, case, trial))
            .collect(),
    };
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &document)?;
    writeln!(out)
}

/// Asks the child about itself. A foreign child need not answer.
fn target(program: &Program) -> Target {
    let mut facts: BTreeMap<_, _> = suite::about(program).unwrap_or_default().into_iter().collect();
    Target {
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
    }
}

fn field<'a>(run: &'a Finished<'_>, case: &'a Case, trial: &'a Trial) -> CaseField<'a> {
    let outcome = trial.outcome.as_ref();
    let ending = match &trial.verdict {
        Verdict::Pass { ending, .. } => ending.as_deref(),
        _ => None,
    };
    let cut = |outcome: &Outcome| outcome.stdout.dropped + outcome.stderr.dropped > 0;
    CaseField {
        name: &case.name,
        verdict: verdict(&trial.verdict),
        accepted: trial.verdict.is_accepted(run.strict),
        reason: report::reason(&trial.verdict),
        ending,
        expected: report::expected(&case.expect),
        end: outcome.map(|outcome| end(outcome.end)),
        wall_ms: outcome.map(|outcome| millis(outcome.wall)),
        cpu_ms: outcome.map(|outcome| millis(outcome.user + outcome.system)),
        max_rss_kib: outcome.map(|outcome| outcome.max_rss / 1024),
        stdout: outcome.map(|outcome| text(&outcome.stdout)),
        stderr: outcome.map(|outcome| text(&outcome.stderr)),
        truncated: outcome.is_some_and(cut),
        leaked: outcome.is_some_and(|outcome| outcome.leaked),
        rerun: report::rerun(&run.suite.program, case, run.settings),
    }
}

fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass { .. } => "pass",
        Verdict::Fail(_) => "fail",
        Verdict::Unsupported(_) => "unsupported",
        Verdict::Leak => "leak",
        Verdict::Stale(_) => "stale",
        Verdict::KnownFail { .. } => "known_fail",
        Verdict::Unexpected { .. } => "unexpected",
        Verdict::Unresolved(_) => "unresolved",
        _ => unreachable!("the command and the library are of one version"),
    }
}

fn end(end: End) -> EndField {
    match end {
        End::Exited(status) => EndField::Exited { status },
        End::Signaled { signal, core } => EndField::Signaled { signal: signal.to_string(), core },
        End::TimedOut => EndField::TimedOut,
    }
}

/// Returns what a child printed. Bytes that are not UTF-8 are replaced.
fn text(output: &Output) -> String {
    let gap = match output.dropped {
        0 => String::new(),
        dropped => format!("\n[{dropped} bytes dropped]\n"),
    };
    let bytes = [&*output.head, gap.as_bytes(), &*output.tail].concat();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns milliseconds, to the microsecond.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
