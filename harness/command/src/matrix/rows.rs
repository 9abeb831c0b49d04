//! Builds and runs one row of a matrix.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use testprog_harness::manifest::Manifest;
use testprog_harness::suite::Settings;
use testprog_harness::{Program, Suite, Target, text};

use super::command;
use super::row::{self, Row, Words};
use super::tools::Missing;
use crate::args::MatrixArgs;
use crate::build;
use crate::document::{self, Report};
use crate::error::{Error, NOTHING_RAN};
use crate::reports::json;
use crate::run;
use crate::run::choice::Choice;
use crate::run::plan::{Plan, RunOptions};
use crate::run::xfail;
use crate::signals;
use crate::table::{matrix, read};

/// Builds and runs a matrix row. Returns the matrix row's report, or why the row has no report.
pub(crate) fn of_row(row: &Row, install: &str, args: &MatrixArgs) -> matrix::Row {
    let name = row.name.clone();
    let control = signals::control();
    if control.is_interrupted() {
        return matrix::Row::not_run(name, "the run stopped before this row started".to_owned());
    }
    if let Some(reason) = Missing::of([row], install).in_words() {
        return matrix::Row::not_run(name, reason);
    }
    let ended = match (&row.cc, &row.report) {
        (Some(_), _) if args.shard.is_some_and(|shard| shard.index > 1) => {
            return matrix::Row::not_run(
                name,
                "a row with `cc` runs in the first shard only".to_owned(),
            );
        }
        (Some(compiler), _) => ported(row, compiler, args),
        (None, Some(command)) => {
            let own = command.0.iter().map(OsString::from).collect();
            brought(row, own, flags(row, args), scale(row, args))
        }
        (None, None) => match &row.manifest {
            Some(path) => stated(row, path, args),
            None => built(row).and_then(|program| ran(row, program, args)),
        },
    };
    match ended {
        Ok(report) => match other_build(row, &report) {
            None => matrix::Row::ran(name, report),
            Some(reason) => matrix::Row::failed(name, reason),
        },
        Err(_) if control.is_interrupted() => {
            matrix::Row::not_run(name, "the run was interrupted before this row ended".to_owned())
        }
        Err(Error { status: NOTHING_RAN, message }) => matrix::Row::not_run(name, message),
        Err(Error { message, .. }) => matrix::Row::failed(name, message),
    }
}

/// Runs a matrix row with `manifest`: starts `cargo testprog run` as a process, because the
/// environment of the matrix row applies to the commands that build the manifest's programs.
fn stated(row: &Row, path: &Path, args: &MatrixArgs) -> Result<Report, Error> {
    // The manifest is also read here, so that the row shows the one-line reason of a mistake in the
    // manifest.
    Manifest::read_for(path, row.target.as_deref(), None).map_err(Error::usage)?;
    let mut words = vec![own_path()?.into(), "run".into(), "--manifest".into(), path.into()];
    for (flag, value) in [
        ("--target", row.target.as_ref().map(OsString::from)),
        ("--runner", row.runner.as_ref().map(|words| shell_words::join(&words.0).into())),
    ] {
        words.extend(value.into_iter().flat_map(|value| [flag.into(), value]));
    }
    brought(row, words, flags(row, args), scale(row, args))
}

/// Returns the path of this executable.
fn own_path() -> Result<PathBuf, Error> {
    env::current_exe()
        .map_err(|error| Error::usage(format!("failed to find `cargo-testprog`: {error}")))
}

fn built(row: &Row) -> Result<Program, Error> {
    let program = match &row.prog {
        Some(path) => Program::new(path),
        None => command::build(row).map_err(Error::usage)?,
    };
    let runner = match &row.runner {
        Some(words) => words.0.iter().map(OsString::from).collect(),
        None if row.prog.is_some() => Program::runner_from_env(Target::TRIPLE),
        None => Program::runner_from_env(row.triple()),
    };
    Ok(program.runner(runner))
}

/// Runs the cases of a program as `cargo testprog run` does.
fn ran(row: &Row, program: Program, args: &MatrixArgs) -> Result<Report, Error> {
    let mut options = options(row, args);
    let suite = Suite::load_with(program, &options.settings).map_err(Error::usage)?;
    build::print_left_behind(suite.left_behind());
    options.settings.xfail = xfail::parse(&row.xfail, &[&suite])?;
    let plan = Plan::new(&suite, options)?;
    let (finished, _) = run::follow(&plan, |_| Ok(()));
    json::report(&finished).map_err(Error::usage)
}

/// Returns the options of a matrix row's run, from the row and from the command line.
fn options(row: &Row, args: &MatrixArgs) -> RunOptions {
    let defaults = RunOptions::default();
    let mut settings = Settings::default();
    settings.deadline = row.deadline.map_or(settings.deadline, |deadline| deadline.0);
    settings.deadline_scale = scale(row, args);
    settings.control = Some(signals::control());
    RunOptions {
        choice: Choice { shard: args.shard, ..Choice::default() },
        settings,
        may_lack: row.may_lack.as_ref().map(|names| names.join(",")),
        strict: args.strict,
        jobs: args.jobs.map_or(defaults.jobs, usize::from),
        retries: args.retries.unwrap_or_default(),
        ..defaults
    }
}

/// Runs a matrix row with `cc`: starts `cargo testprog port` as a process.
///
/// In a separate process, the matrix row's deadline and its environment apply to the compiler, the
/// probes and the cases.
fn ported(row: &Row, compiler: &Words, args: &MatrixArgs) -> Result<Report, Error> {
    let runner = row.runner.as_ref().map(|words| shell_words::join(&words.0));
    let options = [
        ("cc", Some(shell_words::join(&compiler.0))),
        ("cflags", row.cflags.clone()),
        ("ldflags", row.ldflags.clone()),
        ("runner", runner),
        ("name", Some(row.name.clone())),
        ("deadline", row.deadline.map(|deadline| duration(deadline.0))),
        ("deadline-scale", Some(scale(row, args).to_string())),
        ("jobs", args.jobs.map(|jobs| jobs.to_string())),
        ("xfail", xfail(row)),
    ];
    let option = |(name, value): (&str, Option<String>)| Some(format!("--{name}={}", value?));
    let flags = options.into_iter().filter_map(option).collect();
    let words = vec![own_path()?.into(), "port".into()];
    let report = brought(row, words, flags, scale(row, args))?;
    if signals::control().is_interrupted() && !has_probed(&report) {
        return Err(Error::usage(
            "the run was interrupted before the first probe ended".to_owned(),
        ));
    }
    Ok(report)
}

/// Returns true if a report of `cargo testprog port` has the result of at least one probe.
fn has_probed(report: &Report) -> bool {
    let probes = report.added.get(document::PROBES).and_then(Value::as_array);
    probes.is_some_and(|probes| probes.iter().any(|probe| probe["state"] != "not_run"))
}

/// Runs a command that prints a JSON report, and returns this report.
fn brought(
    row: &Row,
    mut words: Vec<OsString>,
    flags: Vec<String>,
    scale: f64,
) -> Result<Report, Error> {
    words.extend(["--format".into(), "json".into()]);
    words.extend(flags.into_iter().map(OsString::from));
    let bytes = command::report(row, &words, scale).map_err(Error::usage)?;
    let fail = |cause: String| {
        let command = text::one_line(&words[0].to_string_lossy());
        Error::usage(format!(
            "failed to read the report of `{command}`: {}",
            text::one_line(&cause)
        ))
    };
    let matrix = read::parse(&bytes, &row.name).map_err(fail)?.0;
    match <[matrix::Row; 1]>::try_from(matrix.rows) {
        Ok([matrix::Row { report: Some(report), .. }]) => Ok(report),
        Ok([matrix::Row { reason, .. }]) => Err(fail(reason.unwrap_or_default())),
        Err(rows) => Err(fail(format!("the report has {} rows, but must have one", rows.len()))),
    }
}

/// Returns the flags of `cargo testprog run` that the matrix row's keys and this command line set,
/// for a command that prints a report.
fn flags(row: &Row, args: &MatrixArgs) -> Vec<String> {
    let mut flags = Vec::new();
    let mut flag = |name: &str, value: Option<String>| {
        flags.extend(value.map(|value| format!("--{name}={value}")));
    };
    flag("may-lack", row.may_lack.as_ref().map(|names| names.join(",")));
    flag("xfail", xfail(row));
    flag("deadline", row.deadline.map(|deadline| duration(deadline.0)));
    let scale = scale(row, args).to_string();
    flag("deadline-scale", (scale != "1").then_some(scale));
    flag("jobs", args.jobs.map(|jobs| jobs.to_string()));
    flag("shard", args.shard.map(|shard| shard.to_string()));
    flag("retries", args.retries.map(|retries| retries.to_string()));
    flags.extend(args.strict.then(|| "--strict".to_owned()));
    flags
}

/// Returns the value of `--xfail` for a row, if the row expects cases to fail.
fn xfail(row: &Row) -> Option<String> {
    (!row.xfail.is_empty()).then(|| row.xfail.join(","))
}

/// Returns the factor by which the deadlines of a row are multiplied.
fn scale(row: &Row, args: &MatrixArgs) -> f64 {
    row.deadline_scale.unwrap_or(args.deadline_scale)
}

fn duration(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Returns how the build that the child reports (`--about`) differs from the matrix row's `panic`
/// and `crt`.
fn other_build(row: &Row, report: &Report) -> Option<String> {
    let asked = [
        ("panic", row.panic.map(row::Panic::name), &report.target.panic),
        ("crt", row.crt.map(row::Crt::name), &report.target.crt),
    ];
    asked.into_iter().find_map(|(key, asked, is)| match (asked, is) {
        (Some(asked), Some(is)) if asked != is => {
            Some(format!("the row says `{key} = \"{asked}\"`, but the child was built with `{is}`"))
        }
        _ => None,
    })
}
