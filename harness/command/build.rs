//! Embeds the C files of `csrc/`, which `cargo testprog port` builds for targets without Rust, and
//! the doc comments of the scenarios, which `cargo testprog explain` prints.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    link_tests();
    embed(&folder("csrc", "csrc", "testprog.h"));
    explain(&folder("scenarios", "testprog/scenarios", "mod.rs"));
}

/// Links the tests at fixed addresses on Linux with glibc.
///
/// The tests start their own executable thousands of times, as a child and as a compiler. At fixed
/// addresses, the dynamic linker does not relocate about 50,000 addresses at each start, so a start
/// takes 1.9 ms of processor time instead of 2.7 ms.
fn link_tests() {
    let of_target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    // A sanitizer places its own memory around the memory of the executable.
    let is_sanitized = env::var_os("CARGO_CFG_SANITIZE").is_some();
    // Cargo refuses the flag in the published package, which has no tests.
    let tests = Path::new("../../tests/command");
    if of_target("OS") == "linux" && of_target("ENV") == "gnu" && !is_sanitized && tests.exists() {
        println!("cargo:rustc-link-arg-tests=-no-pie");
    }
}

/// Returns a folder of the checkout that this package embeds, and that contains `file`.
///
/// In a checkout, `link` in this package is a symbolic link to the folder `at_top` at the top of
/// the checkout. When Cargo packages this crate, Cargo replaces the symbolic link with a copy of
/// the folder. If git checked the link out as a plain file, on a system without symbolic links,
/// this function returns the folder at the top of the checkout.
///
/// # Panics
///
/// Panics if the folder is missing, so that a package without the folder does not build and is not
/// published.
fn folder(link: &str, at_top: &str, file: &str) -> PathBuf {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let candidates = [root.join(link), root.join("../..").join(at_top)];
    let found = candidates.into_iter().find(|folder| folder.join(file).exists());
    found.unwrap_or_else(|| panic!("failed to find `{link}`: the package does not contain it"))
}

/// Writes a Rust array to `OUT_DIR/stories.rs`, with the topic, the name and the doc comment of each
/// scenario.
fn explain(scenarios: &Path) {
    println!("cargo:rerun-if-changed={}", scenarios.display());
    let mut names = Vec::new();
    collect(scenarios, "", "rs", &mut names);
    names.sort();
    let mut text = String::from("[\n");
    for name in names {
        let Some((topic, file)) = name.split_once('/') else { continue };
        let Some(scenario) = file.strip_suffix(".rs").filter(|stem| *stem != "mod") else {
            continue;
        };
        let path = scenarios.join(&name);
        let source = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("failed to read `{}`: {error}", path.display()));
        if !source.contains("fn scenario(") {
            continue;
        }
        let comment = source.lines().map_while(|line| line.strip_prefix("//!"));
        let comment: Vec<_> = comment.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        writeln!(text, "({topic:?}, {scenario:?}, {:?}),", comment.join("\n"))
            .expect("writing to a String cannot fail");
    }
    write("stories.rs", text);
}

/// Writes a Rust array of the name and the content of each C file to `OUT_DIR/csrc.rs`.
fn embed(csrc: &Path) {
    println!("cargo:rerun-if-changed={}", csrc.display());
    let mut names = Vec::new();
    for extension in ["c", "h", "txt"] {
        collect(csrc, "", extension, &mut names);
    }
    names.sort();
    let mut text = String::from("[\n");
    for name in names {
        let path = csrc.join(&name);
        // The path is a raw string literal, because a path on Windows contains backslashes.
        writeln!(text, "({name:?}, include_str!(r#\"{}\"#)),", path.display())
            .expect("writing to a String cannot fail");
    }
    write("csrc.rs", text);
}

/// Writes a Rust array, whose text lacks the closing bracket, to a file in `OUT_DIR`.
fn write(file: &str, mut text: String) {
    text.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join(file), text).expect("OUT_DIR can be written");
}

/// Adds the path of each file below `folder` that has the extension to `names`, with `/` as
/// separator on every system.
fn collect(folder: &Path, prefix: &str, extension: &str, names: &mut Vec<String>) {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("failed to read `{}`: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder that was opened can be read").path();
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{file}");
        if name == "mutant" {
            // Only tests of the Rust child use the mutants (deliberately wrong functions) of the C
            // library.
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{name}/"), extension, names);
        } else if path.extension().is_some_and(|kind| kind == extension) {
            names.push(name);
        }
    }
}
