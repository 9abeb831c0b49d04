//! Defines the environment variables that change how `cargo test` runs cases.

use std::ffi::OsString;
use std::num::ParseFloatError;
use std::{env, error, fmt};

pub use crate::suite::DEADLINE_SCALE;
use crate::suite::Settings;
use crate::text::excerpt;

/// Environment variable with a comma-separated list of capabilities whose `SKIP` is accepted. If
/// the environment variable is empty, no `SKIP` is accepted. If the environment variable is not
/// set, every `SKIP` is accepted.
pub const MAY_LACK: &str = "TESTPROG_MAY_LACK";

/// Environment variable of a short run, which leaves out the cases that take long. The value `0`
/// has the same effect as an unset variable.
pub const SHORT: &str = "TESTPROG_SHORT";

/// Returns true if the environment variable [`SHORT`] requests a short run.
#[cfg(feature = "libtest")]
pub(crate) fn is_short() -> bool {
    env::var_os(SHORT).is_some_and(|value| value != "0")
}

/// Returns the settings for all cases of a test target.
///
/// # Errors
///
/// Returns an error if the variable [`DEADLINE_SCALE`] is not a number above 0.
pub(crate) fn settings() -> Result<Settings, Error> {
    let deadline_scale =
        env::var_os(DEADLINE_SCALE).map_or(Ok(1.0), |value| scale(&value.to_string_lossy()))?;
    // An unknown name in the variable is ignored, because all test targets of a workspace share the
    // variable, and another target may know the name.
    let split = |names: String| names.split(',').map(|name| name.trim().to_owned()).collect();
    let may_lack = env::var(MAY_LACK).ok().map(split);
    Ok(Settings { deadline_scale, may_lack, ..Settings::default() })
}

/// Returns true if the command line of this process requests the output of the children while they
/// run.
pub(crate) fn is_live() -> bool {
    let variable = env::var("RUST_TEST_NOCAPTURE").ok();
    shows_output(env::args_os(), variable.as_deref()) && !is_hidden_by_nextest()
}

/// Returns true if a command line, or the variable `RUST_TEST_NOCAPTURE` with this value, requests
/// the output of the tests while they run.
fn shows_output(mut words: impl Iterator<Item = OsString>, variable: Option<&str>) -> bool {
    let is_on = variable.is_some_and(|value| value != "0");
    is_on || words.any(|word| word == "--nocapture" || word == "--no-capture")
}

/// Returns true if cargo-nextest captures the output of this process. The function ignores
/// `--nocapture`, because cargo-nextest passes this flag to every test. If cargo-nextest itself has
/// `--no-capture`, cargo-nextest runs one test at a time
/// ([environment variables of cargo-nextest](https://nexte.st/docs/configuration/env-vars/)).
pub(crate) fn is_hidden_by_nextest() -> bool {
    let threads = env::var("NEXTEST_TEST_THREADS").ok();
    env::var_os("NEXTEST").is_some() && captures(threads.as_deref())
}

/// Returns true if cargo-nextest captures the output of its tests, for a value of the variable
/// `NEXTEST_TEST_THREADS`.
fn captures(threads: Option<&str>) -> bool {
    threads != Some("1")
}

pub(crate) fn scale(text: &str) -> Result<f64, Error> {
    let wrong = |source| Error { name: DEADLINE_SCALE, value: text.to_owned(), source };
    let scale: f64 = text.parse().map_err(|error| wrong(Some(error)))?;
    if scale.is_finite() && scale > 0.0 { Ok(scale) } else { Err(wrong(None)) }
}

/// Error for an environment variable whose value cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    name: &'static str,
    value: String,
    source: Option<ParseFloatError>,
}

impl Error {
    /// Returns the name of the environment variable.
    pub fn name(&self) -> &str {
        self.name
    }

    /// Returns the value of the environment variable. Bytes that are not UTF-8 are replaced by
    /// U+FFFD.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, .. } = self;
        write!(f, "failed to read {name}=`{}`: expected a number above 0", excerpt(value))
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_flag_or_the_variable_of_libtest_requests_the_output() {
        let shows =
            |words: &[&str], variable| shows_output(words.iter().map(OsString::from), variable);
        assert!(shows(&["program", "--nocapture"], None));
        assert!(shows(&["program", "a", "--no-capture"], Some("0")));
        assert!(shows(&["program"], Some("1")));
        assert!(!shows(&["program", "nocapture"], None));
        assert!(!shows(&["program"], Some("0")));
    }

    #[test]
    fn nextest_captures_the_output_unless_it_runs_one_test_at_a_time() {
        assert!(captures(None) && captures(Some("2")) && captures(Some("11")));
        assert!(!captures(Some("1")));
    }

    #[test]
    fn a_scale_is_a_number_above_0() {
        assert_eq!(scale("0.5"), Ok(0.5));
        assert_eq!(scale("10"), Ok(10.0));
        for text in ["0", "-1", "inf", "NaN"] {
            let error = scale(text).unwrap_err();
            assert_eq!((error.name(), error.value()), (DEADLINE_SCALE, text));
            assert!(error.source().is_none(), "{error:?}");
            let message =
                format!("failed to read {DEADLINE_SCALE}=`{text}`: expected a number above 0");
            assert_eq!(error.to_string(), message);
        }
        for text in ["", "fast"] {
            let source = text.parse::<f64>().unwrap_err().to_string();
            assert_eq!(scale(text).unwrap_err().source().unwrap().to_string(), source);
        }
        let message = scale("1\n2").unwrap_err().to_string();
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}
