//! The file `.config/testprog.toml`, which contains default flags of the subcommands.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, CommandFactory as _};
use serde::Deserialize;
use testprog_harness::text;

use crate::args::Cli;
use crate::error::Error;

/// Path of the configuration file, relative to the current directory or to one of its parents.
const PATH: &str = ".config/testprog.toml";

/// The content of the configuration file: a list of default flags for each subcommand that runs
/// cases.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    run: Vec<String>,
    #[serde(default)]
    list: Vec<String>,
    #[serde(default)]
    about: Vec<String>,
    #[serde(default)]
    matrix: Vec<String>,
    #[serde(default)]
    merge: Vec<String>,
    #[serde(default)]
    port: Vec<String>,
}

/// Adds the default flags to the words of a command line, except flags that the command line sets.
/// Default flags that may be given several times are added even if the command line sets them.
///
/// # Errors
///
/// Returns an error if the configuration file cannot be read, or contains a word that is no flag of
/// its subcommand.
pub(crate) fn with_defaults(words: Vec<OsString>) -> Result<Vec<OsString>, Error> {
    let Some(path) = find() else { return Ok(words) };
    // A command line with a mistake, or with --help, needs no defaults.
    let Ok(given) = Cli::command().try_get_matches_from(&words) else { return Ok(words) };
    let fail = |cause: &str| {
        let path = text::one_line(&path.display().to_string());
        Error::usage(format!("failed to read `{path}`: {}", text::one_line(cause)))
    };
    let content = fs::read_to_string(&path).map_err(|error| fail(&error.to_string()))?;
    let config: Config = toml::from_str(&content).map_err(|error| {
        let before = error.span().map(|span| &content[..span.start]);
        let line = before.map_or(1, |text| text.matches('\n').count() + 1);
        fail(&format!("line {line}: {}", error.message()))
    })?;
    let (name, matches) = given.subcommand().unwrap_or(("run", &given));
    let flags = match name {
        "run" => config.run,
        "list" => config.list,
        "about" => config.about,
        "matrix" => config.matrix,
        "merge" => config.merge,
        "port" => config.port,
        _ => Vec::new(),
    };
    let mut added = Vec::new();
    for flag in flags {
        if !is_set(&flag, name, matches).map_err(|cause| fail(&cause))? {
            added.push(OsString::from(flag));
        }
    }
    // The default flags follow the name of the subcommand, which is the second word if the command
    // line has a subcommand.
    let place = if given.subcommand().is_some() {
        words.iter().position(|word| word == name).map_or(1, |place| place + 1)
    } else {
        1
    };
    let mut words = words;
    words.splice(place..place, added);
    Ok(words)
}

/// Returns the path of the configuration file in the current directory or in the nearest parent
/// directory that has such a file.
pub(crate) fn find() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(PATH)).find(|path| path.is_file())
}

/// Returns whether the command line sets a flag that may be given only once.
fn is_set(flag: &str, subcommand: &str, given: &ArgMatches) -> Result<bool, String> {
    let wrong = || {
        format!("`{subcommand}` has no flag `{flag}`; a flag is written as --NAME or --NAME=VALUE")
    };
    let name = flag.strip_prefix("--").ok_or_else(wrong)?;
    let name = name.split('=').next().unwrap_or(name);
    let cli = Cli::command();
    let command = cli.find_subcommand(subcommand).ok_or_else(wrong)?;
    let mut arguments =
        command.get_arguments().chain(cli.get_arguments().filter(|it| it.is_global_set()));
    let argument = arguments.find(|it| it.get_long() == Some(name)).ok_or_else(wrong)?;
    if matches!(argument.get_action(), ArgAction::Append) {
        return Ok(false);
    }
    Ok(given.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine))
}
