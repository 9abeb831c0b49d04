//! Defines the environment variables that change how `cargo test` runs cases.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::num::ParseFloatError;
use std::{env, error, fmt};

use crate::spawn::Debugger;
pub use crate::suite::DEADLINE_SCALE;
use crate::suite::Settings;
use crate::text::excerpt;

/// Environment variable with a comma-separated list of capabilities whose `SKIP` is accepted. If
/// the environment variable is empty, no `SKIP` is accepted. If the environment variable is not
/// set, every `SKIP` is accepted.
pub const MAY_LACK: &str = "TESTPROG_MAY_LACK";

/// Environment variable with the debugger that examines a child that hangs or crashes unexpectedly:
/// `gdb`, `lldb`, or `auto` for the first of both that is in `PATH`. If the environment variable is
/// empty or not set, reports contain no backtraces.
pub const DEBUGGER: &str = "TESTPROG_DEBUGGER";

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
/// Returns an error if the variable [`DEADLINE_SCALE`] is not a number above 0, if the variable
/// [`MAY_LACK`] is not a list that commas separate, or if the variable [`DEBUGGER`] does not name a
/// debugger in `PATH`.
pub(crate) fn settings() -> Result<Settings, Error> {
    let deadline_scale =
        env::var_os(DEADLINE_SCALE).map_or(Ok(1.0), |value| scale(&value.to_string_lossy()))?;
    let may_lack = env::var(MAY_LACK).ok().map(|names| capabilities(&names)).transpose()?;
    let debugger = env::var_os(DEBUGGER).filter(|name| !name.is_empty());
    let debugger = debugger.map_or(Ok(None), |name| debugger_named(&name.to_string_lossy()))?;
    Ok(Settings { deadline_scale, may_lack, debugger, ..Settings::default() })
}

/// Returns the debugger for a value of the variable [`DEBUGGER`]. If `auto` finds no debugger, the
/// tests run without backtraces.
fn debugger_named(name: &str) -> Result<Option<Debugger>, Error> {
    if name == "auto" {
        let found = Debugger::find().map_err(|cause| {
            // If standard error is closed, nobody reads the note, so the error is ignored.
            let _ = writeln!(io::stderr(), "no backtraces: {cause}");
        });
        return Ok(found.ok());
    }
    Debugger::named(name).map(Some).map_err(|error| Error::new(DEBUGGER, name, error.to_string()))
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

/// Splits the value of the variable [`MAY_LACK`].
///
/// An unknown name in the variable is ignored, because all test targets of a workspace share the
/// variable, and another target may know the name. No target knows a name with white space.
fn capabilities(names: &str) -> Result<Vec<String>, Error> {
    let names_of_list = names.split(',').map(|name| name.trim().to_owned());
    let names_of_list: Vec<_> = names_of_list.collect();
    if names_of_list.iter().any(|name| name.contains(char::is_whitespace)) {
        let cause = "expected names of capabilities that commas separate";
        return Err(Error::new(MAY_LACK, names, cause));
    }
    Ok(names_of_list)
}

pub(crate) fn scale(text: &str) -> Result<f64, Error> {
    let wrong =
        |source| Error { source, ..Error::new(DEADLINE_SCALE, text, "expected a number above 0") };
    let scale: f64 = text.parse().map_err(|error| wrong(Some(error)))?;
    if scale.is_finite() && scale > 0.0 { Ok(scale) } else { Err(wrong(None)) }
}

/// Error for an environment variable whose value cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    name: &'static str,
    value: String,
    cause: String,
    source: Option<ParseFloatError>,
}

impl Error {
    fn new(name: &'static str, value: &str, cause: impl Into<String>) -> Self {
        Self { name, value: value.to_owned(), cause: cause.into(), source: None }
    }

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
        let Self { name, value, cause, .. } = self;
        write!(f, "failed to read {name}=`{}`: {cause}", excerpt(value))
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
    fn commas_separate_the_names_of_capabilities() {
        let names = |text| capabilities(text).unwrap();
        assert_eq!(names("a,b"), ["a", "b"]);
        assert_eq!(names(" a , b "), ["a", "b"]);
        assert_eq!(names(""), [""]);
        for text in ["a b", "a,b\tc", "a\nb"] {
            let message = capabilities(text).unwrap_err().to_string();
            assert!(message.starts_with("failed to read TESTPROG_MAY_LACK=`a"), "{message}");
            assert!(message.ends_with(": expected names of capabilities that commas separate"));
        }
    }

    #[test]
    fn a_debugger_has_a_known_name() {
        let message = debugger_named("windbg").unwrap_err().to_string();
        assert_eq!(
            message,
            "failed to read TESTPROG_DEBUGGER=`windbg`: failed to find `windbg`: the known debuggers are gdb and lldb"
        );
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
