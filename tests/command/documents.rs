//! Writes sample reports for the tests of the subcommands that read reports.

use std::fs;
use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::{Value, json};

use crate::schema;
use crate::trial::scratch::scratch;
use crate::trial::tools::Missing;

/// Returns a run report of a target with one case for each name and verdict.
pub(crate) fn run(triple: &str, cases: &[(&str, &str)]) -> Value {
    let cases: Vec<_> = cases.iter().map(|(name, verdict)| case(name, verdict)).collect();
    let mut counts = json!({ "registered": cases.len() });
    for id in [
        "pass",
        "fail",
        "unsupported",
        "unresolved",
        "leak",
        "stale",
        "xfail",
        "xpass",
        "flaky",
        "not_run",
    ] {
        counts[id] = cases.iter().filter(|case| case["verdict"] == id).count().into();
    }
    json!({
        "schema": 2, "tool": "testprog 0.1.0", "name": null,
        "target": {
            "triple": triple, "os": "linux", "arch": null, "libc": "glibc", "libc_version": "2.36", "kernel": null,
            "emulator": null, "build": "debug", "panic": "unwind", "crt": "dynamic"
        },
        "started": "2026-01-02T03:04:05.678Z", "wall_ms": 12.5, "seed": null, "shard": null, "counts": counts,
        "cases": cases,
    })
}

fn case(name: &str, verdict: &str) -> Value {
    let accepted = matches!(verdict, "pass" | "unsupported" | "xfail" | "stale" | "not_run");
    let reason = match verdict {
        "pass" => "",
        "unsupported" => "ucontext: musl has no getcontext",
        _ => "exited with status 1",
    };
    json!({
        "name": name, "verdict": verdict, "accepted": accepted, "reason": reason, "known_bug": null,
        "expected": "status 0 and the answer OK", "needs": ["ucontext"], "gate": null, "runs": 1, "passes": 1,
        "first_failure": null, "alternative": null, "end": { "kind": "exited", "status": i32::from(!accepted) },
        "wall_ms": 1.5, "cpu_ms": 1.25, "max_rss_kib": 2048, "stdout": "OK\n", "stderr": "", "truncated": false,
        "leaked": false, "earlier_attempts": [], "rerun": format!("testprog {name}"),
    })
}

/// Writes a file into the trial's directory, and returns its path.
pub(crate) fn file(name: &str, text: &str) -> String {
    let path = scratch(name);
    fs::write(&path, text)
        .unwrap_or_else(|error| panic!("failed to write `{}`: {error}", path.display()));
    path.to_str().expect("the path is UTF-8").to_owned()
}

pub(crate) fn testprog(arguments: &[&str]) -> Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    // A command that hangs fails its test after 120 s. A command normally needs less than a tenth
    // of the timeout of 120 s.
    command.timeout(Duration::from_secs(120));
    command.args(arguments).assert()
}

/// Returns the missing program that validates documents, for a test that only validates documents.
pub(crate) fn need_validator() -> Option<Missing> {
    (!schema::is_built()).then(|| Missing::Tool(schema::MISSING.to_owned()))
}
