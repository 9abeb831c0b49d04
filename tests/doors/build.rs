//! Builds the executables that the tests run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use testprog_harness::Target;

/// Paths of the files that Cargo has built.
pub(crate) struct Built {
    /// Path of the executable that Cargo has built from `cases.rs`.
    pub(crate) cases: PathBuf,
    /// Path of the executable that Cargo has built from `blocks.rs`.
    pub(crate) blocks: PathBuf,
    /// Path of the library file of testprog-harness with the feature `libtest`.
    pub(crate) library: PathBuf,
    /// Path of the library file of testprog-harness without features, which a build script links.
    pub(crate) bare_library: PathBuf,
}

/// Builds the executables once per process, and returns their paths.
pub(crate) fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(build)
}

fn build() -> Built {
    let messages = messages(cargo(&["test"]).arg("--no-run"));
    // Cargo builds the library for the tests only with the feature `libtest`.
    let bare = messages_of_library();
    let executable = |target: &str| {
        let mut named = messages.iter().filter(|message| message["target"]["name"] == target);
        PathBuf::from(named.find_map(|message| message["executable"].as_str()).unwrap())
    };
    let library = |messages: &[Value], has_libtest: bool| {
        let mut files = messages.iter().filter_map(|message| {
            let is_it = message["target"]["name"] == "testprog_harness";
            let features = message["features"].as_array().filter(|_| is_it)?;
            let is_on = features.iter().any(|name| name == "libtest");
            message["filenames"][0].as_str().filter(|_| is_on == has_libtest)
        });
        PathBuf::from(files.next().unwrap())
    };
    Built {
        cases: executable("doors_cases"),
        blocks: executable("doors_blocks"),
        library: library(&messages, true),
        bare_library: library(&bare, false),
    }
}

/// Builds the library without features, and returns the messages of Cargo.
fn messages_of_library() -> Vec<Value> {
    messages(&mut cargo_with(&["build", "-p", "testprog-harness"]))
}

/// Runs a command of Cargo, which must succeed, and returns the messages of Cargo.
fn messages(cargo: &mut Command) -> Vec<Value> {
    let output = cargo.args(["--quiet", "--message-format=json"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}{text}");
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Returns a command of Cargo for the two test targets, with the profile, the target and the target
/// folder of this executable.
pub(crate) fn cargo(subcommand: &[&str]) -> Command {
    let mut cargo = cargo_with(subcommand);
    cargo.args(["--test", "doors_cases", "--test", "doors_blocks"]);
    cargo
}

/// Returns a command of Cargo with the profile, the target and the target folder of this executable.
fn cargo_with(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    clean(&mut cargo).current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).arg("--offline");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    cargo.arg("--target-dir").arg(folder);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let this = env::current_exe().unwrap();
    if this.iter().any(|part| part == Target::TRIPLE) {
        cargo.args(["--target", Target::TRIPLE]);
    }
    cargo
}

/// Removes the environment variables that change how tests run from the environment of a command.
pub(crate) fn clean(command: &mut Command) -> &mut Command {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in names {
        let prefixes = ["TESTPROG_", "NEXTEST", "RUST_TEST_", "RUST_BACKTRACE", "RUST_LIB_"];
        if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}
