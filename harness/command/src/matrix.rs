//! `cargo testprog matrix`: every row of a file, one after another, and one report of all.

mod command;
mod file;
mod row;
mod tools;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use clap::{Args as _, FromArgMatches as _};
use testprog_harness::{Program, Suite, Target, text};

use self::row::{Row, Words};
use super::args::{MatrixArgs, RunArgs};
use super::choice::Shard;
use super::document::{Report, VerdictField};
use super::plan::Plan;
use super::table::changes::changes;
use super::table::read::{self, read};
use super::table::{self, Matrix, State, View, print_and_write};
use super::{Error, NOTHING_RAN, SUCCESS, UNRESOLVED, json, outputs, run};

pub(super) fn matrix(args: &MatrixArgs) -> Result<u8, Error> {
    outputs::check(&args.print.outputs)?;
    let baseline = args.baseline.as_deref().map(read).transpose()?;
    let (path, words) = match args.words.split_first() {
        Some((first, rest)) if Path::new(first).extension().is_some_and(|end| end == "toml") => {
            (Some(Path::new(first)), rest)
        }
        _ => (None, &*args.words),
    };
    let path = file::find(path)?;
    let file = file::read(&path)?;
    let rows = choose(&file.rows, words, &path)?;
    let started = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
    let mut ended = Vec::new();
    for (number, row) in (1..).zip(&rows) {
        let name = text::one_line(&row.name);
        tell(&format!("[{number}/{}] {name}", rows.len()));
        let row = of_row(row, &file.install, args);
        tell(&format!("    {}", summary(&row)));
        ended.push(row);
    }
    let matrix = Matrix::new(started, ended);
    let changes = baseline.map(|baseline| changes(&baseline.matrix, &matrix));
    let view = View { matrix: &matrix, changes };
    print_and_write(&view, &args.print)?;
    match view.status() {
        SUCCESS if args.strict => whole(&matrix, &rows, args.shard),
        status => Ok(status),
    }
}

/// Returns the rows whose name contains one of these words, or all.
fn choose<'a>(rows: &'a [Row], words: &[String], path: &Path) -> Result<Vec<&'a Row>, Error> {
    let matches = |row: &Row, word: &String| row.name.contains(word.as_str());
    if let Some(word) = words.iter().find(|word| !rows.iter().any(|row| matches(row, word))) {
        let names: Vec<_> = rows.iter().map(|row| format!("`{}`", row.name)).collect();
        let names = text::one_line(&names.join(", "));
        let path = path.display();
        return Err(Error::usage(format!(
            "failed to find `{word}`: no row of `{path}` has that in its name; there are {names}"
        )));
    }
    let is_chosen = |row: &&Row| words.is_empty() || words.iter().any(|word| matches(row, word));
    Ok(rows.iter().filter(is_chosen).collect())
}

/// Builds and runs a row, or says why not.
fn of_row(row: &Row, install: &str, args: &MatrixArgs) -> table::Row {
    let name = row.name.clone();
    if let Some(reason) = tools::missing(row, install) {
        return table::Row::not_run(name, reason);
    }
    let ended = match (&row.cc, &row.report) {
        (Some(_), _) if args.shard.is_some_and(|shard| shard.index > 1) => {
            return table::Row::not_run(name, "it is no part of a shard but the first".to_owned());
        }
        (Some(compiler), _) => ported(row, compiler, args),
        (None, Some(command)) => {
            let own = command.0.iter().map(OsString::from).collect();
            brought(row, own, flags(row, args))
        }
        (None, None) => built(row).and_then(|program| ran(row, program, args)),
    };
    match ended {
        Ok(report) => match other_build(row, &report) {
            None => table::Row::ran(name, report),
            Some(reason) => table::Row::failed(name, reason),
        },
        Err(Error { status: NOTHING_RAN, message }) => table::Row::not_run(name, message),
        Err(Error { message, .. }) => table::Row::failed(name, message),
    }
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
    Ok(Program { runner, ..program })
}

/// Runs the cases of a program, as `cargo testprog run` does.
fn ran(row: &Row, program: Program, args: &MatrixArgs) -> Result<Report, Error> {
    let suite = Suite::load(program).map_err(Error::usage)?;
    let matches = RunArgs::augment_args(clap::Command::new("run").no_binary_name(true))
        .try_get_matches_from(flags(row, args));
    let run_args = matches.and_then(|matches| RunArgs::from_arg_matches(&matches));
    let run_args = run_args.map_err(Error::usage)?;
    let plan = Plan::new(&run_args, &suite)?;
    let (finished, _) = run::follow::<io::Sink>(&plan, None);
    Ok(json::report(&finished))
}

/// Probes a C library and runs what stands alone, as `cargo testprog port` does: by itself, in bounded time.
fn ported(row: &Row, compiler: &Words, args: &MatrixArgs) -> Result<Report, Error> {
    let own = env::current_exe()
        .map_err(|error| Error::usage(format!("failed to find `cargo-testprog`: {error}")))?;
    let runner = row.runner.as_ref().map(|words| shell_words::join(&words.0));
    let options = [
        ("cc", Some(shell_words::join(&compiler.0))),
        ("cflags", row.cflags.clone()),
        ("ldflags", row.ldflags.clone()),
        ("runner", runner),
        ("name", Some(row.name.clone())),
        ("deadline", row.deadline.map(|deadline| duration(deadline.0))),
        ("jobs", args.jobs.map(|jobs| jobs.to_string())),
    ];
    let option = |(name, value): (&str, Option<String>)| Some(format!("--{name}={}", value?));
    let flags = options.into_iter().filter_map(option).collect();
    brought(row, vec![own.into(), "port".into()], flags)
}

/// Runs a command that prints a report.
fn brought(row: &Row, mut words: Vec<OsString>, flags: Vec<String>) -> Result<Report, Error> {
    words.extend(["--format".into(), "json".into()]);
    words.extend(flags.into_iter().map(OsString::from));
    let bytes = command::report(row, &words).map_err(Error::usage)?;
    let fail = |cause: String| {
        let command = text::one_line(&words[0].to_string_lossy());
        Error::usage(format!(
            "failed to read the report of `{command}`: {}",
            text::one_line(&cause)
        ))
    };
    let matrix = read::parse(&bytes, &row.name).map_err(fail)?.0;
    match <[table::Row; 1]>::try_from(matrix.rows) {
        Ok([table::Row { report: Some(report), .. }]) => Ok(report),
        Ok([table::Row { reason, .. }]) => Err(fail(reason.unwrap_or_default())),
        Err(rows) => Err(fail(format!("it has {} rows, and this reads one", rows.len()))),
    }
}

/// Returns the flags of `cargo testprog run` that are the row's, and those that hold for all rows.
fn flags(row: &Row, args: &MatrixArgs) -> Vec<String> {
    let mut flags = Vec::new();
    let mut flag = |name: &str, value: Option<String>| {
        flags.extend(value.map(|value| format!("--{name}={value}")));
    };
    flag("may-lack", row.may_lack.as_ref().map(|names| names.join(",")));
    flag("deadline", row.deadline.map(|deadline| duration(deadline.0)));
    flag("jobs", args.jobs.map(|jobs| jobs.to_string()));
    flag("shard", args.shard.map(|shard| shard.to_string()));
    flag("retries", args.retries.map(|retries| retries.to_string()));
    flags.extend(args.strict.then(|| "--strict".to_owned()));
    flags
}

fn duration(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// Returns in what the child differs from what the row asked for, by what it says of itself.
fn other_build(row: &Row, report: &Report) -> Option<String> {
    let asked = [
        ("panic", row.panic.map(row::Panic::name), &report.target.panic),
        ("crt", row.crt.map(row::Crt::name), &report.target.crt),
    ];
    asked.into_iter().find_map(|(key, asked, is)| match (asked, is) {
        (Some(asked), Some(is)) if asked != is => {
            Some(format!("the row says `{key} = \"{asked}\"`, and the child was built with `{is}`"))
        }
        _ => None,
    })
}

/// Returns what came of a row in half a line.
fn summary(row: &table::Row) -> String {
    let reason = || text::one_line(row.reason.as_deref().unwrap_or_default());
    let Some(report) = &row.report else {
        let state = if row.state == State::NotRun { "not run" } else { "failed" };
        return format!("{state}: {}", reason());
    };
    let counts = VerdictField::ALL.iter().filter_map(|verdict| {
        let count = report.counts.get(verdict.id()).filter(|count| **count > 0)?;
        Some(format!("{count} {}", verdict.id().replace('_', " ")))
    });
    let wall = Duration::try_from_secs_f64(report.wall_ms / 1e3).unwrap_or_default();
    format!("{} in {}", counts.collect::<Vec<_>>().join(", "), text::seconds(wall))
}

/// Refuses rows that did not run, of which the report says why.
fn whole(matrix: &Matrix, rows: &[&Row], shard: Option<Shard>) -> Result<u8, Error> {
    let is_elsewhere = |row: &Row| row.cc.is_some() && shard.is_some_and(|shard| shard.index > 1);
    let is_refused = |(row, ended): &(&&Row, &table::Row)| {
        ended.state == State::NotRun && !row.allow_missing_tools && !is_elsewhere(row)
    };
    match rows.iter().zip(&matrix.rows).filter(is_refused).count() {
        0 => Ok(SUCCESS),
        refused => Err(Error {
            status: UNRESOLVED,
            message: format!(
                "failed to run {refused} of {} rows: something is missing here, which --strict accepts of rows with `allow-missing-tools` alone",
                rows.len()
            ),
        }),
    }
}

/// Says on standard error how far it is.
fn tell(line: &str) {
    // Where standard error is closed, nobody waits for this.
    let _ = writeln!(io::stderr(), "{line}");
}
