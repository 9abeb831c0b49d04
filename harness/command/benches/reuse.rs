//! Lets cargo-nextest run an executable that Cargo did not build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::{Value, json};

const PACKAGE: &str = r#"[package]
name = "reuse"
version = "0.0.0"
edition = "2024"

[workspace]
"#;

/// Writes two files into `folder`, with which cargo-nextest runs `test` as the only test executable
/// of a package without dependencies.
///
/// The files are the values of `--cargo-metadata` and `--binaries-metadata`. The metadata of this
/// repository's workspace would name the dependencies for every system, which Cargo may not have
/// downloaded.
pub(crate) fn write(folder: &Path, test: &Path) -> [PathBuf; 2] {
    let package = folder.join("package");
    fs::create_dir_all(package.join("src")).expect("the folder can be written");
    fs::write(package.join("Cargo.toml"), PACKAGE).expect("the folder can be written");
    fs::write(package.join("src/lib.rs"), "").expect("the folder can be written");
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--format-version", "1", "--offline"]).current_dir(&package);
    let output = command.output().expect("cargo runs this program");
    let all: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let binary = json!({
        "binary-id": "reuse::test",
        "binary-name": "test",
        "package-id": all["packages"][0]["id"],
        "kind": "test",
        "binary-path": test,
        "build-platform": "target",
    });
    let build = json!({
        "target-directory": all["target_directory"],
        "base-output-directories": [],
        "non-test-binaries": {},
        "build-script-out-dirs": {},
        "linked-paths": [],
        "target-platforms": [],
        "target-platform": null,
    });
    let binaries = json!({ "rust-build-meta": build, "rust-binaries": { "reuse::test": binary } });
    let files = files(folder);
    fs::write(&files[0], &output.stdout).expect("the folder can be written");
    fs::write(&files[1], binaries.to_string()).expect("the folder can be written");
    files
}

/// Returns the paths of the files that [`write`] writes into `folder`.
pub(crate) fn files(folder: &Path) -> [PathBuf; 2] {
    ["cargo.json", "binaries.json"].map(|name| folder.join(name))
}
