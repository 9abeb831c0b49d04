//! Converts the system's time for reports. The system's clock may be wrong by any amount, so the
//! functions accept every time.

use std::time::{Duration, SystemTime};

/// Last moment that RFC 3339 can express, in seconds since 1970: the end of the year 9999.
const LAST: i64 = 253_402_300_799;
/// First moment that RFC 3339 can express, in seconds since 1970: the beginning of the year 0.
const FIRST: i64 = -62_167_219_200;
/// Number of years that are added to a time before 1970, because the crate humantime accepts only
/// later times. The calendar repeats every 400 years.
const YEARS: i64 = 2000;
/// Seconds of [`YEARS`]: 400 years have 146,097 days.
const SECONDS: i64 = YEARS / 400 * 146_097 * 24 * 60 * 60;

/// Returns a time as RFC 3339 text with milliseconds, such as `2026-01-02T03:04:05.678Z`. A time
/// outside the years 0 to 9999 becomes the nearest moment in these years.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let (seconds, nanos) = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => (i64::try_from(since.as_secs()).unwrap_or(LAST), since.subsec_nanos()),
        Err(error) => before(error.duration()),
    };
    let nanos = if (FIRST..=LAST).contains(&seconds) { nanos } else { 0 };
    let seconds = seconds.clamp(FIRST, LAST);
    let text = |seconds: i64| {
        let since = Duration::new(seconds.unsigned_abs(), nanos);
        humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + since).to_string()
    };
    if seconds >= 0 {
        return text(seconds);
    }
    let later = text(seconds + SECONDS);
    let (year, rest) = later.split_once('-').expect("the year comes first");
    let year = year.parse::<i64>().expect("the year is a number") - YEARS;
    format!("{year:04}-{rest}")
}

/// Returns a time before 1970 as a negative number of seconds since 1970, and the nanoseconds after
/// that second.
fn before(distance: Duration) -> (i64, u32) {
    let seconds = i64::try_from(distance.as_secs()).map_or(FIRST, |seconds| -seconds);
    match distance.subsec_nanos() {
        0 => (seconds, 0),
        nanos => (seconds - 1, 1_000_000_000 - nanos),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_a_text() {
        let second = Duration::from_secs(1);
        let (after, before) = (
            SystemTime::UNIX_EPOCH.checked_add(second * 4_000_000_000),
            SystemTime::UNIX_EPOCH - second,
        );
        for (time, text) in [
            (SystemTime::UNIX_EPOCH + Duration::from_millis(1500), "1970-01-01T00:00:01.500Z"),
            (SystemTime::UNIX_EPOCH - Duration::from_millis(1500), "1969-12-31T23:59:58.500Z"),
            (after.unwrap(), "2096-10-02T07:06:40.000Z"),
            (SystemTime::UNIX_EPOCH - second * 5_097_600, "1969-11-03T00:00:00.000Z"),
            (SystemTime::UNIX_EPOCH - second / 4, "1969-12-31T23:59:59.750Z"),
            (before, "1969-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(rfc3339(time), text);
        }
    }

    #[test]
    fn a_time_that_rfc_3339_cannot_express_is_the_nearest() {
        let epoch = SystemTime::UNIX_EPOCH;
        for years in [20_000, 2_000_000_000] {
            let distance = Duration::from_secs(years * 365 * 24 * 60 * 60);
            // `checked_add` returns `None` on Windows, where `SystemTime` cannot express this time.
            if let Some(time) = epoch.checked_add(distance) {
                assert_eq!(rfc3339(time), "9999-12-31T23:59:59.000Z");
            }
            if let Some(time) = epoch.checked_sub(distance) {
                assert_eq!(rfc3339(time), "0000-01-01T00:00:00.000Z");
            }
        }
    }
}
