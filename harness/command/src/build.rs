//! Finds the child program to run: an executable that the user names, or one that cargo builds.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, io};

use serde::Deserialize;
use testprog_harness::suite::Settings;
use testprog_harness::{Program, Suite, Target, suite};

use crate::args::ChildArgs;
use crate::error::Error;

/// Returns the child program that the command line names, and builds it unless `--prog` is given.
pub(crate) fn program(args: &ChildArgs) -> Result<Program, Error> {
    let built = match &args.prog {
        Some(path) => Program::new(path),
        None => build(args)?,
    };
    let runner = match &args.runner {
        None => Program::runner_from_env(args.target.as_deref().unwrap_or(Target::TRIPLE)),
        Some(command) => {
            let words = shell_words::split(command).map_err(|error| {
                Error::usage(format!("failed to read `--runner {command}`: {error}"))
            })?;
            words.into_iter().map(OsString::from).collect()
        }
    };
    Ok(built.runner(runner))
}

/// Returns the child program that the command line names, with the cases that the program lists.
pub(crate) fn suite(args: &ChildArgs) -> Result<Suite, Error> {
    let mut settings = Settings::default();
    settings.deadline_scale = args.deadline_scale;
    Suite::load_with(program(args)?, &settings).map_err(|error| match &error {
        suite::Error::Empty { .. } => Error::nothing_ran(error),
        _ => Error::usage(error),
    })
}

/// Fields that this module reads of one message of `cargo build --message-format=json`.
#[derive(Deserialize)]
struct Message {
    reason: String,
    executable: Option<PathBuf>,
    target: Option<BuiltTarget>,
}

#[derive(Deserialize)]
struct BuiltTarget {
    name: String,
    kind: Vec<String>,
}

fn build(args: &ChildArgs) -> Result<Program, Error> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let fail = |cause: &str| Error::usage(format!("failed to build `{}`: {cause}", name(args)));
    let output = Command::new(&cargo)
        .args(words(args))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error: io::Error| fail(&format!("{}: {error}", cargo.to_string_lossy())))?;
    if !output.status.success() {
        return Err(fail("cargo failed, see its errors above"));
    }
    executable(args, &output.stdout).ok_or_else(|| fail("cargo reported no such executable"))
}

/// Returns the name of the binary or test target that cargo builds.
pub(crate) fn name(args: &ChildArgs) -> &str {
    args.test.as_ref().unwrap_or(&args.bin)
}

/// Returns the arguments with which cargo builds the child program.
pub(crate) fn words(args: &ChildArgs) -> Vec<String> {
    let mut words = vec!["build", "--quiet", "--message-format=json-render-diagnostics"];
    words.extend([if args.test.is_some() { "--test" } else { "--bin" }, name(args)]);
    let options =
        [("--package", &args.package), ("--features", &args.features), ("--target", &args.target)];
    for (flag, value) in options {
        words.extend(value.iter().flat_map(|value| [flag, value.as_str()]));
    }
    words.extend(args.release.then_some("--release"));
    words.into_iter().map(str::to_owned).collect()
}

/// Returns the built program, whose path cargo printed as JSON on its standard output.
pub(crate) fn executable(args: &ChildArgs, stdout: &[u8]) -> Option<Program> {
    let kind = if args.test.is_some() { "test" } else { "bin" };
    let executable = String::from_utf8_lossy(stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        // For a test target, cargo also builds the package's binaries, which may have the same
        // name.
        .filter(|message| {
            let is_it = |target: &BuiltTarget| target.name == name(args) && target.kind == [kind];
            message.target.as_ref().is_some_and(is_it)
        })
        .find_map(|message| message.executable)?;
    // A path relative to the current directory shortens the `rerun` command in reports.
    let path = match env::current_dir() {
        Ok(here) => executable.strip_prefix(&here).unwrap_or(&executable).to_owned(),
        Err(_) => executable,
    };
    let mut program = Program::new(path);
    if args.test.is_some() {
        program.args = vec![testprog_harness::CHILD_FLAG.into()];
    }
    Some(program)
}
