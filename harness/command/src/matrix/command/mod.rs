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
use crate::build::cargo::{self as build, CargoTarget, Found, Kind};
use crate::build::discover;
use crate::matrix::cause::{first_error, short};
use crate::matrix::row::{Crt, Row};

/// Time between SIGTERM and SIGKILL for a command. A command such as `cargo testprog port` first
/// ends its own children, which takes up to 1 s, and then prints its report.
const GRACE: Duration = Duration::from_secs(5);

/// Default deadline of a command: long enough for a build from scratch on a slow computer.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Builds the matrix row's program with cargo. If the row does not name the program, searches the
/// workspace for the program, as `cargo testprog run` does.
pub(super) fn build(row: &Row) -> Result<Program, String> {
    let child = child(row);
    match named(row) {
        Some(target) => {
            let name = format!("`{}`", target.name);
            let stdout = build_with(row, build::words(&child, &target), &name)?;
            build::executable(&child, &target, &stdout)
                .ok_or_else(|| format!("failed to build {name}: cargo reported no such executable"))
        }
        None => find(row, &child),
    }
}

/// Searches the workspace for the only program with scenarios, and builds the program.
fn find(row: &Row, child: &ChildArgs) -> Result<Program, String> {
    const KEYS: &str = "name the row's program with the key `test` or `bin`";
    let fail = |cause: &str| format!("failed to find the row's program: {cause}; {KEYS}");
    let candidates = discover::candidates(child, |words| run_cargo(row, words));
    let candidates = candidates.map_err(|cause| fail(&cause))?;
    let stdout = build_with(row, discover::words(child, &candidates), "the row's program")?;
    let mut found = discover::found(child, &candidates, &stdout);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    match <[Found; 1]>::try_from(found) {
        Ok([found]) => Ok(found.program),
        Err(found) if found.is_empty() => Err(fail(&discover::none())),
        Err(found) => {
            let names: Vec<_> = found.iter().map(|found| &*found.name).collect();
            let cause = format!("the workspace has {}", names.join(", "));
            Err(format!("{}, and its package with the key `package`", fail(&cause)))
        }
    }
}

/// Builds with cargo. Returns cargo's standard output. The text `what` names the target for an error
/// message.
fn build_with(row: &Row, mut words: Vec<String>, what: &str) -> Result<Vec<u8>, String> {
    if row.build_std {
        words.push("-Zbuild-std".to_owned());
    }
    run_cargo(row, words).map_err(|cause| format!("failed to build {what}: {cause}"))
}

/// Runs cargo with the environment and within the deadline of the matrix row. Returns cargo's
/// standard output.
fn run_cargo(row: &Row, words: Vec<String>) -> Result<Vec<u8>, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command: Vec<OsString> = match &row.toolchain {
        Some(name) => ["rustup", "run", name, "cargo"].map(OsString::from).to_vec(),
        None => vec![cargo],
    };
    command.extend(words.into_iter().map(OsString::from));
    let deadline = row.build_deadline.map_or(LONGEST, |deadline| deadline.0);
    let Ended { end, stdout, stderr } =
        system::run(&command, build_variables(row), deadline, GRACE)?;
    // If standard error is closed, nobody reads cargo's messages, so the error is ignored.
    let _ = io::stderr().write_all(text::escape(&stderr).as_bytes());
    match end {
        End::Exited(0) => Ok(stdout),
        End::TimedOut => Err(format!("cargo did not end within {}", text::seconds(deadline))),
        _ => Err(first_error(&String::from_utf8_lossy(&stderr))),
    }
}

/// Runs a command that prints a report. Returns the standard output of the command.
///
/// The exit status is ignored if the command printed anything, since the printed report has the
/// verdicts. The function multiplies the command's grace time by `scale`.
pub(super) fn report(row: &Row, words: &[OsString], scale: f64) -> Result<Vec<u8>, String> {
    let command = words[0].to_string_lossy().into_owned();
    let fail = |cause: &str| format!("failed to run `{command}`: {cause}");
    let deadline = row.report_deadline.map_or(LONGEST, |deadline| deadline.0);
    let grace = Duration::try_from_secs_f64(GRACE.as_secs_f64() * scale).unwrap_or(Duration::MAX);
    let Ended { end, stdout, stderr } =
        system::run(words, own_variables(row), deadline, grace).map_err(|error| fail(&error))?;
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

/// Returns the target that the matrix row names.
fn named(row: &Row) -> Option<CargoTarget> {
    let kinds = [(Kind::Test, &row.test), (Kind::Bin, &row.bin)];
    kinds.into_iter().find_map(|(kind, name)| Some(CargoTarget { kind, name: name.clone()? }))
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
