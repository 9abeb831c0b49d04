//! Reads durations and sizes, which have a unit.

use std::time::Duration;

use super::error::Wrong;
use super::table::Value;

/// Returns a duration such as `500ms`, `5s`, `2m` or `1h 30m`.
pub(super) fn duration(value: &Value<'_>) -> Result<Duration, Wrong> {
    if !value.is_text() {
        return Err(value.expected("a duration such as `500ms`"));
    }
    let text = value.text()?;
    let parts = text.split_whitespace().map(part).collect::<Option<Vec<_>>>();
    let sum =
        parts.and_then(|parts| parts.into_iter().try_fold(Duration::ZERO, Duration::checked_add));
    match sum {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(value.wrong(format!("`{text}` is not a duration such as `500ms` or `1h 30m`"))),
    }
}

fn part(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u64 = number.parse().ok()?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(60 * 60),
        _ => None,
    }
}

/// Returns an amount of a resource: an integer, or a text with a unit such as `64MiB`.
pub(super) fn amount(value: &Value<'_>) -> Result<u64, Wrong> {
    if !value.is_text() {
        return value.integer();
    }
    let text = value.text()?;
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let amount = units.into_iter().find_map(|(unit, shift)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(1 << shift)
    });
    amount.ok_or_else(|| value.wrong(format!("`{text}` is not an amount such as 64 or `64MiB`")))
}
