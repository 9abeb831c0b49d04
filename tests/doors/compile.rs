//! Tests of the compiler's messages about a wrong test target and about wrong arguments.
//!
//! The crate trybuild has no case that is compiled with `--test` or without a feature, and compares
//! whole messages, whose other lines differ between versions of the compiler. The tests of this file
//! compile a case by one call of rustc, with the library that Cargo has already built.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Trial;
use testprog_harness::Target;

use crate::build::{built, clean};
use crate::lines::{Ran, contains, ran, run};
use crate::test_functions::trials;
use crate::trial::scratch::scratch;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        the_compiler_refuses_main_with_its_own_harness,
        test_functions_beside_main_fail_the_target,
        the_compiler_names_the_type_that_a_scenario_cannot_have,
        the_compiler_names_what_main_and_in_child_accept,
        the_compiler_shows_how_a_macro_is_called,
        the_compiler_names_what_a_scenario_needs,
        the_compiler_names_the_missing_feature,
    ]
}

/// Compiles a file in `messages/` as Cargo compiles a test target with `harness = false`, and returns
/// the path of the executable.
fn compile(name: &str, library: &Path, flags: &[&str]) -> (Ran, PathBuf) {
    let file = Path::new("tests/doors/messages").join(name).with_extension("rs");
    let (folder, output) = (library.parent().unwrap(), scratch(name));
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    clean(&mut rustc).current_dir(env!("CARGO_MANIFEST_DIR")).arg(file).arg("-o").arg(&output);
    rustc.args(["--edition=2024", "--cfg=test"]);
    rustc.args(env::var("RUSTFLAGS").unwrap_or_default().split_whitespace());
    // Cargo builds this library for the target, but builds the library of the build script for this
    // computer.
    if library == built().library {
        rustc.args(["--target", Target::TRIPLE]);
    }
    rustc.env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"));
    rustc.args(flags).arg("-L").arg(format!("dependency={}", folder.display()));
    let deps = folder.join("deps");
    rustc.arg("-L").arg(format!("dependency={}", deps.display()));
    rustc.arg("--extern").arg(format!("testprog_harness={}", library.display()));
    (ran(&mut rustc), output)
}

fn refused(name: &str, flags: &[&str]) -> String {
    let (compiled, _) = compile(name, &built().library, &[flags, &["--emit=metadata"]].concat());
    compiled.ends_with(1).stderr
}

fn the_compiler_refuses_main_with_its_own_harness() {
    let says = refused("built_in_harness", &["--test"]);
    let message = "error: the `main` of tests/doors/messages/built_in_harness.rs would never run, because this test target uses the compiler's test harness; add `harness = false` to the `[[test]]` entry of this file in Cargo.toml\n";
    assert!(says.starts_with(message), "{says}");
    contains(&says, &["error: aborting due to 1 previous error"]);
}

fn test_functions_beside_main_fail_the_target() {
    let (compiled, path) = compile("test_functions", &built().library, &[]);
    assert_eq!(compiled.ends_with(0).stderr, "");
    for words in [&[][..], &["--list"], &["passes"]] {
        let ran = run(&path, words, &[]).ends_with(2);
        assert_eq!(ran.stdout, "");
        assert_eq!(
            ran.stderr,
            "failed to run `tests/doors/messages/test_functions.rs`: `harness = false` removes its #[test] functions, so they would never run: `never_runs` (line 3), `never_runs_either` (line 9); move them to another file, or turn them into scenarios\n"
        );
    }
    assert_eq!(run(&path, &["--testprog-child", "passes"], &[]).ends_with(0).stdout, "OK\n");
}

fn the_compiler_names_the_type_that_a_scenario_cannot_have() {
    contains(
        &refused("wrong_result", &[]),
        &[
            "a scenario cannot return `{integer}`",
            "expected `()`, or `Result<(), E>` with an `E` that implements `Display`",
        ],
    );
    contains(
        &refused("wrong_argument", &[]),
        &["closure is expected to take 0 arguments, but it takes 1 argument"],
    );
    contains(
        &refused("borrows", &[]),
        &["closure may outlive the current function", "use the `move` keyword"],
    );
}

fn the_compiler_names_what_main_and_in_child_accept() {
    contains(
        &refused("wrong_cases", &[]),
        &["`main!` cannot run a `&", "expected an array or a `Vec` of `Scenario`, or a `Program`"],
    );
    contains(&refused("wrong_block", &[]), &["a scenario cannot return `{integer}`"]);
    contains(&refused("wrong_expectation", &[]), &["the trait bound `Scenario: From<{integer}>`"]);
}

fn the_compiler_shows_how_a_macro_is_called() {
    let error = |text| format!("error: {text}\n");
    for name in ["block_is_a_closure", "block_without_braces", "no_block"] {
        let says = refused(name, &[]);
        let message = error(
            "`in_child!` takes a block in braces, after an expectation or a scenario: in_child!(Expectation::aborts(), { std::process::abort() })",
        );
        assert!(says.starts_with(&message), "{says}");
        contains(&says, &["error: aborting due to 1 previous error"]);
    }
    for name in ["no_cases", "scenarios_without_brackets"] {
        let says = refused(name, &[]);
        let message = error(
            "`main!` takes an array or a `Vec` of scenarios, or a program, and after it a closure for the settings: main!(scenarios(), |settings| settings.strict = true)",
        );
        assert!(says.starts_with(&message), "{says}");
        contains(&says, &["error: aborting due to 1 previous error"]);
    }
}

fn the_compiler_names_what_a_scenario_needs() {
    contains(&refused("no_closure", &[]), &["expected a `Fn()` closure, found `{integer}`"]);
    contains(&refused("not_sent", &[]), &["`Rc<i32>` cannot be sent between threads safely"]);
    contains(&refused("no_signal", &[]), &["the trait bound `Vec<Signal>: From<&str>`"]);
}

fn the_compiler_names_the_missing_feature() {
    let flags = ["--emit=metadata"];
    let (compiled, _) = compile("built_in_harness", &built().bare_library, &flags);
    let message = "error: `testprog_harness::main!` needs the feature `libtest` of testprog-harness: cargo add --dev testprog-harness --features libtest\n";
    let says = compiled.ends_with(1).stderr;
    assert!(says.starts_with(message), "{says}");
}
