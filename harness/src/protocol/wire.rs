//! Reads and writes the texts of a listing: escaped texts and expectations.

use std::fmt::{self, Write as _};
use std::ops::RangeInclusive;

use crate::expectation::{
    Alternative, Class, Ends, Expectation, Judged, Kind, Rule, Single, Statuses,
};
use crate::signal::Signal;
use crate::text::excerpt;

/// Version of a listing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// Separator before each requirement on an output stream. Every `&` in a text of an expectation is
/// escaped, so the separator is unambiguous.
const REQUIREMENT: &str = " & ";

/// Parses an expectation of a listing of this version.
///
/// # Errors
///
/// Returns a one-line message that quotes the invalid part of `text`.
pub(super) fn parse_expectation(text: &str, version: Version) -> Result<Expectation, String> {
    if let Some(alternatives) = text.strip_prefix("oneof ") {
        let alternatives: Result<Vec<_>, _> =
            alternatives.split(" | ").map(|each| parse_alternative(each, version)).collect();
        return Ok(Expectation::new(Kind::OneOf(alternatives?)));
    }
    parse_single(text, version)
        .ok_or_else(|| format!("`{}` is not an expectation such as `dies SIGABRT`", excerpt(text)))
}

fn parse_alternative(text: &str, version: Version) -> Result<Alternative, String> {
    let bad = || format!("`{}` is not an alternative such as `NAME good ok`", excerpt(text));
    let (name, rest) = text.split_once(' ').ok_or_else(bad)?;
    let (class, rest) = rest.split_once(' ').ok_or_else(bad)?;
    let (class, rest) = match class {
        "good" => (Class::Good, rest),
        "known" => {
            let (link, rest) = rest.split_once(' ').ok_or_else(bad)?;
            (Class::Known { link: unescape(link)? }, rest)
        }
        _ => return Err(bad()),
    };
    let expect = parse_single(rest, version).ok_or_else(bad)?;
    Ok(Alternative { name: name.to_owned(), class, expect })
}

/// Parses an expectation of one end: the end, and in version 2 the requirements on the streams.
fn parse_single(text: &str, version: Version) -> Option<Expectation> {
    let (end, requirements) = match version {
        Version::One => (text, None),
        Version::Two => match text.split_once(REQUIREMENT) {
            Some((end, requirements)) => (end, Some(requirements)),
            None => (text, None),
        },
    };
    if text == "ok" {
        return Some(Expectation::ok());
    }
    let mut single = parse_end(end, version)?;
    for requirement in requirements.into_iter().flat_map(|all| all.split(REQUIREMENT)) {
        let (stream, rule) = requirement.split_once(' ')?;
        let rules = match stream {
            "stdout" => &mut single.stdout,
            "stderr" => &mut single.stderr,
            _ => return None,
        };
        rules.push(parse_rule(rule)?);
    }
    Some(Expectation::new(Kind::Single(single)))
}

fn parse_end(text: &str, version: Version) -> Option<Single> {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (end, stderr) = match kind {
        "dies" | "exits" => rest.split_once(' ').unwrap_or((rest, "")),
        _ => ("", rest),
    };
    let ends = match (kind, version) {
        ("ok", _) if rest.is_empty() => Ends::Answers,
        ("dies", _) => Ends::Signals(end.split(',').map(Signal::from_name).collect::<Option<_>>()?),
        ("exits", Version::One) => Ends::Statuses(end.parse::<i32>().ok()?.into()),
        ("exits", Version::Two) => {
            Ends::Statuses(Statuses(end.split(',').map(parse_range).collect::<Option<_>>()?))
        }
        ("aborts", Version::Two) => Ends::Aborts,
        ("crashes", Version::Two) => Ends::Crashes,
        ("panics", Version::Two) => Ends::Panics,
        ("hangs", Version::Two) => Ends::Hangs,
        ("any", Version::Two) => Ends::Any,
        _ => return None,
    };
    let stderr = unescape(stderr).ok().filter(|text| !text.is_empty());
    let stderr = stderr.map(Rule::Contains).into_iter().collect();
    Some(Single { ends, stdout: Vec::new(), stderr })
}

fn parse_range(text: &str) -> Option<RangeInclusive<i32>> {
    match text.split_once("..") {
        None => text.parse().ok().map(|status| status..=status),
        Some((first, last)) => {
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            (first < last).then_some(first..=last)
        }
    }
}

fn parse_rule(text: &str) -> Option<Rule> {
    let (kind, text) = text.split_once(' ')?;
    let text = unescape(text).ok()?;
    Some(match kind {
        "equals" => Rule::Equals(text),
        "contains" => Rule::Contains(text),
        "lacks" => Rule::Lacks(text),
        "starts" => Rule::StartsWith(text),
        "announced" => Rule::Announced(text),
        "matches" => Rule::Matches(text),
        "meets" => Rule::Judged(Judged { words: text, judge: None }),
        _ => return None,
    })
}

/// Returns true if and only if a listing of version 1 can contain the expectation.
pub(super) fn fits_version_1(expect: &Expectation) -> bool {
    expect.singles().into_iter().all(|Single { ends, stdout, stderr }| {
        let is_text = matches!(&**stderr, [] | [Rule::Contains(_)]) && stdout.is_empty();
        match ends {
            Ends::Answers => stdout.is_empty() && stderr.is_empty(),
            Ends::Signals(_) => is_text,
            Ends::Statuses(Statuses(ranges)) => {
                is_text && matches!(&**ranges, [range] if range.start() == range.end())
            }
            Ends::Aborts | Ends::Crashes | Ends::Panics | Ends::Hangs | Ends::Any => false,
        }
    })
}

/// Wrapper that prints an expectation in the syntax of a listing.
pub(super) struct Wire<'a>(pub(super) &'a Expectation);

impl fmt::Display for Wire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            Kind::Single(single) => write_single(f, single),
            Kind::OneOf(alternatives) => {
                f.write_str("oneof ")?;
                for (index, alternative) in alternatives.iter().enumerate() {
                    let separator = if index == 0 { "" } else { " | " };
                    write!(f, "{separator}{} ", alternative.name)?;
                    match &alternative.class {
                        Class::Good => f.write_str("good ")?,
                        // Spaces in the link are escaped, because in a listing the link of an
                        // alternative must be one word.
                        Class::Known { link } => {
                            write!(f, "known {} ", escape(link).replace(' ', "\\20"))?;
                        }
                    }
                    Wire(&alternative.expect).fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

fn write_single(f: &mut fmt::Formatter<'_>, single: &Single) -> fmt::Result {
    let Single { ends, stdout, stderr } = single;
    match ends {
        Ends::Answers => f.write_str("ok")?,
        Ends::Signals(signals) => {
            let signals: Vec<_> = signals.iter().map(Signal::to_string).collect();
            write!(f, "dies {}", signals.join(","))?;
        }
        Ends::Statuses(Statuses(ranges)) => {
            let range = |range: &RangeInclusive<i32>| match (range.start(), range.end()) {
                (first, last) if first == last => first.to_string(),
                (first, last) => format!("{first}..{last}"),
            };
            write!(f, "exits {}", ranges.iter().map(range).collect::<Vec<_>>().join(","))?;
        }
        Ends::Aborts => f.write_str("aborts")?,
        Ends::Crashes => f.write_str("crashes")?,
        Ends::Panics => f.write_str("panics")?,
        Ends::Hangs => f.write_str("hangs")?,
        Ends::Any => f.write_str("any")?,
    }
    // In both versions, the first text that standard error must contain follows the end, as in
    // `dies SIGABRT TEXT`.
    let rest = match (ends, &**stderr) {
        (Ends::Answers, rest) => rest,
        (_, [Rule::Contains(text), rest @ ..]) if !text.is_empty() => {
            write!(f, " {}", escape_text(text))?;
            rest
        }
        (_, rest) => rest,
    };
    let streams = [("stdout", &**stdout), ("stderr", rest)];
    for (stream, rule) in
        streams.iter().flat_map(|(stream, rules)| rules.iter().map(move |rule| (stream, rule)))
    {
        let (kind, text) = match rule {
            Rule::Equals(text) => ("equals", text),
            Rule::Contains(text) => ("contains", text),
            Rule::Lacks(text) => ("lacks", text),
            Rule::StartsWith(text) => ("starts", text),
            Rule::Announced(prefix) => ("announced", prefix),
            Rule::Matches(pattern) => ("matches", pattern),
            Rule::Judged(Judged { words, .. }) => ("meets", words),
        };
        write!(f, "{REQUIREMENT}{stream} {kind} {}", escape_text(text))?;
    }
    Ok(())
}

/// Escapes a text of an expectation, so that the text contains no separator of an expectation.
fn escape_text(text: &str) -> String {
    escape(text).replace('&', "\\26")
}

/// Escapes the characters that separate the parts of a listing line. Each byte of an escaped
/// character becomes a backslash and two hexadecimal digits.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | ';' => write!(escaped, "\\{:02x}", u32::from(c)),
            c if c.is_control() => c
                .encode_utf8(&mut [0; 4])
                .bytes()
                .try_for_each(|byte| write!(escaped, "\\{byte:02x}")),
            c => escaped.write_char(c),
        }
        .expect("writing to a String cannot fail");
    }
    escaped
}

/// Reads a text that [`escape`] has escaped.
///
/// # Errors
///
/// Returns a one-line message if a backslash does not begin an escaped byte, or if the bytes are
/// not UTF-8.
pub(super) fn unescape(text: &str) -> Result<String, String> {
    let bad = || format!("`{}` has a backslash without two hexadecimal digits", excerpt(text));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit().ok_or_else(bad)?, digit().ok_or_else(bad)?);
        bytes.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits fit in a byte"));
    }
    String::from_utf8(bytes).map_err(|_| format!("`{}` is not UTF-8", excerpt(text)))
}
