//! `cargo testprog run`: runs the chosen cases as often as requested, and writes the reports.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{iter, thread};

use testprog_harness::spawn::{Debugger, HAS_CORE_FILES, Lines};
use testprog_harness::suite::Settings;
use testprog_harness::verdict::Xfail;
use testprog_harness::{Program, Suite, report, text};

use crate::args::{ChildArgs, ChoiceArgs, EvidenceArgs, ManyArgs, RunArgs};
use crate::build::cargo::Found;
use crate::document::CaseField;
use crate::error::{Error, NOTHING_RAN, UNRESOLVED};
use crate::files::{self, Outputs, guarded};
use crate::reports::human::Human;
use crate::reports::{Several, json};
use crate::run::attempt::Attempt;
use crate::run::choice::{Choice, choose};
use crate::run::follow;
use crate::run::plan::{Plan, RunOptions};
use crate::run::record;
use crate::run::results::{Finished, Tally};
use crate::run::xfail;
use crate::table::matrix::{Matrix, Row};
use crate::table::view::{self, View};
use crate::values::{Core, DebuggerName, Format, Variable};
use crate::{build, config, reports, signals, time};

pub(crate) fn run(args: &RunArgs) -> Result<u8, Error> {
    let outputs = Outputs::find(&args.outputs)?.check()?;
    let ChildArgs { manifest, manifest_path, .. } = &args.child;
    outputs.spare(config::find().as_deref())?;
    outputs.spare(manifest.iter().chain(manifest_path).map(PathBuf::as_path))?;
    if let Some(manifest) = build::manifest(&args.child)? {
        let record = manifest.record_path();
        let choice = choice(args, record.as_deref());
        let chosen: BTreeSet<_> =
            choose(manifest.suite(), &choice)?.iter().map(|case| case.name.clone()).collect();
        let prepared = manifest.prepare(|case| chosen.contains(&case.name));
        let suite = prepared.map_err(Error::usage)?;
        let executed = suite.cases.iter().map(|case| suite.program_of(case));
        outputs.spare(executed.flat_map(files_of).collect::<BTreeSet<_>>())?;
        return run_one(&suite, args, &outputs, record.as_deref(), None);
    }
    let found = build::programs(&args.child)?;
    outputs.spare(found.iter().flat_map(|found| files_of(&found.program)))?;
    match <[Found; 1]>::try_from(found) {
        Ok([found]) => {
            let suite = build::load(found.program, &args.child)?;
            run_one(&suite, args, &outputs, found.record.as_deref(), found.folder)
        }
        Err(found) => run_several(found, args, &outputs),
    }
}

/// Returns the paths of the files that a child executes: the program, and words of the wrapper
/// command that may name a file.
fn files_of(program: &Program) -> impl Iterator<Item = &Path> {
    iter::once(&*program.path).chain(program.runner.iter().map(Path::new))
}

/// Runs the cases of one program, and writes the reports.
fn run_one(
    suite: &Suite,
    args: &RunArgs,
    outputs: &Outputs<Format>,
    record: Option<&Path>,
    folder: Option<PathBuf>,
) -> Result<u8, Error> {
    let xfail = xfail::parse(&args.xfail.lists, &[suite])?;
    let mut plan = plan(suite, &xfail, args, outputs, record)?;
    plan.folder = folder;
    let (finished, printed) = run_live(&plan, args);
    let mut printed = printed;
    if printed.is_ok() && args.format != Format::Human {
        printed = files::print(|out| reports::write(&finished, args.format, out));
    }
    let mut errors: Vec<_> =
        printed.map_err(|error| Error::write(&error)).err().into_iter().collect();
    errors.extend(reports::write_all(&finished, args.format, outputs));
    if let Some(path) = record {
        record::write(path, &finished);
    }
    Error::all(errors).map_or_else(|| Ok(finished.status()), Err)
}

/// Runs several programs' cases, one program after another, and writes the reports of all programs.
///
/// The human report is written program by program. The formats that are tables have one row for each
/// program.
fn run_several(found: Vec<Found>, args: &RunArgs, outputs: &Outputs<Format>) -> Result<u8, Error> {
    let started = time::rfc3339(SystemTime::now());
    let of_files = |wanted| outputs.formats().any(|format| format == wanted);
    let mut several = Several::new(|format| {
        of_files(format) || (format == args.format && format != Format::Human)
    })
    .map_err(|error| Error::write(&error))?;
    let (mut rows, mut errors, mut missed) = (Vec::new(), Vec::new(), Vec::new());
    // The output of each row's cases, which the reports read case by case.
    let mut kept = BTreeMap::new();
    let load = |Found { name, program, record, folder }| {
        // A program without cases is a failure, too, unlike a program whose cases a filter leaves
        // out.
        let suite = build::load(program, &args.child)
            .map_err(|Error { message, .. }| Error { status: UNRESOLVED, message });
        (name, suite, record, folder)
    };
    let loaded: Vec<_> = found.into_iter().map(load).collect();
    let suites: Vec<_> = loaded.iter().filter_map(|(_, suite, ..)| suite.as_ref().ok()).collect();
    // A name may belong to a program that cannot list its cases, which is an error of its own.
    let xfail = match xfail::parse(&args.xfail.lists, &suites) {
        Err(_) if suites.len() < loaded.len() => BTreeMap::new(),
        parsed => parsed?,
    };
    for (name, suite, record, folder) in &loaded {
        let name = name.clone();
        let planned = suite
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|suite| plan(suite, &xfail, args, outputs, record.as_deref()));
        let row = match planned {
            Err(Error { status: NOTHING_RAN, message }) => {
                missed.push(message.clone());
                Row::not_run(name, message)
            }
            Err(Error { message, .. }) => {
                // If standard error is closed, nobody reads the message, so the error is ignored.
                let _ = writeln!(io::stderr(), "{message}");
                let added = several.add_failed(&name, &message, args.name.as_deref());
                errors.extend(added.map_err(|error| Error::write(&error)).err());
                Row::failed(name, message)
            }
            Ok(mut plan) => {
                plan.folder.clone_from(folder);
                let mut print = |text: &str| {
                    if args.format == Format::Human {
                        let printed = anstream::stdout().write_all(text.as_bytes());
                        errors.extend(printed.map_err(|error| Error::write(&error)).err());
                    }
                };
                print(&format!("{}:\n", text::one_line(&name)));
                let (finished, printed) = run_live(&plan, args);
                print("\n");
                errors.extend(printed.map_err(|error| Error::write(&error)).err());
                if let Some(path) = &record {
                    record::write(path, &finished);
                }
                let added = several.add(&finished, &name);
                errors.extend(added.map_err(|error| Error::write(&error)).err());
                let report = json::without_output(&finished);
                kept.insert(rows.len(), (finished.store, shown(finished.tallies)));
                Row::ran(name, report)
            }
        };
        rows.push(row);
    }
    // A filter may leave out all cases of some programs. If a filter leaves out all cases of all
    // programs, the messages say so.
    if missed.len() == rows.len() {
        for message in missed {
            let _ = writeln!(io::stderr(), "{message}");
        }
    }
    let matrix = Matrix::new(started, rows);
    let whole = |row, case: &CaseField| {
        let (store, shown) = kept.get(&row).expect("a row with cases has their output");
        let attempts = shown.get(&case.name).map_or(&[][..], Vec::as_slice);
        json::with_output(case, store, attempts).map(Cow::Owned)
    };
    let is_shard = args.choice.shard.is_some();
    let view = View { matrix: &matrix, is_shard, changes: None, whole: &whole };
    let write = |format, out: &mut dyn io::Write| match reports::table_format(format) {
        Some(format) => view::write(&view, format, out),
        None => several.write(format, out),
    };
    if args.format != Format::Human {
        let printed = files::print(|out| guarded(|| write(args.format, out)));
        errors.extend(printed.map_err(|error| Error::write(&error)).err());
    }
    errors.extend(outputs.write(write));
    errors.extend(several.append_summary());
    Error::all(errors).map_or_else(|| Ok(view.status()), Err)
}

/// Returns the attempts of each case that the reports show, by the name of the case.
fn shown(tallies: Vec<Tally<'_>>) -> BTreeMap<String, Vec<Attempt>> {
    let of = |tally: Tally<'_>| Some((tally.case.name.clone(), tally.shown?.attempts));
    tallies.into_iter().filter_map(of).collect()
}

/// Returns the plan that the command line requests for a suite.
fn plan<'a>(
    suite: &'a Suite,
    xfail: &BTreeMap<String, Xfail>,
    args: &RunArgs,
    outputs: &Outputs<Format>,
    record: Option<&Path>,
) -> Result<Plan<'a>, Error> {
    let mut formats = outputs.formats().chain([args.format]);
    let keeps_output = formats.any(reports::shows_passed_output);
    let mut options = RunOptions { keeps_output, choice: choice(args, record), ..options(args)? };
    options.settings.xfail.clone_from(xfail);
    let plan = Plan::new(suite, options)?;
    if plan.options.settings.zygote {
        suite.prepare_zygote(&plan.options.settings).map_err(Error::usage)?;
    }
    Ok(plan)
}

/// Runs the planned cases. If standard output gets the human report, writes this report while the
/// cases run.
fn run_live<'a>(plan: &'a Plan<'a>, args: &RunArgs) -> (Finished<'a>, io::Result<()>) {
    let mut live = (args.format == Format::Human).then(|| Human::new(plan, anstream::stdout()));
    let begun = live.as_mut().map_or(Ok(()), Human::begin);
    let (finished, told) = follow(plan, |tally| match (&mut live, &begun) {
        (Some(human), Ok(())) => human.case(tally),
        _ => Ok(()),
    });
    let mut printed = begun.and(told);
    if let (Ok(()), Some(human)) = (&printed, &mut live) {
        printed = guarded(|| human.end(&finished));
    }
    (finished, printed)
}

/// Returns the selection of cases that the command line requests. `record` is the file with the
/// cases that failed when they last ran.
fn choice(args: &RunArgs, record: Option<&Path>) -> Choice {
    let ChoiceArgs { filters, exact, skip, last_failed, short, shard } = &args.choice;
    let failed = last_failed.then(|| record.map_or_else(Vec::new, record::read));
    Choice {
        filters: filters.clone(),
        exact: *exact,
        skip: skip.clone(),
        failed,
        short: *short,
        shard: *shard,
    }
}

/// Returns the options of the run that the command line requests.
fn options(args: &RunArgs) -> Result<RunOptions, Error> {
    let ManyArgs { stress, until_fail, fail_fast, slow, accept_flaky, .. } = args.many;
    Ok(RunOptions {
        name: args.name.clone(),
        quiet: args.quiet,
        settings: settings(args)?,
        may_lack: args.may_lack.clone(),
        strict: args.strict,
        jobs: jobs(args),
        rounds: args.many.repeat.or((stress.is_none() && !until_fail).then_some(1)),
        stress,
        seed: args.many.shuffle.map(|seed| seed.unwrap_or_else(|| fastrand::u32(..))),
        stops: until_fail || fail_fast,
        retries: args.many.retries.unwrap_or_default(),
        accept_flaky,
        slow,
        ..RunOptions::default()
    })
}

fn settings(args: &RunArgs) -> Result<Settings, Error> {
    let mut settings = Settings::default();
    settings.deadline = args.deadline;
    settings.deadline_scale = args.child.deadline_scale;
    settings.leak_timeout = args.leak_timeout;
    settings.control = Some(signals::control());
    settings.mutant.clone_from(&args.mutant);
    let env = args.env.iter();
    settings.env =
        env.filter_map(|Variable { name, value }| Some((name.into(), value.clone()?))).collect();
    settings.limits.clone_from(&args.limits);
    settings.zygote = args.zygote;
    settings.merge_output = args.printed.merge_output;
    settings.on_output = args.printed.no_capture.then_some(show);
    collect(&args.evidence, &mut settings)?;
    Ok(settings)
}

/// Sets which evidence about failed cases is collected.
///
/// # Errors
///
/// Fails if the system writes no core files, or if the debugger cannot be found.
pub(super) fn collect(args: &EvidenceArgs, settings: &mut Settings) -> Result<(), Error> {
    settings.keep_directory = args.keep;
    settings.core_files = args.core == Core::Keep;
    if settings.core_files && !HAS_CORE_FILES {
        return Err(Error::usage("failed to use `--core keep`: this system writes no core files"));
    }
    settings.debugger = debugger(args.debugger)?;
    Ok(())
}

/// Finds the requested debugger. If `auto` finds no debugger, the run continues without backtraces.
fn debugger(name: Option<DebuggerName>) -> Result<Option<Debugger>, Error> {
    match name {
        None => Ok(None),
        Some(DebuggerName::Gdb) => Debugger::named("gdb").map(Some).map_err(Error::usage),
        Some(DebuggerName::Lldb) => Debugger::named("lldb").map(Some).map_err(Error::usage),
        Some(DebuggerName::Auto) => Ok(Debugger::find()
            .map_err(|cause| {
                // If standard error is closed, nobody reads the note, so the error is ignored.
                let _ = writeln!(io::stderr(), "no backtraces: {cause}");
            })
            .ok()),
    }
}

fn jobs(args: &RunArgs) -> usize {
    let processors = || thread::available_parallelism().map_or(1, Into::into);
    let unless_given = || if args.printed.no_capture { 1 } else { processors() };
    args.many.jobs.map_or_else(unless_given, usize::from)
}

/// Copies lines of a child's output to standard error, with the names of the case and of the
/// stream.
fn show(lines: &Lines<'_>) {
    // One call writes all lines, so that lines of cases that run at once do not mix. If standard
    // error is closed, nobody reads the copy, so the error is ignored.
    let _ = io::stderr().write_all(report::lines(lines).as_bytes());
}
