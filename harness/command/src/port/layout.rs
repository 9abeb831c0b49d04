//! Writes a crate that compares the types of a C library with the Rust crate `libc`.
//!
//! The crate `libc` declares the types of each C library again. If a declaration differs from the C
//! library's header, Rust code reads and writes the wrong memory. On the computer that runs `port`,
//! Rust may not know the target yet, so `port` does not compile the crate that it writes.

use std::path::Path;

use super::sources;
use super::values::{Meter, Quantity};
use crate::error::Error;
use crate::run::probes::Layout;

/// Path of the file with the types to compare.
const LISTED: &str = "standalone/layout.txt";
/// Folder of the written crate in the directory of the port.
const FOLDER: &str = "libc-crate";

/// Type that the crate `libc` declares.
#[derive(Debug)]
struct Type {
    c: &'static str,
    rust: &'static str,
    /// Names of headers, separated by spaces.
    headers: &'static str,
    /// Name in C and in Rust of each member to compare.
    members: Vec<(&'static str, &'static str)>,
}

/// Number that must be the same in C and in Rust: a size, an alignment or an offset.
#[derive(Debug)]
struct Comparison {
    /// Name of the Rust constant that compares the number in C with the number in Rust.
    constant: String,
    in_c: String,
    in_rust: String,
    /// Names of headers, separated by spaces.
    headers: &'static str,
}

/// Measures the types, and writes the crate. Returns `None` if no type could be measured, or if the
/// run is interrupted.
pub(super) fn write(
    meter: &Meter<'_>,
    jobs: usize,
    target: Option<&str>,
) -> Result<Option<Layout>, Error> {
    let types = listed();
    let sizes: Vec<_> = types.iter().map(Type::size).collect();
    let sizes = measure(meter, "layout-sizes", jobs, sizes);
    // A C library may lack a type with many members, so only the members of known types are
    // measured.
    let known = sizes.iter().zip(&types).filter(|((_, number), _)| number.is_some());
    let details = known.flat_map(|(_, of)| of.details()).collect();
    let details = measure(meter, "layout", jobs, details);
    let all = || sizes.iter().chain(&details);
    let count = all().filter(|(_, number)| number.is_some()).count();
    if count == 0 {
        return Ok(None);
    }
    let text =
        all().fold(HEAD.to_owned(), |text, (comparison, number)| text + &comparison.line(*number));
    let folder = meter.directory.join(FOLDER);
    sources::write(&folder.join("src/lib.rs"), &text)?;
    sources::write(&folder.join("Cargo.toml"), MANIFEST)?;
    Ok(Some(Layout { count, command: command(&folder, target) }))
}

/// Measures the numbers in C, each of which is `None` if the C library does not have the type or
/// the member.
fn measure(
    meter: &Meter<'_>,
    stem: &str,
    jobs: usize,
    comparisons: Vec<Comparison>,
) -> Vec<(Comparison, Option<u64>)> {
    let quantities: Vec<_> = comparisons.iter().map(Comparison::quantity).collect();
    let numbers = meter.all(stem, jobs, &quantities).into_iter().map(|(_, number)| number);
    comparisons.into_iter().zip(numbers).collect()
}

/// Returns the command that compiles the crate in `folder`.
fn command(folder: &Path, target: Option<&str>) -> String {
    let manifest = folder.join("Cargo.toml");
    let manifest = manifest.to_string_lossy();
    let words = ["cargo", "check", "--manifest-path", &*manifest].into_iter();
    shell_words::join(words.chain(target.into_iter().flat_map(|target| ["--target", target])))
}

/// Returns the types to compare.
fn listed() -> Vec<Type> {
    let text = sources::read(LISTED).expect("the embedded files contain the list");
    // A name without `=` is the same in C and in Rust.
    let names = |words: &'static str| words.split_once('=').unwrap_or((words, words));
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let of_line = |line: &'static str| {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        let (c, rust) = names(next());
        Type {
            c,
            rust: rust.rsplit(' ').next().unwrap_or_default(),
            headers: next(),
            members: next().split_whitespace().map(names).collect(),
        }
    };
    lines.map(of_line).collect()
}

impl Type {
    fn size(&self) -> Comparison {
        let Self { c, rust, headers, .. } = self;
        Comparison {
            constant: format!("sizeof_{rust}"),
            in_c: format!("sizeof({c})"),
            in_rust: format!("size_of::<libc::{rust}>()"),
            headers,
        }
    }

    /// Returns the alignment, and the offset and the size of each member.
    fn details(&self) -> Vec<Comparison> {
        let Self { c, rust, headers, members } = self;
        let mut details = vec![Comparison {
            constant: format!("alignof_{rust}"),
            in_c: format!("_Alignof({c})"),
            in_rust: format!("align_of::<libc::{rust}>()"),
            headers,
        }];
        for (in_c, in_rust) in members {
            details.push(Comparison {
                constant: format!("offsetof_{rust}_{in_rust}"),
                in_c: format!("offsetof({c}, {in_c})"),
                in_rust: format!("offset_of!(libc::{rust}, {in_rust})"),
                headers,
            });
            details.push(Comparison {
                constant: format!("sizeof_{rust}_{in_rust}"),
                in_c: format!("sizeof((({c} *)0)->{in_c})"),
                in_rust: format!("size_of_member(|it: &libc::{rust}| &it.{in_rust})"),
                headers,
            });
        }
        details
    }
}

impl Comparison {
    fn quantity(&self) -> Quantity {
        Quantity {
            name: self.constant.clone(),
            headers: format!("stddef.h {}", self.headers),
            code: format!("value = {};", self.in_c),
        }
    }

    /// Returns the line of Rust code that compares the number in C with the number in Rust.
    fn line(&self, number: Option<u64>) -> String {
        let Self { constant, in_c, in_rust, .. } = self;
        match number {
            Some(number) => format!("const {constant}: [(); {number}] = [(); {in_rust}];\n"),
            None => format!("// The C library has no {in_c}.\n"),
        }
    }
}

/// Manifest of the crate. The table `workspace` makes the crate independent of a workspace whose
/// folder contains the crate.
const MANIFEST: &str = "\
[package]
name = \"libc-crate\"
version = \"0.0.0\"
edition = \"2021\"
publish = false

[dependencies]
libc = { version = \"0.2\", default-features = false }

[workspace]
";

/// Beginning of the crate's source.
const HEAD: &str = "\
//! Compares the types of a C library with the declarations of the crate `libc`. This file was
//! written by `cargo testprog port`.
//!
//! This crate compiles if the declarations agree with the C library. If a declaration differs, the
//! compiler's error shows the line of the type. The expected size of the array is the number in C,
//! and the size that the compiler found is the number in the crate `libc`.
#![no_std]
#![allow(dead_code, deprecated, non_upper_case_globals)]

use core::mem::{align_of, offset_of, size_of};

const fn size_of_member<T, M>(_: fn(&T) -> &M) -> usize {
    size_of::<M>()
}

";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listed_type_is_complete() {
        for Type { c, rust, headers, members } in listed() {
            assert!(
                headers.split(' ').all(|header| header.split_once('.').is_some()),
                "{c}: {headers}"
            );
            let names = members.iter().map(|(_, in_rust)| in_rust).chain([&rust]);
            let is_name = |name: &&str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
            assert!(names.clone().all(|name| is_name(name) && !name.is_empty()), "{c}");
        }
    }
}
