//! Runs the command that inspects what a child has left behind.

use std::env;
use std::ffi::OsString;
use std::path::{self, Path, PathBuf};

use crate::expectation::Ends;
use crate::protocol::Case;
use crate::scenario::{INSPECTED_CORE_ENV, INSPECTED_PROGRAM_ENV, INSPECTED_STDOUT_ENV};
use crate::spawn::{self, End, HAS_CORE_FILES, Options, Outcome, Program};
use crate::text::excerpt;
use crate::verdict::{self, Inspected, Verdict};

/// Returns the maximum size in bytes of the core file that the inspection of a case needs, or `None`
/// if the inspection needs no core file.
pub(super) fn core_file(case: &Case) -> Option<u64> {
    let dies = |ends: &Ends| matches!(ends, Ends::Signals(_) | Ends::Aborts | Ends::Crashes);
    let may_die = case.expect.singles().iter().any(|single| dies(&single.ends));
    (HAS_CORE_FILES && case.inspection.is_some() && may_die).then_some(u64::MAX)
}

/// Runs the inspection of a case whose child ended as expected, and returns the verdict after the
/// inspection. Returns the verdict unchanged if the child did not end as expected, or if the case
/// has no inspection.
pub(super) fn inspect(
    case: &Case,
    program: &Program,
    outcome: &Outcome,
    of_child: &Options,
    verdict: Verdict,
) -> Verdict {
    let ended_as_expected =
        matches!(verdict, Verdict::Pass { .. } | Verdict::Xpass { .. } | Verdict::Stale(_));
    let (Some(inspection), true) = (&case.inspection, ended_as_expected) else { return verdict };
    // A command may contain a script of several lines, of which one line is enough for a message.
    let command = excerpt(inspection.command.join(" ").lines().next().unwrap_or_default());
    let unresolved = |reason: String| {
        Verdict::Unresolved(format!("failed to inspect with `{command}`: {reason}"))
    };
    let Some((first, rest)) = inspection.command.split_first() else {
        return unresolved("the command is empty".to_owned());
    };
    let Some(path) = executable(first) else {
        return unresolved(format!("no directory of PATH has `{first}`"));
    };
    let directory = of_child.working_directory.clone();
    let options = Options {
        env: of_child.env.iter().cloned().chain(variables(program, outcome)).collect(),
        args: rest.iter().map(OsString::from).collect(),
        omit_name: true,
        working_directory: directory.or_else(|| outcome.artifacts.directory().map(Path::to_owned)),
        deadline: of_child.deadline,
        leak_timeout: of_child.leak_timeout,
        control: of_child.control.clone(),
        on_output: of_child.on_output,
        ..Options::default()
    };
    let inspected = match spawn::run(&Program::new(path), &case.name, &options) {
        Ok(inspected) => inspected,
        Err(error) => return unresolved(error.to_string()),
    };
    match verdict::compare(&inspection.expect, &inspected, options.deadline) {
        Err(reason) => unresolved(reason),
        Ok(Ok(())) => verdict,
        Ok(Err(failure)) => {
            let printed = printed(&inspected);
            verdict::uninspected(case, Inspected { command, failure: failure.into(), printed })
        }
    }
}

/// Returns the output of both streams of a process.
fn printed(outcome: &Outcome) -> String {
    let streams = [&outcome.stdout, &outcome.stderr];
    let text = streams.map(|output| {
        String::from_utf8_lossy(&[&*output.head, &*output.tail].concat()).into_owned()
    });
    text.concat().trim_end().to_owned()
}

/// Returns the environment variables that describe the child to its inspection.
fn variables(program: &Program, outcome: &Outcome) -> Vec<(OsString, OsString)> {
    let path = path::absolute(&program.path).unwrap_or_else(|_| program.path.clone());
    let mut variables = vec![(INSPECTED_PROGRAM_ENV.into(), path.into())];
    // An environment variable cannot contain a zero byte (environ(7)).
    let stdout = String::from_utf8_lossy(&outcome.stdout.head).replace('\0', "\u{fffd}");
    let stdout = stdout.trim_end_matches(['\r', '\n']);
    variables.push((INSPECTED_STDOUT_ENV.into(), stdout.into()));
    if let (End::Signaled { .. }, Some(Ok(core_file))) =
        (outcome.end, outcome.artifacts.core_file())
    {
        variables.push((INSPECTED_CORE_ENV.into(), core_file.into()));
    }
    variables
}

/// Returns the path of an executable. A name without a separator is searched in the directories of
/// `PATH`.
fn executable(word: &str) -> Option<PathBuf> {
    if Path::new(word).components().count() > 1 {
        return Some(word.into());
    }
    let directories = env::var_os("PATH")?;
    let name = format!("{word}{}", env::consts::EXE_SUFFIX);
    let paths = env::split_paths(&directories).flat_map(|path| [path.join(word), path.join(&name)]);
    paths.into_iter().find(|path| path.is_file())
}
