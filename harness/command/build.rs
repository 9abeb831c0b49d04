//! Embeds the C files, which `cargo testprog port` builds for targets without Rust.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    embed(&csrc());
}

/// Returns the folder of the C files.
///
/// In a checkout `csrc` is a link, which Cargo turns into the folder itself when it packages this crate. Where a system has
/// no links it is some other file, and the folder is at the top of the checkout.
///
/// # Panics
///
/// Where the folder is not there, so that a package without it cannot be built, and so not be published.
fn csrc() -> PathBuf {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let candidates = [root.join("csrc"), root.join("../../csrc")];
    let is_it = |folder: &&PathBuf| folder.join("testprog.h").exists();
    candidates.iter().find(is_it).expect("failed to find `csrc`: the package is not whole").clone()
}

/// Writes a Rust file with the name and the content of each C file.
fn embed(csrc: &Path) {
    println!("cargo:rerun-if-changed={}", csrc.display());
    let mut names = Vec::new();
    collect(csrc, "", &mut names);
    names.sort();
    let mut text = String::from("[\n");
    for name in names {
        let path = csrc.join(&name);
        // Raw, since the parts of a path on Windows are separated by backslashes.
        writeln!(text, "({name:?}, include_str!(r#\"{}\"#)),", path.display())
            .expect("it is a String");
    }
    text.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("csrc.rs"), text).expect("OUT_DIR can be written");
}

/// Adds the names of the files in a folder and below, with `/` between their parts on every system.
fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("failed to read `{}`: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder that was opened can be read").path();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{file}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), names);
        } else if path.extension().is_some_and(|kind| kind == "c" || kind == "h" || kind == "txt") {
            names.push(name);
        }
    }
}
