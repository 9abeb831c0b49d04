//! `cargo testprog explain`: prints what a scenario tests, for a person whose system fails the
//! scenario.

use std::path::Path;
use std::{env, io};

use testprog_harness::{Case, text};

use super::list;
use crate::args::{ChildArgs, ExplainArgs};
use crate::error::{Error, SUCCESS};
use crate::port::{cases, reference};
use crate::{build, files, stories};

pub(crate) fn explain(args: &ExplainArgs) -> Result<u8, Error> {
    let name = &args.name;
    let case = match find(name, &args.child) {
        Err(_) if is_ours(name) && !names_a_program(&args.child) => None,
        found => found?,
    };
    let (topic, explanation) = match &case {
        Some(case) => (case.topic(), case.explanation.clone()),
        None if names_a_program(&args.child) => (None, None),
        None => (stories::topic(name), stories::of(name)),
    };
    let explanation = explanation.ok_or_else(|| Error::nothing_ran(none(name, case.as_ref())))?;
    let is_ours = topic.is_some() && topic == stories::topic(name);
    let printed = files::print(|out| {
        let topic = topic.map(|topic| format!(" ({topic})")).unwrap_or_default();
        writeln!(out, "{}\n", text::one_line(&format!("{name}{topic}")))?;
        for line in explanation.lines() {
            writeln!(out, "{}", text::within_line(line.as_bytes()))?;
        }
        writeln!(out)?;
        if let Some(case) = &case {
            list::facts(case, "", out)?;
        }
        if is_ours { sources(name, out) } else { Ok(()) }
    });
    printed.map(|()| SUCCESS).map_err(|error| Error::write(&error))
}

/// Returns the case with this name among the cases of the programs that the command line names.
///
/// A person who ports a C library may have neither a checkout nor a Rust target. Outside of a
/// package, the command therefore looks for the case in the C-only child of `cargo testprog port`.
fn find(name: &str, args: &ChildArgs) -> Result<Option<Case>, Error> {
    if let Some(manifest) = build::manifest(args)? {
        let cases = &manifest.suite().cases;
        return Ok(cases.iter().find(|case| case.name == name).cloned());
    }
    if !names_a_program(args) && !is_in_a_package(args) {
        return Ok(cases::case(name));
    }
    for found in build::programs(args)? {
        let suite = build::load(found.program, args)?;
        if let Some(case) = suite.cases.into_iter().find(|case| case.name == name) {
            return Ok(Some(case));
        }
    }
    Ok(None)
}

/// Returns whether this repository has a scenario with this name.
fn is_ours(name: &str) -> bool {
    stories::topic(name).is_some()
}

/// Returns whether the command line names the program whose cases the command searches.
fn names_a_program(args: &ChildArgs) -> bool {
    args.prog.is_some() || args.manifest.is_some() || build::named(args).is_some()
}

/// Returns whether the working directory or a directory around it contains a `Cargo.toml`.
fn is_in_a_package(args: &ChildArgs) -> bool {
    let here = env::current_dir().unwrap_or_default();
    let mut directories = here.ancestors().map(Path::to_owned);
    args.manifest_path.is_some()
        || directories.any(|directory| directory.join("Cargo.toml").exists())
}

/// Prints where the code of a scenario of this repository is.
fn sources(name: &str, out: &mut dyn io::Write) -> io::Result<()> {
    if let Some(topic) = stories::topic(name) {
        writeln!(out, "source   testprog/scenarios/{topic}/{name}.rs")?;
    }
    for path in cases::sources_of_scenario(name) {
        writeln!(out, "         csrc/{path}")?;
    }
    Ok(())
}

/// Returns an error message for a scenario without an explanation, or for an unknown name.
fn none(name: &str, case: Option<&Case>) -> String {
    let shown = text::one_line(name);
    if let Some(case) = case {
        let adds =
            if case.foreign { "key `explanation`" } else { "method `Scenario::explanation`" };
        return format!(
            "failed to explain `{shown}`: the program has no explanation of this scenario; the {adds} \
             adds one"
        );
    }
    let similar: Vec<_> = stories::names().filter(|known| known.contains(name)).collect();
    let hint = match &*similar {
        [] if !reference::recorded("probe", name).is_empty() => format!(
            "the probe of this name is the file `{}.c` in a folder of `csrc/probe`",
            name.replace('-', "_")
        ),
        [] => "`cargo testprog list` shows the names".to_owned(),
        similar => format!("there are {}", similar.join(", ")),
    };
    format!("failed to find `{shown}`: no scenario has this name; {hint}")
}
