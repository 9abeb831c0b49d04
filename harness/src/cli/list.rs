//! `cargo testprog list`: what the child registers, and what is gated here and why.

use std::io::{self, Write as _};

use harness::{Case, protocol, report};
use serde::Serialize;

use super::{Error, Format, ListArgs, SUCCESS, build};

pub(super) fn list(args: &ListArgs) -> Result<u8, Error> {
    let suite = build::suite(&args.child)?;
    match args.format {
        Format::Human => human(&suite.cases),
        Format::Json => json(&suite.cases),
    }
    .map_err(|error| Error::write(&error))?;
    Ok(SUCCESS)
}

fn human(cases: &[Case]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for case in cases {
        writeln!(out, "{}", case.name)?;
        writeln!(out, "    expects  {}", report::expected(&case.expect))?;
        if !case.needs.is_empty() {
            writeln!(out, "    needs    {}", case.needs.join(", "))?;
        }
        if let Some(gate) = &case.gate {
            writeln!(out, "    gated    {gate}")?;
        }
        if let Some(deadline) = case.deadline {
            writeln!(out, "    deadline {}", report::seconds(deadline))?;
        }
        if !case.mutants.is_empty() {
            let names: Vec<_> = case.mutants.iter().map(|mutant| mutant.name.as_str()).collect();
            writeln!(out, "    mutants  {}", names.join(", "))?;
        }
    }
    let gated = cases.iter().filter(|case| case.gate.is_some()).count();
    writeln!(out, "\n{} cases, {gated} gated here", cases.len())
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    expected: String,
    needs: &'a [String],
    gate: Option<String>,
    deadline_ms: Option<u128>,
    mutants: Vec<&'a str>,
}

fn json(cases: &[Case]) -> io::Result<()> {
    let entries: Vec<_> = cases
        .iter()
        .map(|case| Entry {
            name: &case.name,
            expected: report::expected(&case.expect),
            needs: &case.needs,
            gate: case.gate.as_ref().map(protocol::Gate::to_string),
            deadline_ms: case.deadline.map(|deadline| deadline.as_millis()),
            mutants: case.mutants.iter().map(|mutant| mutant.name.as_str()).collect(),
        })
        .collect();
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &serde_json::json!({ "schema": 1, "cases": entries }))?;
    writeln!(out)
}
