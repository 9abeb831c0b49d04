//! Finds the targets of a workspace that have scenarios.

use std::env;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::cargo::{self, CargoTarget, Found, Kind};
use crate::args::ChildArgs;
use crate::error::Error;

/// Name of the binary that is built if neither the command line nor `package.metadata.testprog`
/// names a target.
const DEFAULT_BIN: &str = "testprog";

/// Fields that this module reads of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    dependencies: Vec<Dependency>,
    metadata: Option<Tables>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
}

/// The tables in `package.metadata`.
#[derive(Deserialize)]
struct Tables {
    testprog: Option<Own>,
}

/// The table `package.metadata.testprog`: targets with scenarios.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Own {
    #[serde(default)]
    bin: Vec<String>,
    #[serde(default)]
    test: Vec<String>,
    #[serde(default)]
    example: Vec<String>,
}

/// Fields that this module reads of a package's manifest. The module reads the manifest, because
/// the output of `cargo metadata` does not contain a test target's `harness = false`.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    test: Vec<TestTarget>,
}

#[derive(Deserialize)]
struct TestTarget {
    name: Option<String>,
    harness: Option<bool>,
}

/// A target that may have scenarios.
#[derive(Debug)]
pub(crate) struct Candidate {
    package: String,
    target: CargoTarget,
    /// Whether the executable counts as a program only if it contains
    /// [`testprog_harness::protocol::NOTE`].
    is_guess: bool,
}

/// Builds all targets of the workspace that have scenarios, and returns the programs.
///
/// If the current directory is in a package's directory, builds only the targets of this package.
pub(super) fn programs(args: &ChildArgs) -> Result<Vec<Found>, Error> {
    let candidates =
        candidates(args, |words| cargo::run_cargo(&words)).map_err(|cause| fail(&cause))?;
    let stdout = cargo::run_cargo(&words(args, &candidates))
        .map_err(|cause| Error::usage(format!("failed to build the programs: {cause}")))?;
    let found = found(args, &candidates, &stdout);
    if found.is_empty() {
        let see = "see `cargo testprog run --help`, \"Which program\"";
        return Err(fail(&format!("{}; {see}", none())));
    }
    Ok(found)
}

fn fail(cause: &str) -> Error {
    Error::usage(format!("failed to find a program with scenarios: {cause}"))
}

/// Returns the cause for a workspace without a program.
pub(crate) fn none() -> String {
    format!(
        "no package here has a binary `{DEFAULT_BIN}`, or a test target with `harness = false` \
         whose `main` is `testprog_harness::main!`"
    )
}

/// Returns the targets of the workspace that may have scenarios, which is at least one target. The
/// function `run` runs cargo with the given arguments, and returns the standard output of cargo.
pub(crate) fn candidates(
    args: &ChildArgs,
    run: impl FnOnce(Vec<String>) -> Result<Vec<u8>, String>,
) -> Result<Vec<Candidate>, String> {
    let mut words: Vec<_> =
        ["metadata", "--no-deps", "--format-version", "1"].map(str::to_owned).to_vec();
    words.extend(cargo::workspace_words(args));
    let stdout = run(words)?;
    let metadata: Metadata = serde_json::from_slice(&stdout)
        .map_err(|error| format!("the output of `cargo metadata` cannot be read: {error}"))?;
    let mut candidates = Vec::new();
    for package in chosen(&metadata, args)? {
        candidates.extend(candidates_of(package)?);
    }
    if candidates.is_empty() { Err(none()) } else { Ok(candidates) }
}

/// Returns the packages that `--package` names, or the package of the current directory, or all
/// packages of the workspace.
///
/// # Errors
///
/// Fails if the workspace has no package with the name that `--package` gives.
fn chosen<'a>(metadata: &'a Metadata, args: &ChildArgs) -> Result<Vec<&'a Package>, String> {
    let here = env::current_dir().unwrap_or_default();
    let holds_here = |package: &&Package| {
        let folder = package.manifest_path.parent().unwrap_or(Path::new(""));
        folder != metadata.workspace_root && here.starts_with(folder)
    };
    let all = metadata.packages.iter();
    if let Some(name) = &args.package {
        let chosen: Vec<_> = all.filter(|package| package.name == *name).collect();
        if chosen.is_empty() {
            let known: Vec<_> = metadata.packages.iter().map(|package| &*package.name).collect();
            let known = known.join("`, `");
            return Err(format!(
                "the workspace has no package `{name}`; the packages are `{known}`"
            ));
        }
        return Ok(chosen);
    }
    let own: Vec<_> = all.filter(holds_here).collect();
    if own.is_empty() || args.manifest_path.is_some() {
        Ok(metadata.packages.iter().collect())
    } else {
        Ok(own)
    }
}

/// Returns the targets of a package that may have scenarios.
fn candidates_of(package: &Package) -> Result<Vec<Candidate>, String> {
    let candidate = |kind, name: &str, is_guess| Candidate {
        package: package.name.clone(),
        target: CargoTarget { kind, name: name.to_owned() },
        is_guess,
    };
    if let Some(Own { bin, test, example }) =
        package.metadata.as_ref().and_then(|tables| tables.testprog.as_ref())
    {
        let named = [(Kind::Bin, bin), (Kind::Test, test), (Kind::Example, example)];
        let named =
            named.into_iter().flat_map(|(kind, names)| names.iter().map(move |name| (kind, name)));
        return Ok(named.map(|(kind, name)| candidate(kind, name, false)).collect());
    }
    let is_default = |target: &Target| target.name == DEFAULT_BIN && target.kind == ["bin"];
    if package.targets.iter().any(is_default) {
        return Ok(vec![candidate(Kind::Bin, DEFAULT_BIN, false)]);
    }
    if !package.dependencies.iter().any(|dependency| dependency.name == "testprog-harness") {
        return Ok(Vec::new());
    }
    let path = &package.manifest_path;
    let fail = |cause: String| format!("`{}`: {cause}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    let manifest: Manifest =
        toml::from_str(&text).map_err(|error| fail(error.message().to_owned()))?;
    let own = manifest.test.iter().filter(|test| test.harness == Some(false));
    Ok(own.filter_map(|test| Some(candidate(Kind::Test, test.name.as_ref()?, true))).collect())
}

/// Returns the arguments with which cargo builds the candidates.
pub(crate) fn words(args: &ChildArgs, candidates: &[Candidate]) -> Vec<String> {
    let mut words = cargo::build_words(args);
    let mut add = |word: &str, value: &str| {
        let pair = [word.to_owned(), value.to_owned()];
        if !words.windows(2).any(|known| known == pair) {
            words.extend(pair);
        }
    };
    for Candidate { package, target, .. } in candidates {
        add("--package", package);
        add(target.kind.flag(), &target.name);
    }
    words
}

/// Returns the programs among the executables whose paths cargo printed as JSON.
pub(crate) fn found(args: &ChildArgs, candidates: &[Candidate], stdout: &[u8]) -> Vec<Found> {
    let built = cargo::executables(stdout).into_iter().filter(|built| {
        candidates.iter().any(|candidate| {
            candidate.package == built.package
                && candidate.target == built.target
                && (!candidate.is_guess || cargo::has_note(&built.path))
        })
    });
    built.map(|built| cargo::found_in(built, args)).collect()
}
