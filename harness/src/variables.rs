//! Defines the environment variables that change how `cargo test` runs cases.

use std::env;
use std::ffi::OsString;

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
/// Returns a one-line message if the variable [`DEADLINE_SCALE`] is not a number above 0.
pub(crate) fn settings() -> Result<Settings, String> {
    let deadline_scale = env::var(DEADLINE_SCALE).map_or(Ok(1.0), |text| scale(&text))?;
    // An unknown name in the variable is ignored, because all test targets of a workspace share the
    // variable, and another target may know the name.
    let split = |names: String| names.split(',').map(|name| name.trim().to_owned()).collect();
    let may_lack = env::var(MAY_LACK).ok().map(split);
    Ok(Settings { deadline_scale, may_lack, ..Settings::default() })
}

/// Returns true if the command line of this process requests the output of the children while they
/// run.
pub(crate) fn is_live() -> bool {
    let is_flag = |word: &OsString| word == "--nocapture" || word == "--no-capture";
    let is_on = env::var("RUST_TEST_NOCAPTURE").is_ok_and(|value| value != "0");
    (is_on || env::args_os().any(|word| is_flag(&word))) && !is_hidden_by_nextest()
}

/// Returns true if cargo-nextest captures the output of this process. The function ignores
/// `--nocapture`, because cargo-nextest passes this flag to every test. If cargo-nextest itself has
/// `--no-capture`, cargo-nextest runs one test at a time
/// ([environment variables of cargo-nextest](https://nexte.st/docs/configuration/env-vars/)).
pub(crate) fn is_hidden_by_nextest() -> bool {
    let is_one = || env::var("NEXTEST_TEST_THREADS").is_ok_and(|threads| threads == "1");
    env::var_os("NEXTEST").is_some() && !is_one()
}

fn scale(text: &str) -> Result<f64, String> {
    let scale: Option<f64> = text.parse().ok();
    scale.filter(|scale| scale.is_finite() && *scale > 0.0).ok_or_else(|| {
        let text = excerpt(text);
        format!("failed to read {DEADLINE_SCALE}=`{text}`: expected a number above 0")
    })
}
