//! `cargo testprog port`: finds out which capabilities a C library has, with only its C compiler.

use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use testprog_harness::suite::Settings;

use crate::args::PortArgs;
use crate::error::{Error, FAILED, SUCCESS, UNRESOLVED};
use crate::files::Outputs;
use crate::port::build::{build, place};
use crate::port::compiler::{self, Compiler};
use crate::reports::human::Human;
use crate::reports::json;
use crate::reports::probes::{write_probes, write_reference, write_score};
use crate::run::follow;
use crate::run::plan::{Plan, RunOptions};
use crate::run::probes::State;
use crate::run::results::Finished;
use crate::table::changes;
use crate::table::human::write_changes;
use crate::table::matrix::Matrix;
use crate::table::read::read;
use crate::values::Format;
use crate::{files, reports, signals};

pub(crate) fn port(args: &PortArgs) -> Result<u8, Error> {
    let outputs = Outputs::find(&args.outputs)?.check()?;
    let (name, directory) = place(args)?;
    let baseline = args.baseline.as_deref().map(|path| baseline(path, &name)).transpose()?;
    let runner = compiler::words("--runner", &args.runner)?;
    let flags = [("--cflags", &*args.cflags), ("--ldflags", &*args.ldflags)];
    let shown = directory.to_str().ok_or_else(|| {
        Error::usage(format!("failed to use `{}`: the name is not UTF-8", directory.display()))
    })?;
    let compiler = Compiler::new(&args.cc, flags, args.deadline, shown)?;
    let processors = || thread::available_parallelism().map_or(1, Into::into);
    let jobs = args.jobs.map_or_else(processors, usize::from);
    let ported = build(args, &compiler, &directory, &runner, jobs)?;

    let options = RunOptions {
        name: Some(name),
        settings: settings(args),
        jobs,
        slow: Duration::MAX,
        keeps_output: outputs.formats().chain([args.format]).any(reports::shows_passed_output),
        ..RunOptions::default()
    };
    let mut plan = Plan::new(&ported.suite, options)?;
    plan.unbuilt = ported.unbuilt;
    let is_human = args.format == Format::Human;
    let mut printed = Ok(());
    if is_human {
        printed = write_probes(&ported.probes, &mut anstream::stdout());
    }
    let mut live = is_human.then(|| Human::new(&plan, anstream::stdout()));
    let (mut finished, told) = follow(&plan, |tally| match &mut live {
        Some(human) => human.case(tally),
        None => Ok(()),
    });
    finished.probes = ported.probes;
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
fn baseline(path: &Path, name: &str) -> Result<Matrix, Error> {
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
    Ok(source.matrix)
}

fn settings(args: &PortArgs) -> Settings {
    let mut settings = Settings::default();
    settings.deadline = args.deadline;
    settings.deadline_scale = args.deadline_scale;
    settings.control = Some(signals::control());
    settings
}

/// Returns the exit status, which depends on the verdicts of the cases.
///
/// A missing capability does not change the exit status. A probe without a result makes the status
/// [`UNRESOLVED`].
fn status(run: &Finished<'_>) -> u8 {
    match run.status() {
        SUCCESS if run.probes.iter().any(|probe| probe.state == State::Unresolved) => UNRESOLVED,
        status => status,
    }
}
