//! `cargo testprog port`: finds out which capabilities a C library has, with only its C compiler.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use testprog_harness::suite::Settings;
use testprog_harness::text;

use super::run::collect;
use crate::args::PortArgs;
use crate::document::PROBES;
use crate::error::{Error, FAILED, SUCCESS, UNRESOLVED};
use crate::files::Outputs;
use crate::port::build::{build, jobs, place};
use crate::port::cases::SAMPLES;
use crate::port::choice::Chosen;
use crate::port::compiler::{self, Compiler};
use crate::port::log::Logs;
use crate::port::runner::Runner;
use crate::reports::human::Human;
use crate::reports::json;
use crate::reports::probes::{write_probes, write_reference, write_score};
use crate::run::follow;
use crate::run::plan::{Plan, RunOptions};
use crate::run::probes::State;
use crate::run::results::Finished;
use crate::run::xfail;
use crate::table::changes;
use crate::table::human::write_changes;
use crate::table::matrix::Matrix;
use crate::table::read::read;
use crate::values::Format;
use crate::{config, files, reports, signals};

pub(crate) fn port(args: &PortArgs) -> Result<u8, Error> {
    let outputs = Outputs::find(&args.outputs)?.check()?;
    outputs.spare(args.table.iter().chain(&args.baseline).map(PathBuf::as_path))?;
    outputs.spare(config::find().as_deref())?;
    let (name, directory) = place(args)?;
    let chosen = Chosen::new(&args.choice)?;
    let baseline =
        args.baseline.as_deref().map(|path| baseline(path, &name, &chosen)).transpose()?;
    let runner = Runner::new(compiler::words("--runner", &args.runner)?);
    let flags = [("--cflags", &*args.cflags), ("--ldflags", &*args.ldflags)];
    let shown = directory.to_str().ok_or_else(|| {
        Error::usage(format!("failed to use `{}`: the name is not UTF-8", directory.display()))
    })?;
    let compiler = Compiler::new(&args.cc, flags, args.deadline, shown)?;
    let settings = settings(args)?;
    // `--deadline-scale` multiplies only the deadlines of cases.
    let mut of_probes = settings.clone();
    of_probes.deadline_scale = 1.0;
    let ported = build(args, &compiler, &directory, runner, &chosen, &of_probes)?;
    let mut settings = settings;
    settings.xfail = xfail::parse(&args.xfail.lists, &[&ported.suite])?;

    let options = RunOptions {
        name: Some(name),
        choice: chosen.choice.clone(),
        settings,
        jobs: jobs(args),
        samples: Some(SAMPLES),
        slow: Duration::MAX,
        keeps_output: outputs.formats().chain([args.format]).any(reports::shows_passed_output),
        ..RunOptions::default()
    };
    let cases = ported.suite.cases.iter().filter(|case| chosen.cases.contains(&case.name));
    let mut plan = Plan::of(&ported.suite, cases.collect(), options)?;
    plan.unbuilt = ported.unbuilt;
    plan.observer = Some(Box::new(Logs::new(&directory)));
    let is_human = args.format == Format::Human;
    let mut printed = Ok(());
    if is_human {
        let mut out = anstream::stdout();
        printed = match &ported.port.runner {
            Some(changes) => writeln!(out, "runner: {changes}\n"),
            None => Ok(()),
        };
        printed = printed.and_then(|()| write_probes(&ported.port, &mut out));
        if !ported.port.probes.is_empty() && !plan.cases.is_empty() {
            printed = printed.and_then(|()| writeln!(out));
        }
    }
    let mut live = is_human.then(|| Human::new(&plan, anstream::stdout()));
    let (mut finished, told) = follow(&plan, |tally| match &mut live {
        Some(human) => human.case(tally),
        None => Ok(()),
    });
    finished.port = ported.port;
    printed = printed.and(told);
    if printed.is_ok() {
        printed = match &mut live {
            Some(human) => {
                let mut out = anstream::stdout();
                human
                    .end(&finished)
                    .and_then(|()| {
                        if args.no_reference {
                            return Ok(());
                        }
                        write_reference(&finished, &mut out)
                    })
                    .and_then(|()| write_score(&finished, &mut out))
            }
            None => files::print(|out| reports::write(&finished, args.format, out)),
        };
    }
    let changes = baseline.map(|old| {
        let new = Matrix::of(json::without_output(&finished), "");
        changes::changes(&old, &new)
    });
    if let (Some(changes), true, Ok(())) = (&changes, is_human, &printed) {
        let mut out = anstream::stdout();
        printed = writeln!(out).and_then(|()| write_changes(changes, false, &mut out));
    }
    let mut errors: Vec<_> =
        printed.map_err(|error| Error::write(&error)).err().into_iter().collect();
    errors.extend(reports::write_all(&finished, args.format, &outputs));
    Error::all(errors).map_or_else(
        || match changes {
            Some(changes) if changes::got_worse(&changes) => Ok(FAILED),
            Some(_) => Ok(SUCCESS),
            None => Ok(status(&finished)),
        },
        Err,
    )
}

/// Reads the earlier report of the port `name`: a run report, or the row `name` of a matrix report.
/// If the command line selects probes and cases, the result has only the selected probes and cases.
fn baseline(path: &Path, name: &str, chosen: &Chosen) -> Result<Matrix, Error> {
    let mut source = read(path)?;
    if source.matrix.rows.len() > 1 {
        source.matrix.rows.retain(|row| row.name == name);
    }
    if source.matrix.rows.is_empty() {
        return Err(Error::usage(format!(
            "failed to read `{}`: the report has no row `{name}`",
            source.file
        )));
    }
    if !chosen.is_everything() {
        let reports = source.matrix.rows.iter_mut().filter_map(|row| row.report.as_mut());
        for report in reports {
            report.cases.retain(|case| chosen.cases.contains(&case.name));
            let is_chosen =
                |probe: &Value| probe["name"].as_str().is_some_and(|it| chosen.probes.contains(it));
            if let Some(Value::Array(probes)) = report.added.get_mut(PROBES) {
                probes.retain(is_chosen);
            }
        }
    }
    Ok(source.matrix)
}

fn settings(args: &PortArgs) -> Result<Settings, Error> {
    let mut settings = Settings::default();
    settings.deadline = args.deadline;
    settings.deadline_scale = args.deadline_scale;
    settings.control = Some(signals::control());
    if let (Some(_), false) = (args.evidence.debugger, args.runner.is_empty()) {
        let runner = text::one_line(&args.runner);
        return Err(Error::usage(format!(
            "failed to use `--debugger` with `--runner {runner}`: a debugger cannot examine a child that a runner command executes"
        )));
    }
    collect(&args.evidence, &mut settings)?;
    Ok(settings)
}

/// Returns the exit status, which depends on the verdicts of the cases.
///
/// A missing capability does not change the exit status. A probe without a result makes the status
/// [`UNRESOLVED`].
fn status(run: &Finished<'_>) -> u8 {
    match run.status() {
        SUCCESS if run.port.probes.iter().any(|probe| probe.state == State::Unresolved) => {
            UNRESOLVED
        }
        status => status,
    }
}
