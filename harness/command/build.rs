//! Embeds the C files of `csrc/`, which `cargo testprog port` builds for targets without Rust.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    embed(&csrc());
}

/// Returns the folder of the C files.
///
/// In a checkout, `csrc` in this package is a symbolic link to the folder at the top of the
/// checkout. When Cargo packages this crate, it replaces the link with the folder. If git checked
/// the link out as a plain file, on a system without symbolic links, this function returns the
/// folder at the top of the checkout.
///
/// # Panics
///
/// Panics if the folder `csrc` is missing, so that a package without the C files does not build and
/// is not published.
fn csrc() -> PathBuf {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let candidates = [root.join("csrc"), root.join("../../csrc")];
    let is_it = |folder: &&PathBuf| folder.join("testprog.h").exists();
    candidates
        .iter()
        .find(is_it)
        .expect("failed to find `csrc`: the package has no C files")
        .clone()
}

/// Writes a Rust array of the name and the content of each C file to `OUT_DIR/csrc.rs`.
fn embed(csrc: &Path) {
    println!("cargo:rerun-if-changed={}", csrc.display());
    let mut names = Vec::new();
    collect(csrc, "", &mut names);
    names.sort();
    let mut text = String::from("[\n");
    for name in names {
        let path = csrc.join(&name);
        // The path is a raw string literal, because a path on Windows contains backslashes.
        writeln!(text, "({name:?}, include_str!(r#\"{}\"#)),", path.display())
            .expect("writing to a String cannot fail");
    }
    text.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("csrc.rs"), text).expect("OUT_DIR can be written");
}

/// Adds the path of each C file below `folder` to `names`, with `/` as separator on every system.
fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("failed to read `{}`: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder that was opened can be read").path();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{file}");
        if name == "mutant" {
            // The mutants of the C library are tests of the Rust child.
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{name}/"), names);
        } else if path.extension().is_some_and(|kind| kind == "c" || kind == "h" || kind == "txt") {
            names.push(name);
        }
    }
}
