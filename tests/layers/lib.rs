//! Checks that in every crate of the workspace, the modules do not import each other in a circle.
//!
//! A module imports another module if its source contains a path to the other module, in a `use`,
//! in code, or in the arguments of a macro. The check ignores test modules, since a test module
//! imports the modules that it tests.
//!
//! `cargo test -p testprog-layers` runs the check. If the check fails, its message lists the
//! imports that form the circle, one per line.

#[cfg(test)]
mod imports;
#[cfg(test)]
mod modules;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use crate::imports::circles;

    /// Returns the root file of every target in the workspace, including tests and build scripts.
    fn crate_roots() -> BTreeSet<PathBuf> {
        let cargo = std::env::var_os("CARGO").expect("cargo sets CARGO");
        let output = Command::new(cargo)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .expect("cargo is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
        list(&metadata["packages"])
            .iter()
            .flat_map(|package| list(&package["targets"]))
            .map(|target| PathBuf::from(target["src_path"].as_str().expect("it is a path")))
            .collect()
    }

    #[test]
    fn no_crate_of_the_workspace_has_a_circle() {
        let roots = crate_roots();
        let is_there = |end: &str| roots.iter().any(|root| root.ends_with(end));
        assert!(is_there("harness/src/lib.rs") && is_there("harness/command/src/main.rs"));
        assert!(is_there("testprog/main.rs") && is_there("build.rs"));
        let circles: Vec<_> = roots.iter().flat_map(|root| circles(root)).collect();
        assert!(circles.is_empty(), "\n{}", circles.join("\n\n"));
    }

    /// Writes the files of a crate to a temporary folder, and returns the circles of imports in the
    /// crate.
    fn check(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let circles = circles(&folder.path().join("lib.rs"));
        let prefix = format!("{}/", Path::new(folder.path()).display());
        circles.iter().map(|circle| circle.replace(&prefix, "")).collect()
    }

    #[test]
    fn a_child_that_imports_from_the_parent_that_calls_it_is_a_circle() {
        let files = [
            ("lib.rs", "mod a;\npub struct Error;\nfn f() { a::f() }"),
            ("a.rs", "use super::Error;\npub fn f() -> Error { Error }"),
        ];
        assert_eq!(
            check(&files),
            ["lib.rs:3: crate imports crate::a\na.rs:1: crate::a imports crate"]
        );
        // If the parent module does not call its child module, only the child imports the parent,
        // so there is no circle of imports.
        assert!(check(&[("lib.rs", "mod a;\npub struct Error;"), files[1]]).is_empty());
    }

    #[test]
    fn a_circle_is_found_however_long_it_is_and_wherever_a_path_stands() {
        for (how, found) in [
            ("use crate::c::{self, C};", true),
            ("use super::c as d;", true),
            ("fn f() { crate::c::g(); }", true),
            ("fn f(c: &super::c::C) {}", true),
            ("fn f() { println!(\"{}\", crate::c::C); }", true),
            ("pub use crate::c::*;", true),
            ("mod inner { use super::super::c::C; }", true),
            ("use crate::d::c;", false),
            ("#[cfg(test)]\nmod tests { use crate::c::C; }", false),
            ("#[cfg(test)]\nuse crate::c::C;", false),
            ("/// See [`crate::c::C`].\nstruct B;", false),
            ("pub(in crate::c) struct B;", false),
        ] {
            let circles = check(&[
                ("lib.rs", "mod a; mod b; mod c; mod d;"),
                ("a.rs", "use crate::b::f;"),
                ("b.rs", how),
                ("c/mod.rs", "mod e; use self::e::f;"),
                ("c/e.rs", "pub use super::super::a::f;"),
                ("d.rs", ""),
            ]);
            // The import in `b::inner` completes no cycle, since no module imports `b::inner`.
            let expected = usize::from(found && !how.starts_with("mod inner"));
            assert_eq!(circles.len(), expected, "{how}: {circles:?}");
        }
    }

    #[test]
    fn a_file_that_one_platform_alone_has_counts_too() {
        let circles = check(&[
            (
                "lib.rs",
                "#[cfg_attr(unix, path = \"unix.rs\")]\n#[cfg_attr(windows, path = \"windows.rs\")]\nmod system;\nmod a;",
            ),
            ("unix.rs", ""),
            ("windows.rs", "use crate::a::f;"),
            ("a.rs", "use crate::system::g;"),
        ]);
        assert_eq!(
            circles,
            [
                "a.rs:1: crate::a imports crate::system\nwindows.rs:1: crate::system imports crate::a"
            ]
        );
    }
}
