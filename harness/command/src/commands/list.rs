//! `cargo testprog list`: lists the program's cases, and why some cases cannot run on this target.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Not;

use serde::Serialize;
use testprog_harness::{Case, Inspection, protocol, report, text};

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
    // The topics, in the order in which the listing first names them.
    let mut topics: Vec<Option<&str>> = Vec::new();
    for case in cases {
        if !topics.contains(&case.topic()) {
            topics.push(case.topic());
        }
    }
    let has_headings = topics.iter().any(Option::is_some);
    for (number, topic) in (0..).zip(topics) {
        let of_topic: Vec<_> = cases.iter().filter(|case| case.topic() == topic).collect();
        if has_headings {
            let gap = if number == 0 { "" } else { "\n" };
            let topic = text::one_line(topic.unwrap_or("no topic"));
            writeln!(out, "{gap}{topic} ({})\n", of_topic.len())?;
        }
        for case in of_topic {
            writeln!(out, "{}", text::one_line(&case.name))?;
            facts(case, "    ", out)?;
        }
    }
    let Counts { registered, gated, known_bug } = Counts::of(cases);
    write!(out, "\n{registered} registered, {gated} cannot run on this target")?;
    if known_bug > 0 {
        write!(out, ", {known_bug} with a known bug")?;
    }
    writeln!(out)
}

/// Prints what the listing says about a case, with `indent` before each line.
pub(super) fn facts(case: &Case, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut fact = |label: &str, value: &str| writeln!(out, "{indent}{label:<8} {value}");
    fact("expects", &report::expected(&case.expect))?;
    if !case.needs.is_empty() {
        fact("needs", &text::one_line(&case.needs.join(", ")))?;
    }
    if let Some(gate) = &case.gate {
        fact("gated", &text::one_line(&gate.to_string()))?;
    }
    if let Some(link) = &case.known_bug {
        fact("bug", &text::one_line(link))?;
    }
    if let Some(failure) = &case.known_failure {
        fact("fails by", &report::expected(failure))?;
    }
    if let Some(deadline) = case.deadline {
        fact("deadline", &text::seconds(deadline))?;
    }
    if !case.limits.is_empty() {
        fact("limits", &limits(case).join(", "))?;
    }
    for (name, value) in &case.env {
        fact("env", &text::one_line(&format!("{name}={value}")))?;
    }
    for argument in &case.args {
        fact("argument", &text::one_line(argument))?;
    }
    if let Some(directory) = &case.working_directory {
        fact("in", &text::one_line(&directory.to_string_lossy()))?;
    }
    if case.serial {
        fact("serial", "no other case runs at the same time")?;
    }
    if case.merge_output {
        fact("merged", "standard error goes to standard output")?;
    }
    if case.long {
        fact("long", "left out with --short")?;
    }
    if let Some(skip) = &case.skip {
        fact("skips by", &report::expected(skip))?;
    }
    if let Some(Inspection { command, expect, .. }) = &case.inspection {
        fact("inspects", &text::one_line(&command.join(" ")))?;
        fact("", &format!("which expects {}", report::expected(expect)))?;
    }
    if !case.mutants.is_empty() {
        let names: Vec<_> = case.mutants.iter().map(|mutant| mutant.name.as_str()).collect();
        fact("mutants", &text::within_line(names.join(", ").as_bytes()))?;
    }
    Ok(())
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
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
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
            topic: case.topic(),
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
