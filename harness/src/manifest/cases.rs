//! Reads the cases of a manifest.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::condition::TargetFacts;
use super::error::{Wrong, line};
use super::expect::{self, Streams, all, expectation};
use super::programs::{Declared, TARGET, gate};
use super::table::{Table, Value};
use super::units::{amount, duration};
use crate::expectation::Expectation;
use crate::limit::Limit;
use crate::protocol::{Case, NAME_LIMIT, is_name};
use crate::scenario::{Inspection, Source};
use crate::text::excerpt;

/// Keys of a case besides the keys of its expectation.
const KEYS: &[&str] = &[
    "name",
    "program",
    "args",
    "env",
    "environments",
    "working-directory",
    "merge-output",
    "cfg",
    "reason",
    "known-bug",
    "fails",
    "flaky",
    "skip",
    "deadline",
    "limits",
    "serial",
    "long",
    "inspect",
    "explanation",
];

/// Case of a manifest, with the name of its program and the position of the case's name in the
/// file.
#[derive(Debug)]
pub(super) struct Stated {
    pub(super) case: Case,
    pub(super) program: String,
    pub(super) name_span: Range<usize>,
}

/// Manifest's content that all cases share.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    /// Path of the manifest.
    pub(super) path: &'a Path,
    /// Text of the manifest.
    pub(super) text: &'a str,
    pub(super) directory: &'a Path,
    pub(super) target: &'a TargetFacts<'a>,
    pub(super) programs: &'a BTreeMap<String, Declared>,
    pub(super) defaults: Table<'a>,
}

/// Checks the table of defaults, which has the keys of a case except its name.
pub(super) fn check_defaults(defaults: &Table<'_>) -> Result<(), Wrong> {
    let mut rest = defaults.clone();
    let keys = all(&KEYS[1..]);
    for key in &keys {
        rest.take(key);
    }
    rest.end(&keys)
}

/// Reads a `[[case]]` table, which defines one case for each combination of its programs and
/// environments.
pub(super) fn cases(value: Value<'_>, shared: &Shared<'_>) -> Result<Vec<Stated>, Wrong> {
    let mut table = value.table()?.renamed("");
    let has_expectation = expect::keys().any(|key| table.has(key));
    let is_replaced = |key: &str| has_expectation && expect::keys().any(|known| known == key);
    let is_merged = |key: &str| key == "env" || key == "limits";
    table.add_defaults(&shared.defaults, is_replaced, is_merged);

    let name = table.need("name")?;
    let word = name.text()?.to_owned();
    if !is_name(&word) {
        let cause = format!(
            "`{}` is not a name of 1 to {NAME_LIMIT} letters, digits and ASCII signs other than `/`",
            excerpt(&word)
        );
        return Err(name.wrong(cause));
    }
    let programs = programs(&mut table, shared)?;
    let environments = environments(&mut table)?;
    let mut case = case(&word, &mut table, shared)?;
    let line = u32::try_from(line(shared.text, &name.span)).unwrap_or(u32::MAX);
    case.source = Some(Box::new(Source::new(shared.path.to_string_lossy().into_owned(), line)));
    table.end(&all(KEYS))?;

    let mut stated = Vec::new();
    for program in programs {
        for Environment { name: environment, variables } in &environments {
            let mut case = case.clone();
            let variant = program.name.split_once('@').map(|(_, variant)| variant);
            for part in variant.into_iter().chain(environment.as_deref()) {
                case.name.extend(["@", part]);
            }
            if !is_name(&case.name) {
                return Err(name.wrong(format!("`{}` is not a name", excerpt(&case.name))));
            }
            case.env.retain(|(name, _)| variables.iter().all(|(other, _)| other != name));
            case.env.extend(variables.iter().cloned());
            case.gate = case.gate.or_else(|| program.gate.clone());
            case.needs.extend(case.gate.iter().map(|_| TARGET.to_owned()));
            let (program, name_span) = (program.name.clone(), name.span.clone());
            stated.push(Stated { case, program, name_span });
        }
    }
    Ok(stated)
}

/// Reads the keys of a case, except the keys for its programs and its environments.
fn case(name: &str, table: &mut Table<'_>, shared: &Shared<'_>) -> Result<Case, Wrong> {
    let Shared { directory, target, .. } = shared;
    let success = Expectation::exits(0, "");
    let mut streams = Streams::default();
    let mut expect = expectation(table, success.clone(), &mut streams)?;
    if let Some(flaky) = table.take("flaky") {
        expect = expect::flaky(expect, flaky, target, &mut streams)?;
    }
    let mut case = Case::foreign(name, expect);
    case.args = match table.take("args") {
        None => vec![name.to_owned()],
        Some(args) => args.texts()?,
    };
    case.env = table.take("env").map_or(Ok(Vec::new()), variables)?;
    if let Some(path) = table.take("working-directory") {
        case.working_directory = Some(directory.join(path.word()?));
    }
    case.gate = gate(table, target)?;
    case.known_bug = match table.take("known-bug") {
        None => None,
        Some(link) => Some(link.word()?.to_owned()),
    };
    if let Some(fails) = table.take("fails") {
        if case.known_bug.is_none() {
            return Err(fails.wrong("only a case with `known-bug` is known to fail"));
        }
        case.known_failure = Some(nested(fails, &mut streams)?);
    }
    if let Some(skip) = table.take("skip") {
        case.skip = Some(nested(skip, &mut streams)?);
    }
    case.deadline = table.take("deadline").map(|value| duration(&value)).transpose()?;
    case.limits = table.take("limits").map_or(Ok(Vec::new()), limits)?;
    case.serial = table.take("serial").map_or(Ok(false), |value| value.flag())?;
    case.long = match table.take("long") {
        None => false,
        Some(value) if value.is_flag() => value.flag()?,
        Some(condition) => target.meets(&condition)?,
    };
    if let Some(inspect) = table.take("inspect") {
        case.inspection = Some(inspection(inspect, directory)?);
    }
    if let Some(explanation) = table.take("explanation") {
        case.explanation = Some(explanation.word()?.to_owned());
    }
    if let Some(merges) = table.take("merge-output") {
        streams.merged |= merges.flag()?;
    }
    case.merge_output = streams.merged()?;
    Ok(case)
}

/// Reads an expectation from a table inside a case, such as the table `skip`.
fn nested(value: Value<'_>, streams: &mut Streams) -> Result<Expectation, Wrong> {
    let mut table = value.table()?;
    if !expect::keys().any(|key| table.has(key)) {
        let nothing = table.wrong("this table is empty");
        table.end(&all(&[]))?;
        return Err(nothing);
    }
    let expect = expectation(&mut table, Expectation::any_end(), streams)?;
    table.end(&all(&[]))?;
    Ok(expect)
}

fn variables(value: Value<'_>) -> Result<Vec<(String, String)>, Wrong> {
    let entries = value.table()?.into_entries();
    let variable = |(name, value): (String, Value<'_>)| {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(value.wrong("this is not the name of an environment variable"));
        }
        match value.text()? {
            text if text.contains('\0') => Err(value.wrong("the value has a zero byte")),
            text => Ok((name, text.to_owned())),
        }
    };
    entries.into_iter().map(variable).collect()
}

/// Environment of a case.
#[derive(Default)]
struct Environment {
    name: Option<String>,
    variables: Vec<(String, String)>,
}

/// Reads the environments of a case, each with its name. Without the key `environments`, a case has
/// one environment without a name.
fn environments(table: &mut Table<'_>) -> Result<Vec<Environment>, Wrong> {
    let Some(value) = table.take("environments") else { return Ok(vec![Environment::default()]) };
    let empty = value.wrong("the table has no environment");
    let entries = value.table()?.into_entries();
    if entries.is_empty() {
        return Err(empty);
    }
    let environment = |(name, value): (String, Value<'_>)| {
        if !is_name(&name) {
            let cause = format!("`{}` cannot be a part of a case's name", excerpt(&name));
            return Err(value.wrong(cause));
        }
        Ok(Environment { name: Some(name), variables: variables(value)? })
    };
    entries.into_iter().map(environment).collect()
}

/// Returns the programs of a case.
fn programs<'a>(table: &mut Table<'_>, shared: &Shared<'a>) -> Result<Vec<&'a Declared>, Wrong> {
    let declared = || {
        let names: Vec<_> = shared.programs.keys().map(String::as_str).collect();
        format!("the programs are `{}`", names.join("`, `"))
    };
    let Some(value) = table.take("program") else {
        let mut all = shared.programs.values();
        return match (all.next(), all.next()) {
            (Some(only), None) => Ok(vec![only]),
            _ => Err(Wrong::at(
                table.span.clone(),
                "program",
                format!("this key is missing; {}", declared()),
            )),
        };
    };
    let empty = value.wrong("the array has no program");
    let find = |value: &Value<'_>| {
        let name = value.text()?;
        let unknown = || value.wrong(format!("no program `{}`; {}", excerpt(name), declared()));
        shared.programs.get(name).ok_or_else(unknown)
    };
    let found: Vec<_> = value.one_or_several()?.iter().map(find).collect::<Result<_, _>>()?;
    if found.is_empty() { Err(empty) } else { Ok(found) }
}

fn limits(value: Value<'_>) -> Result<Vec<(Limit, u64)>, Wrong> {
    let limit = |(name, value): (String, Value<'_>)| {
        let names: Vec<_> = Limit::NAMED.iter().map(|(_, name)| *name).collect();
        let unknown = || value.wrong(format!("unknown limit; the limits are {}", names.join(", ")));
        Ok((Limit::from_name(&name).ok_or_else(unknown)?, amount(&value)?))
    };
    value.table()?.into_entries().into_iter().map(limit).collect()
}

fn inspection(value: Value<'_>, directory: &Path) -> Result<Inspection, Wrong> {
    let mut table = value.table()?;
    let mut command = table.need("command")?.command()?;
    if Path::new(&command[0]).components().count() > 1 {
        command[0] = directory.join(&command[0]).to_string_lossy().into_owned();
    }
    let mut streams = Streams::default();
    let expect = expectation(&mut table, Expectation::exits(0, ""), &mut streams)?;
    if streams.merged {
        return Err(table.wrong("an inspection has separate streams, so `output` must be `stdout`"));
    }
    table.end(&all(&["command"]))?;
    Ok(Inspection::new(command, expect))
}
