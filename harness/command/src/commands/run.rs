//! `cargo testprog run`: runs the chosen cases as often as requested, and writes the reports.

use std::io::{self, Write as _};
use std::thread;

use testprog_harness::report;
use testprog_harness::spawn::{Debugger, HAS_CORE_FILES, Lines};
use testprog_harness::suite::Settings;

use crate::args::{ManyArgs, RunArgs};
use crate::error::Error;
use crate::files::{self, Outputs, guarded};
use crate::reports::human::Human;
use crate::run::choice::Choice;
use crate::run::follow;
use crate::run::plan::{Plan, RunOptions};
use crate::values::{Core, DebuggerName, Format, Variable};
use crate::{build, reports, signals};

pub(crate) fn run(args: &RunArgs) -> Result<u8, Error> {
    let outputs = Outputs::find(&args.outputs)?.check()?;
    let suite = build::suite(&args.child)?;
    let mut formats = outputs.formats().chain([args.format]);
    let keeps_output = formats.any(reports::shows_passed_output);
    let options = RunOptions { keeps_output, ..options(args)? };
    let plan = Plan::new(&suite, options)?;
    if plan.options.settings.zygote {
        suite.prepare_zygote(&plan.options.settings).map_err(Error::usage)?;
    }
    let mut live = (args.format == Format::Human).then(|| Human::new(&plan, anstream::stdout()));
    let begun = live.as_mut().map_or(Ok(()), Human::begin);
    let (finished, told) = follow(&plan, |tally| match (&mut live, &begun) {
        (Some(human), Ok(())) => human.case(tally),
        _ => Ok(()),
    });
    let mut printed = begun.and(told);
    if printed.is_ok() {
        printed = match &mut live {
            Some(human) => guarded(|| human.end(&finished)),
            None => files::print(|out| reports::write(&finished, args.format, out)),
        };
    }
    let mut errors: Vec<_> =
        printed.map_err(|error| Error::write(&error)).err().into_iter().collect();
    errors.extend(reports::write_all(&finished, args.format, &outputs));
    Error::all(errors).map_or_else(|| Ok(finished.status()), Err)
}

/// Returns the options of the run that the command line requests.
fn options(args: &RunArgs) -> Result<RunOptions, Error> {
    let ManyArgs { stress, until_fail, fail_fast, slow, accept_flaky, .. } = args.many;
    Ok(RunOptions {
        name: args.name.clone(),
        choice: Choice {
            filters: args.choice.filters.clone(),
            exact: args.choice.exact,
            shard: args.choice.shard,
        },
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
    settings.keep_directory = args.evidence.keep;
    settings.core_files = args.evidence.core == Core::Keep;
    if settings.core_files && !HAS_CORE_FILES {
        return Err(Error::usage("failed to use `--core keep`: this system writes no core files"));
    }
    settings.debugger = debugger(args.evidence.debugger)?;
    Ok(settings)
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
