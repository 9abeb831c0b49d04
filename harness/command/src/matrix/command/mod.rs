//! Starts the commands of a matrix row: cargo, or a command that prints a report.
//!
//! On Unix, the runner kills a command at the command's deadline, and kills every process that the
//! command leaves behind.

mod ended;
#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::time::Duration;

use testprog_harness::spawn::End;
use testprog_harness::{Program, text};

use self::ended::Ended;
#[cfg(not(unix))]
use self::other as system;
#[cfg(unix)]
use self::unix as system;
use crate::args::ChildArgs;
use crate::build::cargo::{self as build, CargoTarget, Kind};
use crate::matrix::cause::{first_error, short};
use crate::matrix::row::{Crt, Row};

/// Default deadline of a command: long enough for a build from scratch on a slow computer.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Builds the matrix row's program with cargo.
pub(super) fn build(row: &Row) -> Result<Program, String> {
    let child = child(row);
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut words: Vec<OsString> = match &row.toolchain {
        Some(name) => ["rustup", "run", name, "cargo"].map(OsString::from).to_vec(),
        None => vec![cargo],
    };
    let target = target(row);
    words.extend(build::words(&child, &target).into_iter().map(OsString::from));
    if row.build_std {
        words.push("-Zbuild-std".into());
    }
    let name = &target.name;
    let fail = |cause: &str| format!("failed to build `{name}`: {cause}");
    let deadline = row.build_deadline.map_or(LONGEST, |deadline| deadline.0);
    let Ended { end, stdout, stderr } =
        system::run(&words, build_variables(row), deadline).map_err(|error| fail(&error))?;
    // If standard error is closed, nobody reads cargo's messages, so the error is ignored.
    let _ = io::stderr().write_all(text::escape(&stderr).as_bytes());
    match end {
        End::Exited(0) => {}
        End::TimedOut => {
            return Err(fail(&format!("cargo did not end within {}", text::seconds(deadline))));
        }
        _ => {
            let mut cause = first_error(&String::from_utf8_lossy(&stderr));
            if row.test.is_none() && row.bin.is_none() && cause.contains("no bin target named") {
                cause += "; name the row's program with the key `test` or `bin`";
            }
            return Err(fail(&cause));
        }
    }
    build::executable(&child, &target, &stdout)
        .ok_or_else(|| fail("cargo reported no such executable"))
}

/// Runs a command that prints a report. Returns the standard output of the command.
///
/// The exit status is ignored if the command printed anything, since the printed report has the
/// verdicts.
pub(super) fn report(row: &Row, words: &[OsString]) -> Result<Vec<u8>, String> {
    let command = words[0].to_string_lossy().into_owned();
    let fail = |cause: &str| format!("failed to run `{command}`: {cause}");
    let deadline = row.report_deadline.map_or(LONGEST, |deadline| deadline.0);
    let Ended { end, stdout, stderr } =
        system::run(words, own_variables(row), deadline).map_err(|error| fail(&error))?;
    let _ = io::stderr().write_all(text::escape(&stderr).as_bytes());
    match end {
        End::TimedOut => {
            Err(fail(&format!("the command did not end within {}", text::seconds(deadline))))
        }
        End::Signaled { signal, .. } => Err(fail(&format!("the command died of {signal}"))),
        End::Exited(status) if stdout.is_empty() => {
            let stderr = String::from_utf8_lossy(&stderr).into_owned();
            let last = stderr.trim_end().lines().last().unwrap_or("(none)");
            let last = short(last);
            Err(fail(&format!(
                "the command exited with status {status} and printed no report; its last error line: {last}"
            )))
        }
        End::Exited(_) => Ok(stdout),
        other => Err(fail(&format!("the command ended in an unknown way: {other:?}"))),
    }
}

fn child(row: &Row) -> ChildArgs {
    ChildArgs {
        package: row.package.clone(),
        features: row.features.clone(),
        profile: row.profile.clone(),
        // Cargo gets `--target` even for the host, because cargo then does not apply the row's
        // flags to build scripts.
        target: Some(row.triple().to_owned()),
        deadline_scale: 1.0,
        ..ChildArgs::default()
    }
}

/// Returns the target that the matrix row names, or the binary `testprog`.
fn target(row: &Row) -> CargoTarget {
    match (&row.test, &row.bin) {
        (Some(name), _) => CargoTarget { kind: Kind::Test, name: name.clone() },
        (None, Some(name)) => CargoTarget { kind: Kind::Bin, name: name.clone() },
        (None, None) => CargoTarget { kind: Kind::Bin, name: "testprog".to_owned() },
    }
}

/// Returns the environment variables that apply the matrix row's keys to the build.
fn build_variables(row: &Row) -> Vec<(OsString, OsString)> {
    let upper = |text: &str| text.to_uppercase().replace(['-', '.'], "_");
    let target = format!("CARGO_TARGET_{}", upper(row.triple()));
    let mut variables = Vec::new();
    if let Some(linker) = &row.linker {
        variables.push((format!("{target}_LINKER").into(), linker.into()));
    }
    if let Some(panic) = row.panic {
        let profile = upper(row.profile.as_deref().unwrap_or("dev"));
        variables.push((format!("CARGO_PROFILE_{profile}_PANIC").into(), panic.name().into()));
    }
    if let Some(crt) = row.crt {
        let sign = match crt {
            Crt::Static => "+",
            Crt::Dynamic => "-",
        };
        // If RUSTFLAGS is set, cargo ignores CARGO_TARGET_<TRIPLE>_RUSTFLAGS.
        let of_target = format!("{target}_RUSTFLAGS");
        let name = if row.variable("RUSTFLAGS").is_some() { "RUSTFLAGS" } else { &of_target };
        let mut flags = row.variable(name).unwrap_or_default();
        flags.push(format!(" -Ctarget-feature={sign}crt-static"));
        variables.push((name.into(), flags));
    }
    let is_set = |name: &OsString| variables.iter().any(|(other, _)| other == name);
    let own: Vec<_> = own_variables(row).into_iter().filter(|(name, _)| !is_set(name)).collect();
    variables.extend(own);
    variables
}

fn own_variables(row: &Row) -> Vec<(OsString, OsString)> {
    row.env.iter().map(|(name, value)| (name.into(), value.into())).collect()
}
