//! Defines the environment variables that change how `cargo test` runs cases.

use std::env;

pub use crate::suite::DEADLINE_SCALE;
use crate::suite::Settings;
use crate::text::excerpt;

/// Environment variable with a comma-separated list of capabilities whose `SKIP` is accepted. If
/// the environment variable is empty, no `SKIP` is accepted. If the environment variable is not
/// set, every `SKIP` is accepted.
pub const MAY_LACK: &str = "TESTPROG_MAY_LACK";

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

fn scale(text: &str) -> Result<f64, String> {
    let scale: Option<f64> = text.parse().ok();
    scale.filter(|scale| scale.is_finite() && *scale > 0.0).ok_or_else(|| {
        let text = excerpt(text);
        format!("failed to read {DEADLINE_SCALE}=`{text}`: expected a number above 0")
    })
}
