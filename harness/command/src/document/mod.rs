//! The run report as a JSON document, which this command writes and reads.
//!
//! `docs/report.schema.json` is the JSON Schema of the run report. Later versions of this command
//! only add fields to reports of the same schema number. When this command reads a report and
//! writes it again, fields that a later version added are kept, so that `merge` does not lose these
//! fields.

pub(crate) mod upgrade;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::ops::Not;

use serde::de::IntoDeserializer;
use serde::de::value::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use testprog_harness::text;

/// Schema number of written documents. The module [`upgrade`] reads documents of earlier schemas.
pub(crate) const SCHEMA: u32 = 2;
/// Value of the field `tool`: the name and version of the program that wrote the report.
pub(crate) const TOOL: &str = concat!("testprog ", env!("CARGO_PKG_VERSION"));

/// Name of the field with the results of probes, in reports of `cargo testprog port`.
pub(crate) const PROBES: &str = "probes";

/// Name of the field with the measured values of a C library, in reports of `cargo testprog port`.
pub(crate) const VALUES: &str = "values";

/// Name of the field with the changes that a runner command makes, in reports of `cargo testprog
/// port`.
pub(crate) const RUNNER: &str = "runner";

/// Report of one run of one program.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Report<C = Vec<CaseField>> {
    pub(crate) schema: u32,
    pub(crate) tool: String,
    /// Value of `--name`. Without `--name`, the commands that read the report name the run after
    /// its target.
    #[serde(default)]
    pub(crate) name: Option<String>,
    pub(crate) target: TargetFacts,
    pub(crate) started: String,
    pub(crate) wall_ms: f64,
    pub(crate) seed: Option<u32>,
    pub(crate) shard: Option<ShardField>,
    /// Whether children were forked from a zygote, in this run or in any shard that was merged.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub(crate) zygote: bool,
    pub(crate) counts: BTreeMap<String, usize>,
    pub(crate) cases: C,
    #[serde(flatten)]
    pub(crate) added: BTreeMap<String, Value>,
}

impl<C> Report<C> {
    /// Returns a report with the given cases and all other fields of this report.
    pub(crate) fn with_cases<D>(&self, cases: D) -> Report<D> {
        Report {
            schema: self.schema,
            tool: self.tool.clone(),
            name: self.name.clone(),
            target: self.target.clone(),
            started: self.started.clone(),
            wall_ms: self.wall_ms,
            seed: self.seed,
            shard: self.shard,
            zygote: self.zygote,
            counts: self.counts.clone(),
            cases,
            added: self.added.clone(),
        }
    }
}

/// Facts about the program's target, from the program's answer to `--about`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default)]
pub(crate) struct TargetFacts {
    pub(crate) triple: Option<String>,
    pub(crate) os: Option<String>,
    pub(crate) arch: Option<String>,
    pub(crate) libc: Option<String>,
    pub(crate) libc_version: Option<String>,
    pub(crate) kernel: Option<String>,
    pub(crate) emulator: Option<String>,
    pub(crate) build: Option<String>,
    pub(crate) panic: Option<String>,
    pub(crate) crt: Option<String>,
    #[serde(flatten)]
    pub(crate) added: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct ShardField {
    pub(crate) index: u32,
    pub(crate) total: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct CaseField {
    pub(crate) name: String,
    pub(crate) verdict: VerdictField,
    pub(crate) accepted: bool,
    pub(crate) reason: String,
    pub(crate) known_bug: Option<String>,
    /// End that is recorded for the known bug, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) known_failure: Option<String>,
    /// Ends that `--xfail` expects for the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) xfail: Option<String>,
    pub(crate) expected: String,
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    /// Topic of the case. Reports of older versions have no topics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) topic: Option<String>,
    #[serde(default)]
    pub(crate) gate: Option<String>,
    pub(crate) runs: u64,
    pub(crate) passes: u64,
    pub(crate) first_failure: Option<Round>,
    #[serde(flatten)]
    pub(crate) last: TrialField,
    /// Attempts before the last attempt, none of which was accepted.
    #[serde(default)]
    pub(crate) earlier_attempts: Vec<AttemptField>,
    pub(crate) rerun: String,
    #[serde(flatten)]
    pub(crate) added: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Round {
    pub(crate) iteration: u64,
    pub(crate) seed: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct AttemptField {
    pub(crate) verdict: VerdictField,
    pub(crate) reason: String,
    #[serde(flatten)]
    pub(crate) trial: TrialField,
    #[serde(flatten)]
    pub(crate) added: BTreeMap<String, Value>,
}

/// Result of one child: how the child ended, what the child printed, and what the child cost.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct TrialField {
    pub(crate) alternative: Option<String>,
    pub(crate) end: Option<EndField>,
    pub(crate) wall_ms: Option<f64>,
    pub(crate) cpu_ms: Option<f64>,
    pub(crate) max_rss_kib: Option<u64>,
    pub(crate) stdout: Option<String>,
    pub(crate) stderr: Option<String>,
    /// Bytes of standard output in Base64, if standard output is not UTF-8. If `stdout_base64` is
    /// present, `stdout` has U+FFFD for each invalid sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stdout_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stderr_base64: Option<String>,
    pub(crate) truncated: bool,
    #[serde(skip_serializing_if = "Not::not")]
    pub(crate) merged: bool,
    pub(crate) leaked: bool,
    /// Why the output does not meet a requirement, such as the lines that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) explanation: Option<String>,
    /// State of the child's threads shortly before the deadline.
    ///
    /// `threads` and the fields below `threads` are absent if they would be empty. Subcommands that
    /// read reports copy or show `threads` and the fields below without interpreting their values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) threads: Option<String>,
    /// Why a process that the child started may still be running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_killed: Option<String>,
    /// Why the runner could not remove the child's directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_removed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) backtrace: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) artifacts: Option<Value>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum EndField {
    Exited {
        status: i32,
    },
    Signaled {
        signal: String,
        core: bool,
    },
    TimedOut,
    /// An end that only a later version of this command knows.
    #[serde(untagged)]
    Other(Value),
}

/// Verdict of a case over all its rounds and retries.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VerdictField {
    Pass,
    Fail,
    Unsupported,
    Unresolved,
    Leak,
    Stale,
    Xfail,
    Xpass,
    Flaky,
    NotRun,
    /// A verdict that only a later version of this command knows.
    #[serde(untagged)]
    Other(String),
}

impl VerdictField {
    /// All verdicts that this version knows, in the order in which reports count them.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Pass,
        Self::Fail,
        Self::Flaky,
        Self::Leak,
        Self::Stale,
        Self::Xpass,
        Self::Xfail,
        Self::Unsupported,
        Self::Unresolved,
        Self::NotRun,
    ];

    /// Returns the verdict that has the identifier `id`.
    pub(crate) fn new(id: &str) -> Self {
        let known = Self::deserialize(IntoDeserializer::<Error>::into_deserializer(id));
        known.unwrap_or_else(|_| Self::Other(id.to_owned()))
    }

    /// Returns the verdict's identifier in JSON.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unsupported => "unsupported",
            Self::Unresolved => "unresolved",
            Self::Leak => "leak",
            Self::Stale => "stale",
            Self::Xfail => "xfail",
            Self::Xpass => "xpass",
            Self::Flaky => "flaky",
            Self::NotRun => "not_run",
            Self::Other(id) => id,
        }
    }
}

/// Writes the verdict in capitals, as reports for a terminal do. The identifier of an unknown
/// verdict is foreign text, so the identifier is escaped.
impl fmt::Display for VerdictField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::one_line(&self.id().to_uppercase().replace('_', " ")))
    }
}

/// Returns the field `counts`: the number `registered` of cases in the listing, and for each
/// verdict the number of cases that `count` returns.
pub(crate) fn counts(
    registered: usize,
    count: impl Fn(&VerdictField) -> usize,
) -> BTreeMap<String, usize> {
    let count = |verdict: &VerdictField| (verdict.id().to_owned(), count(verdict));
    let mut counts: BTreeMap<_, _> = VerdictField::ALL.iter().map(count).collect();
    counts.insert("registered".to_owned(), registered);
    counts
}

/// Writes a JSON document without characters that control a terminal.
pub(crate) fn write(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut printable = Printable(out);
    serde_json::to_writer_pretty(&mut printable, document)?;
    writeln!(printable.0)
}

/// Writer that writes JSON to another writer, without characters that control a terminal.
///
/// `serde_json` writes the text between two escaped characters of a string with one call of
/// `write`, so each call gets only whole characters, and no call begins within a command of a CI
/// system.
struct Printable<'a>(&'a mut dyn Write);

impl Write for Printable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.iter().any(|byte| is_noticed_byte(*byte)) {
            let json = std::str::from_utf8(bytes).map_err(io::Error::other)?;
            self.0.write_all(printable(json).as_bytes())?;
        } else {
            self.0.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Returns true for the first byte of every character that [`printable`] may change.
fn is_noticed_byte(byte: u8) -> bool {
    matches!(byte, b'#' | 0x7f) || !byte.is_ascii()
}

/// Escapes characters that control a terminal although JSON allows them unescaped, and the
/// beginnings of commands of CI systems.
///
/// In JSON, characters that control a terminal occur only in strings, so the result is JSON of the
/// same value.
fn printable(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut copied = 0;
    let is_noticed = |c: char| u8::try_from(c).map_or(true, is_noticed_byte);
    for (at, c) in json.match_indices(is_noticed) {
        // In `##[`, only the second `#` is escaped.
        let is_second = c == "#" && json[..at].ends_with('#') && text::is_command(&json[at - 1..]);
        if is_second || c.chars().all(text::is_hidden) {
            text += &json[copied..at];
            for unit in c.encode_utf16() {
                write!(text, "\\u{unit:04x}").expect("writing to a String cannot fail");
            }
            copied = at + c.len();
        }
    }
    text + &json[copied..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_acts_on_a_terminal_and_all_are_read_back() {
        let text = "é\u{7f}\u{9b}2J\u{202e}\u{feff}\u{1f600}\0\x1b";
        let json = printable(&serde_json::to_string(text).unwrap());
        assert_eq!(json, "\"é\\u007f\\u009b2J\\u202e\\ufeff\u{1f600}\\u0000\\u001b\"");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn a_command_that_follows_an_escaped_character_is_escaped() {
        let mut json = Vec::new();
        write(&["\n##[error]a", "#\n#[b", "\"##vso[c", "é##[\u{202e}\t##[##["], &mut json).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert!(!json.contains("##["), "{json}");
        assert!(json.contains("\"\\n#\\u0023[error]a\"") && json.contains("\"#\\n#[b\""), "{json}");
        let whole = serde_json::to_string_pretty(&["\n##[", "é##vso[\u{202e}\t##["]).unwrap();
        let mut written = Vec::new();
        write(&["\n##[", "é##vso[\u{202e}\t##["], &mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), printable(&whole) + "\n");
    }

    #[test]
    fn a_verdict_is_read_back_by_its_name() {
        for verdict in VerdictField::ALL {
            assert_eq!(VerdictField::new(verdict.id()), *verdict);
            let json = serde_json::to_string(verdict).unwrap();
            assert_eq!(json, format!("\"{}\"", verdict.id()));
        }
        let later = VerdictField::new("later_word");
        assert_eq!(later, VerdictField::Other("later_word".to_owned()));
        assert_eq!(later.to_string(), "LATER WORD");
    }

    #[test]
    fn what_a_later_version_added_is_kept() {
        let json = serde_json::json!({
            "schema": 2, "tool": "testprog 9", "started": "2026-01-01T00:00:00Z", "wall_ms": 1.5, "seed": null,
            "shard": null, "counts": { "registered": 1, "later": 2 }, "later": { "a": [1] },
            "name": null,
            "target": {
                "triple": "t", "os": null, "arch": null, "libc": null, "libc_version": null, "kernel": null,
                "emulator": null, "build": null, "panic": null, "crt": null, "later": true
            },
            "cases": [{
                "name": "a", "verdict": "later", "accepted": false, "reason": "", "known_bug": null, "expected": "",
                "needs": [], "gate": null, "runs": 1, "passes": 0, "first_failure": null,
                "alternative": null, "end": { "kind": "later", "x": 1 }, "wall_ms": 0.25, "cpu_ms": null,
                "max_rss_kib": 7, "stdout": "", "stderr": null, "truncated": false, "leaked": false,
                "earlier_attempts": [], "rerun": "", "later": [null]
            }]
        });
        let report: Report = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(report).unwrap(), json);
    }
}

#[cfg(test)]
mod properties {
    use proptest::collection::{btree_map, vec};
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn word() -> impl Strategy<Value = Option<String>> {
        option::of(any::<String>())
    }

    fn end() -> impl Strategy<Value = EndField> {
        prop_oneof![
            any::<i32>().prop_map(|status| EndField::Exited { status }),
            (any::<String>(), any::<bool>())
                .prop_map(|(signal, core)| EndField::Signaled { signal, core }),
            Just(EndField::TimedOut),
        ]
    }

    /// Returns a strategy for numbers of milliseconds that are whole microseconds, as in reports.
    fn millis() -> impl Strategy<Value = Option<f64>> {
        option::of(any::<u32>().prop_map(|micros| f64::from(micros) / 1e3))
    }

    fn trial() -> impl Strategy<Value = TrialField> {
        let words = (word(), word(), word(), word(), word(), word());
        let others = (option::of(end()), millis(), option::of(any::<u64>()), any::<[bool; 3]>());
        (words, others).prop_map(|(words, (end, wall_ms, max_rss_kib, flags))| {
            let (alternative, stdout, stderr, stdout_base64, threads, artifacts) = words;
            let [truncated, merged, leaked] = flags;
            let artifacts = artifacts.map(Value::from);
            TrialField {
                alternative,
                end,
                wall_ms,
                max_rss_kib,
                stdout,
                stderr,
                stdout_base64,
                truncated,
                merged,
                leaked,
                threads,
                artifacts,
                ..TrialField::default()
            }
        })
    }

    fn verdict() -> impl Strategy<Value = VerdictField> {
        let other = "later_[a-z]{1,5}".prop_map(VerdictField::Other);
        prop_oneof![select(VerdictField::ALL), other]
    }

    fn added() -> impl Strategy<Value = BTreeMap<String, Value>> {
        btree_map("later_[a-z]{1,5}", any::<String>().prop_map(Value::from), 0..3)
    }

    fn case() -> impl Strategy<Value = CaseField> {
        let attempt = (verdict(), any::<String>(), trial(), added());
        let attempt = attempt.prop_map(|(verdict, reason, trial, added)| AttemptField {
            verdict,
            reason,
            trial,
            added,
        });
        let first = option::of((any::<u64>(), option::of(any::<u32>())));
        let words = (any::<[String; 3]>(), word(), vec(any::<String>(), 0..3), word());
        let others = (verdict(), any::<bool>(), any::<[u64; 2]>(), first, added());
        (words, others, trial(), vec(attempt, 0..3)).prop_map(
            |(words, (verdict, accepted, [runs, passes], first, added), last, earlier_attempts)| {
                let ([name, reason, expected], known_bug, needs, gate) = words;
                CaseField {
                    rerun: name.clone(),
                    name,
                    verdict,
                    accepted,
                    reason,
                    known_failure: known_bug.clone(),
                    xfail: known_bug.clone(),
                    known_bug,
                    expected,
                    needs,
                    topic: None,
                    gate,
                    runs,
                    passes,
                    first_failure: first.map(|(iteration, seed)| Round { iteration, seed }),
                    last,
                    earlier_attempts,
                    added,
                }
            },
        )
    }

    fn with(cases: &[CaseField], verdict: &VerdictField) -> usize {
        cases.iter().filter(|case| case.verdict == *verdict).count()
    }

    fn report() -> impl Strategy<Value = Report> {
        let shard = option::of(any::<[u32; 2]>());
        let target = (word(), word(), added());
        let target = target.prop_map(|(triple, kernel, added)| TargetFacts {
            triple,
            kernel,
            added,
            ..TargetFacts::default()
        });
        let start = (word(), target, option::of(any::<u32>()), shard, any::<bool>());
        (start, vec(case(), 0..3), added()).prop_map(
            |((name, target, seed, shard, zygote), cases, added)| Report {
                schema: SCHEMA,
                tool: TOOL.to_owned(),
                name,
                target,
                started: "2026-01-01T00:00:00Z".to_owned(),
                wall_ms: 1.5,
                seed,
                shard: shard.map(|[index, total]| ShardField { index, total }),
                zygote,
                counts: counts(cases.len(), |verdict| with(&cases, verdict)),
                cases,
                added,
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_report_is_read_back_and_acts_on_no_terminal(report in report()) {
            let mut written = Vec::new();
            write(&report, &mut written).unwrap();
            let text = String::from_utf8(written).unwrap();
            prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
            let read: Report = serde_json::from_str(&text).unwrap();
            let value = |report| serde_json::to_value(report).unwrap();
            prop_assert_eq!(value(read), value(report));
        }
    }
}
