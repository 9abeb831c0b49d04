//! Builds targets with cargo, and finds their executables.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, io};

use memchr::memmem;
use serde::Deserialize;
use testprog_harness::{Program, protocol};

use crate::args::ChildArgs;

/// A target of cargo, such as a binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CargoTarget {
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

/// Kind of a target of cargo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bin,
    Test,
    Example,
}

/// A program to run, with its name and the file for its failed cases.
#[derive(Debug)]
pub(crate) struct Found {
    /// Package and target of the program, such as `parser/crash`, or the path of the executable
    /// that the user named.
    pub(crate) name: String,
    pub(crate) program: Program,
    /// File for the names of the cases that failed in the last run, or `None` for an executable
    /// that the user named.
    pub(crate) record: Option<PathBuf>,
    /// Folder of the program's package, or `None` for an executable that the user named.
    pub(crate) folder: Option<PathBuf>,
}

impl Kind {
    /// Returns the flag of cargo that selects a target of this kind.
    pub(super) fn flag(self) -> &'static str {
        match self {
            Self::Bin => "--bin",
            Self::Test => "--test",
            Self::Example => "--example",
        }
    }

    /// Returns the kind's name in the messages of cargo.
    fn id(self) -> &'static str {
        match self {
            Self::Bin => "bin",
            Self::Test => "test",
            Self::Example => "example",
        }
    }
}

/// Fields that this module reads of one message of `cargo build --message-format=json`.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    manifest_path: PathBuf,
    executable: Option<PathBuf>,
    target: Option<BuiltTarget>,
}

#[derive(Deserialize)]
struct BuiltTarget {
    name: String,
    kind: Vec<String>,
}

/// An executable that cargo built.
#[derive(Debug)]
pub(super) struct Executable {
    pub(super) package: String,
    pub(super) target: CargoTarget,
    pub(super) path: PathBuf,
    /// Folder of the package's manifest.
    pub(super) folder: Option<PathBuf>,
}

/// Runs cargo and returns its standard output.
pub(super) fn run_cargo(words: &[String]) -> Result<Vec<u8>, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(&cargo)
        .args(words)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error: io::Error| format!("{}: {error}", cargo.to_string_lossy()))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err("cargo failed, see its errors above".to_owned())
    }
}

/// Returns the arguments with which cargo builds a target.
pub(crate) fn words(args: &ChildArgs, target: &CargoTarget) -> Vec<String> {
    let mut words = build_words(args);
    words.extend(args.package.iter().flat_map(|name| ["--package", name]).map(str::to_owned));
    words.extend([target.kind.flag().to_owned(), target.name.clone()]);
    words
}

/// Returns the arguments with which cargo builds, without the arguments that name packages and
/// targets.
pub(super) fn build_words(args: &ChildArgs) -> Vec<String> {
    let mut words = vec!["build", "--quiet", "--message-format=json-render-diagnostics"];
    let options =
        [("--features", &args.features), ("--target", &args.target), ("--profile", &args.profile)];
    for (flag, value) in options {
        words.extend(value.iter().flat_map(|value| [flag, value.as_str()]));
    }
    let flags = [
        (args.release, "--release"),
        (args.all_features, "--all-features"),
        (args.no_default_features, "--no-default-features"),
    ];
    words.extend(flags.into_iter().filter_map(|(is_set, flag)| is_set.then_some(flag)));
    words.into_iter().map(str::to_owned).chain(workspace_words(args)).collect()
}

/// Returns the arguments that name the workspace and decide how cargo resolves the workspace's
/// dependencies.
pub(super) fn workspace_words(args: &ChildArgs) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(path) = &args.manifest_path {
        words.extend(["--manifest-path".to_owned(), path.display().to_string()]);
    }
    let flags = [(args.locked, "--locked"), (args.offline, "--offline"), (args.frozen, "--frozen")];
    words.extend(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.to_owned()));
    words
}

/// Returns the executables whose paths cargo printed as JSON.
pub(super) fn executables(stdout: &[u8]) -> Vec<Executable> {
    let text = String::from_utf8_lossy(stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let built = messages.filter(|message| message.reason == "compiler-artifact");
    let built = built.filter_map(|message| {
        let target = message.target?;
        let kinds = [Kind::Bin, Kind::Test, Kind::Example];
        let kind = kinds.into_iter().find(|kind| target.kind == [kind.id()])?;
        let path = message.executable?;
        let package = package_of(&message.package_id).to_owned();
        let folder = message.manifest_path.parent().map(Path::to_owned);
        Some(Executable { package, target: CargoTarget { kind, name: target.name }, path, folder })
    });
    built.collect()
}

/// Returns the program that cargo built for a target, from the output of cargo.
pub(crate) fn executable(args: &ChildArgs, target: &CargoTarget, stdout: &[u8]) -> Option<Program> {
    let built = executables(stdout).into_iter().find(|built| built.target == *target)?;
    Some(found_in(built, args).program)
}

/// Returns the name in a package id such as `path+file:///a/parser#0.1.0` or
/// `path+file:///a/b#parser@0.1.0` (<https://doc.rust-lang.org/cargo/reference/pkgid-spec.html>).
fn package_of(id: &str) -> &str {
    let Some((place, version)) = id.rsplit_once('#') else { return id };
    match version.split_once('@') {
        Some((name, _)) => name,
        None => place.rsplit('/').next().unwrap_or(place),
    }
}

pub(super) fn found_in(built: Executable, args: &ChildArgs) -> Found {
    let Executable { package, target, path, folder } = built;
    let runs_itself = match target.kind {
        Kind::Bin => false,
        Kind::Test => true,
        Kind::Example => has_note(&path),
    };
    let beside = path.parent().unwrap_or(Path::new("")).to_owned();
    // The name of a test executable contains a hash that changes with the dependencies, so the
    // record is named after the target.
    let record = beside.join(format!("{package}-{}.failed", target.name));
    // A path relative to the current directory shortens the `rerun` command in reports.
    let path = match env::current_dir() {
        Ok(here) if args.manifest_path.is_none() => {
            path.strip_prefix(&here).unwrap_or(&path).to_owned()
        }
        _ => path,
    };
    let mut program = Program::new(path);
    if runs_itself {
        program.args = vec![testprog_harness::CHILD_FLAG.into()];
    }
    Found { name: format!("{package}/{}", target.name), program, record: Some(record), folder }
}

/// Returns whether an executable contains [`testprog_harness::protocol::NOTE`], which marks an
/// executable that runs scenarios.
pub(super) fn has_note(path: &Path) -> bool {
    let bytes = fs::read(path).unwrap_or_default();
    memmem::find(&bytes, protocol::NOTE.as_bytes()).is_some()
}
