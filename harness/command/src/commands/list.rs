//! `cargo testprog list`: lists the program's cases, and why some cases cannot run on this target.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Not;

use serde::Serialize;
use testprog_harness::protocol::Inspection;
use testprog_harness::{Case, protocol, report, text};

use crate::args::ListArgs;
use crate::build::cargo::Found;
use crate::error::{Error, SUCCESS};
use crate::values::ListFormat;
use crate::{build, document, files};

pub(crate) fn list(args: &ListArgs) -> Result<u8, Error> {
    if let Some(manifest) = build::manifest(&args.child)? {
        let cases = &manifest.suite().cases;
        let printed = files::print(|out| match args.format {
            ListFormat::Human => human(cases, out),
            ListFormat::Json => json(cases, out),
        });
        return printed.map(|()| SUCCESS).map_err(|error| Error::write(&error));
    }
    if args.format == ListFormat::Json {
        let suite = build::suite(&args.child)?;
        let printed = files::print(|out| json(&suite.cases, out));
        return printed.map(|()| SUCCESS).map_err(|error| Error::write(&error));
    }
    let found = build::programs(&args.child)?;
    let has_headings = found.len() > 1;
    for (number, Found { name, program, .. }) in (0..).zip(found) {
        let suite = build::load(program, &args.child)?;
        let printed = files::print(|out| {
            if has_headings {
                let gap = if number == 0 { "" } else { "\n" };
                writeln!(out, "{gap}{}:", text::one_line(&name))?;
            }
            human(&suite.cases, out)
        });
        printed.map_err(|error| Error::write(&error))?;
    }
    Ok(SUCCESS)
}

fn human(cases: &[Case], out: &mut dyn Write) -> io::Result<()> {
    for case in cases {
        writeln!(out, "{}", text::one_line(&case.name))?;
        writeln!(out, "    expects  {}", report::expected(&case.expect))?;
        if !case.needs.is_empty() {
            writeln!(out, "    needs    {}", text::one_line(&case.needs.join(", ")))?;
        }
        if let Some(gate) = &case.gate {
            writeln!(out, "    gated    {}", text::one_line(&gate.to_string()))?;
        }
        if let Some(link) = &case.known_bug {
            writeln!(out, "    bug      {}", text::one_line(link))?;
        }
        if let Some(failure) = &case.known_failure {
            writeln!(out, "    fails by {}", report::expected(failure))?;
        }
        if let Some(deadline) = case.deadline {
            writeln!(out, "    deadline {}", text::seconds(deadline))?;
        }
        if !case.limits.is_empty() {
            writeln!(out, "    limits   {}", limits(case).join(", "))?;
        }
        for (name, value) in &case.env {
            writeln!(out, "    env      {}", text::one_line(&format!("{name}={value}")))?;
        }
        for argument in &case.args {
            writeln!(out, "    argument {}", text::one_line(argument))?;
        }
        if let Some(directory) = &case.working_directory {
            writeln!(out, "    in       {}", text::one_line(&directory.to_string_lossy()))?;
        }
        if case.serial {
            writeln!(out, "    serial   no other case runs at the same time")?;
        }
        if case.merge_output {
            writeln!(out, "    merged   standard error goes to standard output")?;
        }
        if case.long {
            writeln!(out, "    long     left out with --short")?;
        }
        if let Some(skip) = &case.skip {
            writeln!(out, "    skips by {}", report::expected(skip))?;
        }
        if let Some(Inspection { command, expect, .. }) = &case.inspection {
            writeln!(out, "    inspects {}", text::one_line(&command.join(" ")))?;
            writeln!(out, "             which expects {}", report::expected(expect))?;
        }
        if !case.mutants.is_empty() {
            let names: Vec<_> = case.mutants.iter().map(|mutant| mutant.name.as_str()).collect();
            writeln!(out, "    mutants  {}", text::within_line(names.join(", ").as_bytes()))?;
        }
    }
    let Counts { registered, gated, known_bug } = Counts::of(cases);
    write!(out, "\n{registered} registered, {gated} cannot run on this target")?;
    if known_bug > 0 {
        write!(out, ", {known_bug} with a known bug")?;
    }
    writeln!(out)
}

fn directory(case: &Case) -> Option<String> {
    case.working_directory.as_ref().map(|path| path.to_string_lossy().into_owned())
}

fn limits(case: &Case) -> Vec<String> {
    case.limits.iter().map(|(limit, amount)| format!("{limit}={amount}")).collect()
}

/// Numbers of all cases, of cases that cannot run on this target, and of cases with a known bug.
#[derive(Serialize)]
struct Counts {
    registered: usize,
    gated: usize,
    known_bug: usize,
}

impl Counts {
    fn of(cases: &[Case]) -> Self {
        Self {
            registered: cases.len(),
            gated: cases.iter().filter(|case| case.gate.is_some()).count(),
            known_bug: cases.iter().filter(|case| case.known_bug.is_some()).count(),
        }
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    expected: String,
    needs: &'a [String],
    gate: Option<String>,
    known_bug: Option<&'a str>,
    deadline_ms: Option<u128>,
    limits: Vec<String>,
    mutants: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_failure: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    args: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    working_directory: Option<String>,
    #[serde(skip_serializing_if = "Not::not")]
    serial: bool,
    #[serde(skip_serializing_if = "Not::not")]
    merge_output: bool,
    #[serde(skip_serializing_if = "Not::not")]
    long: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inspection: Option<&'a [String]>,
}

fn json(cases: &[Case], out: &mut dyn Write) -> io::Result<()> {
    let entries: Vec<_> = cases
        .iter()
        .map(|case| Entry {
            name: &case.name,
            expected: report::expected(&case.expect),
            needs: &case.needs,
            gate: case.gate.as_ref().map(protocol::Gate::to_string),
            known_bug: case.known_bug.as_deref(),
            deadline_ms: case.deadline.map(|deadline| deadline.as_millis()),
            limits: limits(case),
            mutants: case.mutants.iter().map(|mutant| mutant.name.as_str()).collect(),
            known_failure: case.known_failure.as_ref().map(report::expected),
            env: case.env.iter().map(|(name, value)| (&**name, &**value)).collect(),
            args: &case.args,
            working_directory: directory(case),
            serial: case.serial,
            merge_output: case.merge_output,
            long: case.long,
            skip: case.skip.as_ref().map(report::expected),
            inspection: case.inspection.as_ref().map(|inspection| &*inspection.command),
        })
        .collect();
    let counts = Counts::of(cases);
    let listed = serde_json::json!({ "schema": 1, "counts": counts, "cases": entries });
    document::write(&listed, out)
}
