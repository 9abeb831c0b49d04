//! Finds the programs to run: an executable that the user names, or executables that cargo builds.

pub(crate) mod cargo;
pub(crate) mod discover;

use std::ffi::OsString;
use std::io::{self, Write as _};

use testprog_harness::manifest::Manifest;
use testprog_harness::suite::Settings;
use testprog_harness::{Program, Suite, Target, suite};

use self::cargo::{CargoTarget, Found, Kind, executables, found_in, run_cargo, words};
use crate::args::ChildArgs;
use crate::error::Error;
use crate::stories;

/// Returns the programs that the command line names. If the command line names none, returns the
/// programs of the workspace that have scenarios. Builds the programs unless `--prog` is given.
pub(crate) fn programs(args: &ChildArgs) -> Result<Vec<Found>, Error> {
    let from_env = || Program::runner_from_env(args.target.as_deref().unwrap_or(Target::TRIPLE));
    let runner = runner(args)?.unwrap_or_else(from_env);
    let mut found = match (&args.prog, named(args)) {
        (Some(path), _) => {
            let name = path.display().to_string();
            vec![Found { name, program: Program::new(path), record: None, folder: None }]
        }
        (None, Some(target)) => build(args, &target)?,
        (None, None) => discover::programs(args)?,
    };
    // The programs are sorted, because cargo reports executables in the order in which their builds
    // end.
    found.sort_by(|one, other| one.name.cmp(&other.name));
    for found in &mut found {
        found.program.runner.clone_from(&runner);
    }
    Ok(found)
}

/// Returns the words of the command that the flag `--runner` contains.
fn runner(args: &ChildArgs) -> Result<Option<Vec<OsString>>, Error> {
    let Some(command) = &args.runner else { return Ok(None) };
    let words = shell_words::split(command)
        .map_err(|error| Error::usage(format!("failed to read `--runner {command}`: {error}")))?;
    Ok(Some(words.into_iter().map(OsString::from).collect()))
}

/// Reads the manifest that the command line names, if the command line names one.
pub(crate) fn manifest(args: &ChildArgs) -> Result<Option<Manifest>, Error> {
    let Some(path) = &args.manifest else { return Ok(None) };
    let read = Manifest::read_for(path, args.target.as_deref(), runner(args)?);
    read.map(Some).map_err(Error::usage)
}

/// Returns the only program that the command line names.
pub(crate) fn program(args: &ChildArgs) -> Result<Program, Error> {
    if args.manifest.is_some() {
        return Err(Error::usage(
            "failed to use `--manifest`: the programs of a manifest do not report facts",
        ));
    }
    let mut found = programs(args)?;
    match (found.pop(), &*found) {
        (Some(found), []) => Ok(found.program),
        (last, _) => {
            let names: Vec<_> = found.iter().chain(&last).map(|found| &*found.name).collect();
            Err(Error::usage(format!(
                "failed to choose a program: the workspace has {}; choose one with --package and \
                 --bin, --test or --example",
                names.join(", ")
            )))
        }
    }
}

/// Returns the only program that the command line names, with the cases that the program lists.
pub(crate) fn suite(args: &ChildArgs) -> Result<Suite, Error> {
    load(program(args)?, args)
}

/// Returns a program with the cases that the program lists.
pub(crate) fn load(program: Program, args: &ChildArgs) -> Result<Suite, Error> {
    let mut settings = Settings::default();
    settings.deadline_scale = args.deadline_scale;
    settings.listing_deadline = args.list_timeout;
    let mut suite = Suite::load_with(program, &settings).map_err(|error| match &error {
        suite::Error::Empty { .. } => Error::nothing_ran(error),
        _ => Error::usage(error),
    })?;
    print_left_behind(suite.left_behind());
    stories::add(&mut suite.cases);
    Ok(suite)
}

/// Prints messages about what a child has left behind, such as a directory that could not be
/// removed. The child reported its listing or its target.
pub(crate) fn print_left_behind(messages: &[String]) {
    for message in messages {
        // If standard error is closed, nobody reads the message, so the error is ignored.
        let _ = writeln!(io::stderr(), "{message}");
    }
}

/// Returns the target that the command line names.
pub(crate) fn named(args: &ChildArgs) -> Option<CargoTarget> {
    let kinds = [(Kind::Bin, &args.bin), (Kind::Test, &args.test), (Kind::Example, &args.example)];
    kinds.into_iter().find_map(|(kind, name)| Some(CargoTarget { kind, name: name.clone()? }))
}

/// Builds a target of one or several packages.
fn build(args: &ChildArgs, target: &CargoTarget) -> Result<Vec<Found>, Error> {
    let fail = |cause: &str| Error::usage(format!("failed to build `{}`: {cause}", target.name));
    let stdout = run_cargo(&words(args, target)).map_err(|cause| fail(&cause))?;
    let found = executables(&stdout).into_iter().filter(|built| built.target == *target);
    let found: Vec<_> = found.map(|built| found_in(built, args)).collect();
    if found.is_empty() { Err(fail("cargo reported no such executable")) } else { Ok(found) }
}
