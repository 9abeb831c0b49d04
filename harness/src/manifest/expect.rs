//! Reads the expectation of a case.

use std::ops::RangeInclusive;

use regex::Regex;

use super::condition::TargetFacts;
use super::error::Wrong;
use super::table::{Table, Value};
use crate::expectation::{Alternative, Content, Expectation, Statuses};
use crate::signal::Signal;

/// Keys that say how a process must end. A table has at most one of the keys in `ENDS`.
const ENDS: &[&str] =
    &["exits", "dies", "aborts", "crashes", "panics", "hangs", "answers", "any-end", "one-of"];
/// Keys with requirements on the output.
const STREAMS: &[&str] = &["stdout", "stderr", "output"];

/// Returns all keys of an expectation.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    ENDS.iter().chain(STREAMS).copied()
}

/// Whether a case's streams are merged, as the keys of the case's expectations require.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// Whether an expectation uses the key `output`, which needs merged streams.
    pub(super) merged: bool,
    /// Mistake to report for the first use of `stdout` or `stderr` if the streams are merged.
    separate: Option<Wrong>,
}

impl Streams {
    /// Returns whether the streams are merged.
    ///
    /// # Errors
    ///
    /// Returns a mistake if the streams are merged and the case has a requirement on only one
    /// stream.
    pub(super) fn merged(self) -> Result<bool, Wrong> {
        match self.separate {
            Some(wrong) if self.merged => Err(wrong),
            _ => Ok(self.merged),
        }
    }
}

/// Reads the expectation of a table. If no key says how the process must end, the process must end
/// as `default` requires.
pub(super) fn expectation(
    table: &mut Table<'_>,
    default: Expectation,
    streams: &mut Streams,
) -> Result<Expectation, Wrong> {
    let mut end: Option<(Value<'_>, &str)> = None;
    for name in ENDS {
        let Some(value) = table.take(name) else { continue };
        if let Some((_, other)) = &end {
            return Err(value.wrong(format!("`{other}` already says how the process must end")));
        }
        end = Some((value, name));
    }
    let mut expect = match end {
        None => default,
        Some((value, "one-of")) => one_of(value, streams)?,
        Some((value, name)) => ends(value, name)?,
    };
    for name in STREAMS {
        let Some(value) = table.take(name) else { continue };
        if *name == "output" {
            streams.merged = true;
        } else if streams.separate.is_none() {
            let cause = "the streams are merged, so this must be `output`";
            streams.separate = Some(value.wrong(cause));
        }
        for content in contents(value)? {
            expect =
                if *name == "stderr" { expect.stderr(content) } else { expect.stdout(content) };
        }
    }
    Ok(expect)
}

fn ends(value: Value<'_>, name: &str) -> Result<Expectation, Wrong> {
    match name {
        "exits" => return Ok(Expectation::exits(statuses(value)?, "")),
        "dies" => return signals(value),
        "panics" if value.is_text() => return Ok(Expectation::panics(value.text()?)),
        _ => value.is_set()?,
    }
    Ok(match name {
        "aborts" => Expectation::aborts(),
        "crashes" => Expectation::crashes(),
        "panics" => Expectation::panics(""),
        "hangs" => Expectation::hangs(),
        "answers" => Expectation::ok(),
        _ => Expectation::any_end(),
    })
}

/// Reads statuses: an integer, a range such as `"1..127"`, or an array of both.
fn statuses(value: Value<'_>) -> Result<Statuses, Wrong> {
    let empty = value.wrong("the array has no status");
    let ranges: Vec<_> =
        value.one_or_several()?.iter().map(range).collect::<Result<Vec<_>, _>>()?;
    if ranges.is_empty() { Err(empty) } else { Ok(ranges.into()) }
}

fn range(value: &Value<'_>) -> Result<RangeInclusive<i32>, Wrong> {
    if value.is_integer() {
        let status = value.integer()?;
        return Ok(status..=status);
    }
    let expected = || value.expected("a status such as 77, or a range such as `1..127`");
    let Ok(text) = value.text() else { return Err(expected()) };
    let range = text.split_once("..").and_then(|(first, last)| {
        let (first, last): (i32, i32) = (first.parse().ok()?, last.parse().ok()?);
        (first < last).then_some(first..=last)
    });
    range.ok_or_else(expected)
}

fn signals(value: Value<'_>) -> Result<Expectation, Wrong> {
    let empty = value.wrong("the array has no signal");
    let signal = |value: &Value<'_>| {
        let what = "the name of a signal such as `SIGSEGV`";
        let Ok(name) = value.text() else { return Err(value.expected(what)) };
        let unknown = || value.wrong(format!("`{name}` is not a signal such as `SIGSEGV`"));
        Signal::from_name(name).ok_or_else(unknown)
    };
    let signals: Vec<_> = value.one_or_several()?.iter().map(signal).collect::<Result<_, _>>()?;
    if signals.is_empty() { Err(empty) } else { Ok(Expectation::dies(signals, "")) }
}

/// Reads the requirements on a stream: a text or texts that the stream contains, or a table.
fn contents(value: Value<'_>) -> Result<Vec<Content>, Wrong> {
    if value.is_text() || value.is_array() {
        return Ok(vec![Content::contains_all(value.texts()?)]);
    }
    let wrong = value.expected("a string, an array or a table");
    let mut table = value.table().map_err(|_| wrong)?;
    let mut contents = Vec::new();
    let texts = |value: Option<Value<'_>>| value.map(Value::texts).transpose();
    if let Some(value) = table.take("equals") {
        contents.push(Content::equals(value.text()?));
    }
    contents.extend(texts(table.take("contains"))?.map(Content::contains_all));
    contents.extend(texts(table.take("lacks"))?.map(Content::contains_none));
    if let Some(value) = table.take("starts-with") {
        contents.push(Content::starts_with(value.text()?));
    }
    for value in table.take("matches").map_or(Ok(Vec::new()), Value::one_or_several)? {
        contents.push(Content::matches(pattern(&value)?));
    }
    if let Some(value) = table.take("announced-after") {
        contents.push(Content::announced(value.text()?));
    }
    let known = ["equals", "contains", "lacks", "starts-with", "matches", "announced-after"];
    table.end(&known)?;
    Ok(contents)
}

/// Returns the text of a regular expression, after a check that the regular expression is valid.
fn pattern<'a>(value: &'a Value<'_>) -> Result<&'a str, Wrong> {
    let pattern = value.text()?;
    match Regex::new(pattern) {
        Ok(_) => Ok(pattern),
        Err(error) => {
            // The error message of the crate regex has several lines, of which the last line is the
            // cause.
            let error = error.to_string();
            let cause = error.lines().last().unwrap_or_default();
            let cause = cause.trim_start_matches("error: ");
            Err(value.wrong(format!("`{pattern}` is not a regular expression: {cause}")))
        }
    }
}

fn one_of(value: Value<'_>, streams: &mut Streams) -> Result<Expectation, Wrong> {
    let empty = value.wrong("the array has no alternative");
    let mut alternatives: Vec<Alternative> = Vec::new();
    for each in value.array("an array of tables")? {
        let mut table = each.table()?;
        let name = table.need("name")?;
        let word = name.word()?;
        if word.contains(char::is_whitespace) {
            return Err(name.wrong(format!("`{word}` is not one word")));
        }
        if alternatives.iter().any(|other| other.name == word) {
            return Err(name.wrong(format!("another alternative already has the name `{word}`")));
        }
        let known = table.take("known-bug");
        if let Some(nested) = table.take("one-of") {
            return Err(nested.wrong("an alternative cannot have alternatives"));
        }
        let expect = expectation(&mut table, Expectation::exits(0, ""), streams)?;
        alternatives.push(match &known {
            None => Alternative::good(word, expect),
            Some(link) => Alternative::known(word, link.word()?, expect),
        });
        table.end(&all(&["name", "known-bug"]))?;
    }
    if alternatives.is_empty() { Err(empty) } else { Ok(Expectation::one_of(alternatives)) }
}

/// Returns `own` and the keys of an expectation.
pub(super) fn all(own: &[&'static str]) -> Vec<&'static str> {
    own.iter().copied().chain(keys()).collect()
}

/// Adds the flaky ends of a case to its expectation, as alternatives that are known faults.
pub(super) fn flaky(
    expect: Expectation,
    value: Value<'_>,
    target: &TargetFacts<'_>,
    streams: &mut Streams,
) -> Result<Expectation, Wrong> {
    let mut flaky = Vec::new();
    for each in value.one_or_several()? {
        let mut table = each.table()?;
        let link = table.need("link")?;
        let link = link.word()?;
        if let Some(nested) = table.take("one-of") {
            return Err(nested.wrong("a flaky end cannot have alternatives"));
        }
        let applies = table.take("cfg").map_or(Ok(true), |cfg| target.meets(&cfg))?;
        let end = expectation(&mut table, Expectation::any_end(), streams)?;
        table.end(&all(&["link", "cfg"]))?;
        let name = match flaky.len() {
            0 => "flaky".to_owned(),
            number => format!("flaky-{}", number + 1),
        };
        if applies {
            flaky.push(Alternative::known(&name, link, end));
        }
    }
    if flaky.is_empty() {
        return Ok(expect);
    }
    let mut all = match expect.alternatives() {
        Some(alternatives) => alternatives.to_vec(),
        None => vec![Alternative::good("expected", expect)],
    };
    all.append(&mut flaky);
    Ok(Expectation::one_of(all))
}
