//! A run report as a JSON document, both written and read. `docs/report.schema.json` describes it; within a schema number,
//! fields are only added.
//!
//! What a later version added is kept where a report is read and written again, so that no merge loses it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Not;

use serde::de::IntoDeserializer;
use serde::de::value::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use testprog_harness::text;

/// The one schema that is written and read.
pub(super) const SCHEMA: u32 = 1;
/// The name and the version of what writes reports.
pub(super) const TOOL: &str = concat!("testprog ", env!("CARGO_PKG_VERSION"));

/// What came of one run of one program.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Report {
    pub(super) schema: u32,
    pub(super) tool: String,
    /// What `--name` says; without it, a reader makes one of the target.
    #[serde(default)]
    pub(super) name: Option<String>,
    pub(super) target: TargetFacts,
    pub(super) started: String,
    pub(super) wall_ms: f64,
    pub(super) seed: Option<u32>,
    pub(super) shard: Option<ShardField>,
    /// Whether children were forked from a zygote, be it those of one shard.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub(super) zygote: bool,
    pub(super) counts: BTreeMap<String, usize>,
    pub(super) cases: Vec<CaseField>,
    #[serde(flatten)]
    pub(super) added: BTreeMap<String, Value>,
}

/// What the child says of itself, as far as it does.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default)]
pub(super) struct TargetFacts {
    pub(super) triple: Option<String>,
    pub(super) os: Option<String>,
    pub(super) arch: Option<String>,
    pub(super) libc: Option<String>,
    pub(super) libc_version: Option<String>,
    pub(super) kernel: Option<String>,
    pub(super) emulator: Option<String>,
    pub(super) build: Option<String>,
    pub(super) panic: Option<String>,
    pub(super) crt: Option<String>,
    #[serde(flatten)]
    pub(super) added: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct ShardField {
    pub(super) index: u32,
    pub(super) total: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct CaseField {
    pub(super) name: String,
    pub(super) verdict: VerdictField,
    pub(super) accepted: bool,
    pub(super) reason: String,
    pub(super) known_bug: Option<String>,
    pub(super) expected: String,
    #[serde(default)]
    pub(super) needs: Vec<String>,
    #[serde(default)]
    pub(super) gate: Option<String>,
    pub(super) runs: u64,
    pub(super) passes: u64,
    pub(super) first_failure: Option<Round>,
    #[serde(flatten)]
    pub(super) last: TrialField,
    /// The attempts before the last one, all of which were refused.
    #[serde(default)]
    pub(super) earlier_attempts: Vec<AttemptField>,
    pub(super) rerun: String,
    #[serde(flatten)]
    pub(super) added: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Round {
    pub(super) iteration: u64,
    pub(super) seed: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct AttemptField {
    pub(super) verdict: VerdictField,
    pub(super) reason: String,
    #[serde(flatten)]
    pub(super) trial: TrialField,
    #[serde(flatten)]
    pub(super) added: BTreeMap<String, Value>,
}

/// What one child did.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct TrialField {
    pub(super) ending: Option<String>,
    pub(super) end: Option<EndField>,
    pub(super) wall_ms: Option<f64>,
    pub(super) cpu_ms: Option<f64>,
    pub(super) max_rss_kib: Option<u64>,
    pub(super) stdout: Option<String>,
    pub(super) stderr: Option<String>,
    /// Only where the bytes are not UTF-8, of which `stdout` has a replacement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stdout_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stderr_base64: Option<String>,
    pub(super) truncated: bool,
    #[serde(skip_serializing_if = "Not::not")]
    pub(super) merged: bool,
    pub(super) leaked: bool,
    /// What its threads did shortly before the deadline. This and what follows is only there where there is something to
    /// say, and no reader looks into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) threads: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) backtrace: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) core_file: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) directory: Option<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum EndField {
    Exited {
        status: i32,
    },
    Signaled {
        signal: String,
        core: bool,
    },
    TimedOut,
    /// Of a later version.
    #[serde(untagged)]
    Other(Value),
}

/// The judgement of a case, retries and rounds included.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum VerdictField {
    Pass,
    Fail,
    Unsupported,
    Unresolved,
    Leak,
    Stale,
    KnownFail,
    Unexpected,
    Flaky,
    NotRun,
    /// Of a later version.
    #[serde(untagged)]
    Other(String),
}

impl VerdictField {
    /// All that this version knows, in the order in which a person wants them counted.
    pub(super) const ALL: &'static [Self] = &[
        Self::Pass,
        Self::Fail,
        Self::Flaky,
        Self::Leak,
        Self::Stale,
        Self::Unexpected,
        Self::KnownFail,
        Self::Unsupported,
        Self::Unresolved,
        Self::NotRun,
    ];

    /// Returns the verdict of this name for programs.
    pub(super) fn new(id: &str) -> Self {
        let known = Self::deserialize(IntoDeserializer::<Error>::into_deserializer(id));
        known.unwrap_or_else(|_| Self::Other(id.to_owned()))
    }

    /// Returns the name for programs.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unsupported => "unsupported",
            Self::Unresolved => "unresolved",
            Self::Leak => "leak",
            Self::Stale => "stale",
            Self::KnownFail => "known_fail",
            Self::Unexpected => "unexpected",
            Self::Flaky => "flaky",
            Self::NotRun => "not_run",
            Self::Other(id) => id,
        }
    }
}

/// Shows it as a person reads it. A word that is not known here is foreign, and is shown as such.
impl fmt::Display for VerdictField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::one_line(&self.id().to_uppercase().replace('_', " ")))
    }
}

/// Returns how many cases the program registers, and how many of these came to each verdict.
pub(super) fn counts(registered: usize, cases: &[CaseField]) -> BTreeMap<String, usize> {
    let count = |verdict: &VerdictField| {
        (verdict.id().to_owned(), cases.iter().filter(|case| case.verdict == *verdict).count())
    };
    let mut counts: BTreeMap<_, _> = VerdictField::ALL.iter().map(count).collect();
    counts.insert("registered".to_owned(), registered);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

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
            "schema": 1, "tool": "testprog 9", "started": "2026-01-01T00:00:00Z", "wall_ms": 1.5, "seed": null,
            "shard": null, "counts": { "registered": 1, "later": 2 }, "later": { "a": [1] },
            "name": null,
            "target": {
                "triple": "t", "os": null, "arch": null, "libc": null, "libc_version": null, "kernel": null,
                "emulator": null, "build": null, "panic": null, "crt": null, "later": true
            },
            "cases": [{
                "name": "a", "verdict": "later", "accepted": false, "reason": "", "known_bug": null, "expected": "",
                "needs": [], "gate": null, "runs": 1, "passes": 0, "first_failure": null,
                "ending": null, "end": { "kind": "later", "x": 1 }, "wall_ms": 0.25, "cpu_ms": null,
                "max_rss_kib": 7, "stdout": "", "stderr": null, "truncated": false, "leaked": false,
                "earlier_attempts": [], "rerun": "", "later": [null]
            }]
        });
        let report: Report = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(report).unwrap(), json);
    }
}
