//! Checks that the documentation agrees with the code on flags, report formats, exit statuses,
//! environment variables, capabilities, file paths and CI steps.
//!
//! The tests in `tests/docs/` run the documentation's code samples, and the script `.ci/docs`
//! checks the documentation's links.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use libtest_mimic::Trial;
use serde_json::Value;
use testprog_harness::{Capability, Target, capability};

use crate::documents::need_validator;
use crate::schema;
use crate::test_functions::{gated_trial, trials};

pub(crate) fn trials() -> Vec<Trial> {
    let mut all = trials![
        each_flag_of_the_help_is_documented,
        each_flag_in_a_table_is_in_the_help,
        each_flag_anywhere_belongs_to_a_known_program,
        the_formats_of_each_subcommand_are_documented,
        the_exit_statuses_are_documented,
        the_environment_of_a_child_is_documented,
        the_capabilities_are_documented,
        what_targets_may_lack_is_what_the_platform_table_says,
        each_path_in_the_documentation_exists,
        a_cfg_for_a_system_is_only_where_contributing_allows_it,
        a_condition_in_c_is_only_where_contributing_allows_it,
        contributing_names_each_check,
        the_rows_of_this_repository_are_documented,
        each_scenario_for_a_test_of_go_exists,
        each_probe_and_scenario_for_a_topic_exists,
    ];
    all.push(gated_trial!(the_example_of_a_matrix_follows_its_schema, need_validator));
    all
}

/// Returns the root folder of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    let read = fs::read_to_string(root().join(path));
    let text = read.unwrap_or_else(|error| panic!("failed to read `{path}`: {error}"));
    // Git on Windows may check out files with CRLF line endings.
    text.replace("\r\n", "\n")
}

/// Returns the paths of the files directly in `folder`, relative to the repository's root.
fn files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().is_file());
    let mut names: Vec<_> =
        files.map(|entry| format!("{folder}{}", entry.file_name().to_str().unwrap())).collect();
    names.sort();
    names
}

/// Returns the paths of the Markdown pages in the repository's root and in `docs/`.
fn pages() -> Vec<String> {
    let is_page = |name: &String| Path::new(name).extension().is_some_and(|it| it == "md");
    [files(""), files("docs/")].concat().into_iter().filter(is_page).collect()
}

/// Returns the texts between backticks on a line of Markdown.
fn code_spans(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// Returns the words of a text that are long or short flags, each without the flag's value.
fn flags(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let words = text.split(|c: char| c.is_whitespace() || "`\"'(),|[]".contains(c));
    words
        .map(|word| word.split(|c| !is_part(c)).next().unwrap_or_default())
        .filter(|word| match word.strip_prefix("--") {
            Some(name) => name.starts_with(|c: char| c.is_ascii_lowercase()),
            None => word.len() == 2 && word.starts_with('-') && word != &"--",
        })
        .map(str::to_owned)
        .collect()
}

/// Returns the flags that `--help` of a subcommand lists.
fn flags_of_help(subcommand: &str) -> BTreeSet<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"))
        .args([subcommand, "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    // A line of the help has a short flag, a long flag or both, and sometimes a description after
    // two spaces.
    let flags: BTreeSet<_> =
        lines.flat_map(|line| flags(line.split("  ").next().unwrap_or_default())).collect();
    assert!(flags.contains("--help"), "{help}");
    flags
}

const SUBCOMMANDS: [&str; 9] =
    ["run", "list", "about", "matrix", "merge", "compare", "port", "completions", "man"];
/// Subcommands without the flag `--format`.
const WITHOUT_FORMAT: [&str; 3] = ["about", "completions", "man"];

/// Returns the page that describes a subcommand.
fn page_of(subcommand: &str) -> &'static str {
    match subcommand {
        "port" => "docs/porting.md",
        "matrix" => "docs/matrix.md",
        _ => "docs/command.md",
    }
}

/// Returns the flags in the first column of the tables of a page.
fn flags_of_tables(page: &str) -> BTreeSet<String> {
    let text = read(page);
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `-"));
    rows.flat_map(|row| flags(&format!("-{}", row.split(" | ").next().unwrap_or_default())))
        .collect()
}

fn each_flag_of_the_help_is_documented() {
    for subcommand in SUBCOMMANDS {
        let page = page_of(subcommand);
        let mut documented = flags_of_tables(page);
        // `docs/command.md` describes these flags above its tables, for all subcommands.
        let everywhere = ["--color", "-h", "--help", "-V", "--version"].map(str::to_owned);
        let command = read("docs/command.md");
        assert!(everywhere.iter().all(|flag| command.contains(flag.as_str())));
        documented.extend(everywhere);
        if page == "docs/command.md" {
            // `docs/command.md` describes `merge --baseline` in prose, not in a table.
            documented.insert("--baseline".to_owned());
            assert!(command.contains("`merge --baseline REPORT`"));
        } else {
            // The tables of the other pages name `-o` without its long form `--output`.
            documented.insert("--output".to_owned());
        }
        let missing: Vec<_> = flags_of_help(subcommand).difference(&documented).cloned().collect();
        assert!(missing.is_empty(), "{page} lacks flags of `{subcommand}`: {missing:?}");
    }
}

fn each_flag_in_a_table_is_in_the_help() {
    for page in ["docs/command.md", "docs/porting.md", "docs/matrix.md"] {
        let known: BTreeSet<_> = SUBCOMMANDS
            .into_iter()
            .filter(|subcommand| page_of(subcommand) == page)
            .flat_map(flags_of_help)
            .collect();
        let wrong: Vec<_> = flags_of_tables(page).difference(&known).cloned().collect();
        assert!(wrong.is_empty(), "{page} has flags that no help lists: {wrong:?}");
    }
}

/// Flags in the documentation that belong to other programs, or to the protocol.
const FOREIGN_FLAGS: &[&str] = &[
    "--about",                  // the protocol
    "--add",                    // .ci/install.sh
    "--all",                    // cargo fmt
    "--all-features",           // cargo
    "--all-targets",            // cargo
    "--allow-dirty",            // cargo package
    "--args",                   // gdb
    "--batch",                  // gdb
    "--bench",                  // cargo
    "--cap-add",                // docker
    "--check",                  // cargo fmt
    "--config",                 // cargo
    "--dev",                    // cargo add
    "--document-private-items", // cargo doc
    "--error-exitcode",         // valgrind
    "--inclusive",              // callgrind_annotate
    "--judge",                  // the protocol
    "--lib",                    // cargo
    "--list",                   // a flag of the protocol and of libtest
    "--logfile",                // libtest
    "--long",                   // .ci/soundness
    "--no-deps",                // cargo doc
    "--nocapture",              // libtest
    "--no-verify",              // cargo package
    "--path",                   // cargo install
    "--print",                  // rustc
    "--quiet",                  // cargo package
    "--report-time",            // libtest
    "--shuffle-seed",           // libtest
    "--skip",                   // libtest
    "--sysroot",                // C compiler
    "--target-dir",             // cargo package
    "--test-threads",           // libtest
    "--testprog-child",         // a test executable of this library
    "--text",                   // cargo llvm-cov
    "--workspace",              // cargo
];

fn each_flag_anywhere_belongs_to_a_known_program() {
    let mut ours: BTreeSet<_> = SUBCOMMANDS.into_iter().flat_map(flags_of_help).collect();
    ours.insert("--version".to_owned());
    for page in pages() {
        let text = read(&page);
        let found = flags(&text).into_iter().filter(|flag| flag.starts_with("--"));
        let unknown: Vec<_> = found
            .filter(|flag| !ours.contains(flag) && !FOREIGN_FLAGS.contains(&flag.as_str()))
            .collect();
        assert!(unknown.is_empty(), "{page}: no program is known to have {unknown:?}");
    }
}

fn the_formats_of_each_subcommand_are_documented() {
    let text = read("docs/command.md");
    for subcommand in SUBCOMMANDS.into_iter().filter(|name| !WITHOUT_FORMAT.contains(name)) {
        let refused = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"))
            .args([subcommand, "--format", "no-such-format"])
            .output()
            .unwrap();
        let refused = String::from_utf8(refused.stderr).unwrap();
        let (_, values) = refused.split_once("[possible values: ").expect("clap lists them");
        let values: Vec<_> = values.split(']').next().unwrap().split(", ").collect();
        let name = format!("`{subcommand}`");
        let is_row = |line: &&str| {
            let first = line.split(" | ").next().unwrap_or_default();
            line.contains("`human`, `json`")
                && code_spans(first).contains(&&name[1..name.len() - 1])
        };
        let row = text.lines().find(is_row).expect("docs/command.md has a table of formats");
        let documented = code_spans(row.split(" | ").nth(1).unwrap_or_default());
        assert_eq!(documented, values, "{subcommand}");
    }
}

/// Checks that `docs/command.md` and `--help` describe each exit status in the same words.
fn the_exit_statuses_are_documented() {
    let help = Command::new(env!("CARGO_BIN_EXE_cargo-testprog")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, statuses) = help.split_once("Exit status:").expect("the help lists them");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = read("docs/command.md");
    let table = between(&page, "| status | means |", "\n\n");
    let documented = table.lines().skip(2).map(|row| row.trim_matches(['|', ' ']).replace('|', ""));
    assert_eq!(words(&documented.collect::<Vec<_>>().join(" ")), words(statuses));
}

/// Returns the part of `text` between `from` and `to`.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no `{from}`"));
    rest.split_once(to).unwrap_or_else(|| panic!("no `{to}` after `{from}`")).0
}

fn the_environment_of_a_child_is_documented() {
    let source = read("harness/src/spawn/environment.rs");
    let quoted = |text: &str| -> Vec<String> {
        text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let names = between(&source, "const NAMES: &[&str] = &[", "];");
    let mut passed_on = quoted(names);
    // The runner's source names some environment variables by constants of `protocol.rs`.
    let protocol = read("harness/src/protocol.rs");
    let constants = names.split([',', ' ', '\n']).filter(|word| word.ends_with("_ENV"));
    passed_on.extend(constants.map(|constant| {
        between(&protocol, &format!("pub const {constant}: &str = \""), "\"").to_owned()
    }));
    let prefixes = quoted(between(&source, "const PREFIXES: &[&str] = &[", "];"));
    passed_on.extend(prefixes.into_iter().map(|prefix| format!("{prefix}*")));
    let page = read("docs/protocol.md");
    let table = between(&page, "### The environment of a child", "\nThe runner sets");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let documented: BTreeSet<_> = rows
        .flat_map(|row| code_spans(row.split(" | ").next().unwrap_or_default()))
        .map(str::to_owned)
        .collect();
    assert_eq!(documented, passed_on.into_iter().collect());
}

fn the_capabilities_are_documented() {
    let page = read("docs/how-it-works.md");
    let rows = between(&page, "| capability |", "\n\n");
    let documented: BTreeSet<_> =
        rows.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let mut known: BTreeSet<_> = Capability::ALL.iter().map(Capability::name).collect();
    known.extend(CUSTOM);
    assert_eq!(documented, known);
}

/// Custom capabilities that `testprog/scenarios/` defines and that `docs/how-it-works.md`
/// describes.
const CUSTOM: [&str; 2] = ["attr-setstack", "fixed-bounds"];

/// Returns the capabilities that a target lacks according to the platform table.
fn lacks(triple: &str) -> BTreeSet<String> {
    let target = Target::from_triple(triple);
    let is_missing = |it: &&Capability| capability::missing(**it, &target).is_some();
    let missing = Capability::ALL.iter().filter(is_missing).map(Capability::name);
    missing.map(str::to_owned).collect()
}

/// Returns each target in the text of a YAML file, a TOML file or a page, together with the
/// capabilities that the target's `may-lack` lists.
fn rows(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut rows = Vec::new();
    let mut target = None;
    for line in text.lines() {
        // In a one-line YAML mapping, `- {` precedes the first key, so the code on the next line
        // removes `- {`.
        let line = line.trim().trim_start_matches(['-', ' ', '{']);
        for (separator, key) in [": ", " = "]
            .into_iter()
            .flat_map(|separator| ["target", "name", "may-lack"].map(|key| (separator, key)))
        {
            let at = |prefix: &str| line.find(&format!("{prefix}{key}{separator}"));
            let Some(start) =
                line.starts_with(&format!("{key}{separator}")).then_some(0).or(at(", "))
            else {
                continue;
            };
            let value = &line[line[start..].find(separator).unwrap() + start + separator.len()..];
            let value = match (value.strip_prefix('"'), value.strip_prefix('[')) {
                (Some(rest), _) => rest.split('"').next(),
                (_, Some(rest)) => rest.split(']').next(),
                _ => value.split([',', '}']).next(),
            };
            let value = value.unwrap_or_default().trim().to_owned();
            if key != "may-lack" {
                target = Some(value);
            } else if let Some(target) = &target {
                let names = value.split(',').map(|name| name.trim_matches([' ', '"']).to_owned());
                let names = names.filter(|name| !name.is_empty()).collect();
                rows.push((target.clone(), names));
            }
        }
    }
    rows
}

fn what_targets_may_lack_is_what_the_platform_table_says() {
    for (file, at_least) in [
        ("docs/ci.md", 4),
        ("docs/matrix.md", 1),
        ("docs/github-actions.yml", 0),
        ("docs/gitlab-ci.yml", 0),
    ] {
        let rows = rows(&read(file));
        let rows: Vec<_> =
            rows.iter().filter(|(_, names)| !names.contains("${{ matrix.may-lack }}")).collect();
        assert!(rows.len() >= at_least, "{file}: {rows:?}");
        for (target, names) in rows {
            assert_eq!(*names, lacks(target), "{file}: {target}");
        }
    }
}

/// Checks that the table of rows in `docs/matrix.md` and the example of a matrix have the rows of
/// `.ci/matrix.toml`, in the same order.
fn the_rows_of_this_repository_are_documented() {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"))
        .args(["matrix", ".ci/matrix.toml", "no such row"])
        .current_dir(root())
        .assert()
        .code(2)
        .get_output()
        .stderr
        .clone();
    let message = String::from_utf8(output).unwrap();
    let (_, names) = message.split_once("; the rows are ").expect("the message lists the rows");
    let rows: Vec<_> = names.trim().split(", ").map(|name| name.trim_matches('`')).collect();
    assert!(rows.len() >= 20, "{rows:?}");

    let page = read("docs/matrix.md");
    let (_, section) = page.split_once("## This repository's own").unwrap();
    let cell = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    assert_eq!(section.lines().filter_map(cell).collect::<Vec<_>>(), rows);

    let example: Value = serde_json::from_str(&read("docs/matrix-example.json")).unwrap();
    let names: Vec<_> = example["rows"].as_array().unwrap().iter().collect();
    assert_eq!(names.iter().map(|row| row["name"].as_str().unwrap()).collect::<Vec<_>>(), rows);
}

fn each_path_in_the_documentation_exists() {
    let is_path = |span: &&str| {
        let tops =
            ["harness/", "testprog/", "csrc/", "docs/", "tests/", ".ci/", ".github/", "examples/"];
        tops.iter().any(|top| span.starts_with(top))
            && span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
    };
    let mut seen = 0;
    for page in pages() {
        let text = read(&page);
        for path in text.lines().flat_map(code_spans).filter(is_path) {
            seen += 1;
            if path == "tests/crash.rs" {
                continue; // The page asks its reader to create this file.
            }
            // A path component in upper case, such as NAME, is a placeholder.
            let parts = path.split('/');
            let known =
                parts.take_while(|part| !part.starts_with(|c: char| c.is_ascii_uppercase()));
            let known = known.collect::<Vec<_>>().join("/");
            assert!(root().join(&known).exists(), "{page}: `{path}` does not exist");
        }
    }
    assert!(seen > 50, "{seen} paths");
}

/// Adds the paths of the files in `folder` and its subfolders whose extension is one of `kinds`.
fn collect(folder: &str, kinds: &[&str], paths: &mut Vec<String>) {
    paths.extend(files(folder).into_iter().filter(|name| {
        Path::new(name).extension().is_some_and(|kind| kinds.iter().any(|it| kind == *it))
    }));
    for entry in fs::read_dir(root().join(folder)).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            collect(&format!("{folder}{}/", entry.file_name().to_str().unwrap()), kinds, paths);
        }
    }
}

fn a_cfg_for_a_system_is_only_where_contributing_allows_it() {
    let text = read("CONTRIBUTING.md");
    let rule = between(&text, "- A `cfg` for a system or a processor is allowed in", "\n- ");
    let rule = rule.replace('\n', " ");
    let allowed: Vec<_> = code_spans(&rule)
        .into_iter()
        .filter(|path| path.contains('/') && !path.starts_with('.'))
        .collect();
    let mut sources = Vec::new();
    for folder in ["harness/src/", "harness/command/src/", "testprog/"] {
        collect(folder, &["rs"], &mut sources);
    }
    let mut used = BTreeSet::new();
    for source in sources.iter().filter(|path| !path.starts_with("testprog/bench/")) {
        let text = read(source);
        let is_about_a_system = |line: &&str| {
            let is_cfg = ["cfg(", "cfg_attr(", "cfg!("].iter().any(|word| line.contains(word));
            let words = ["unix", "windows", "target_"];
            is_cfg
                && !line.trim_start().starts_with("//")
                && words.iter().any(|it| line.contains(it))
        };
        let Some(line) = text.lines().find(is_about_a_system) else { continue };
        let place = allowed.iter().find(|place| source.starts_with(**place));
        used.insert(*place.unwrap_or_else(|| panic!("{source}: {line}")));
    }
    assert_eq!(used, allowed.into_iter().collect());
}

fn a_condition_in_c_is_only_where_contributing_allows_it() {
    let text = read("CONTRIBUTING.md");
    let rule = between(&text, "Other `#if` conditions are", ".\n\n- ").replace('\n', " ");
    let allowed: Vec<_> = code_spans(&rule);
    assert!(allowed.len() > 1, "{rule}");
    let mut sources = Vec::new();
    collect("csrc/", &["c", "h"], &mut sources);
    let mut used = BTreeSet::new();
    for source in &sources {
        let text = read(source);
        let is_of_its_own = |line: &&str| {
            let is_guard = line.starts_with("#ifndef ") && line.ends_with("_H");
            line.starts_with("#if") && !line.starts_with("#if HAVE_") && !is_guard
        };
        let Some(line) = text.lines().map(str::trim_start).find(is_of_its_own) else { continue };
        let place = allowed.iter().find(|place| source.starts_with(**place));
        used.insert(*place.unwrap_or_else(|| panic!("{source}: {line}")));
    }
    assert_eq!(used, allowed.into_iter().collect());
}

fn contributing_names_each_check() {
    let text = read("CONTRIBUTING.md");
    let steps = read(".ci/run");
    let steps = steps.lines().filter_map(|line| line.strip_prefix("step "));
    let steps: Vec<_> = steps
        .map(|step| step.split(" #").next().unwrap_or(step).trim())
        .map(|step| step.strip_prefix("env ").unwrap_or(step))
        // CONTRIBUTING.md need not name the step `install_wanted` of `.ci/run`, which prepares
        // other steps, or a `tar` command, which completes the step before the `tar` command.
        .filter(|step| *step != "install_wanted" && !step.starts_with("tar "))
        .collect();
    assert!(steps.len() > 10, "{steps:?}");
    for step in steps {
        assert!(text.contains(&format!("`{step}`")), "CONTRIBUTING.md lacks `{step}`");
    }
    let nightly = read(".ci/nightly");
    for step in nightly.lines().filter_map(|line| line.strip_prefix("step_")?.strip_suffix("() {"))
    {
        let command = format!("`.ci/nightly {step}`");
        assert!(text.contains(&command), "CONTRIBUTING.md lacks {command}");
    }
}

fn each_scenario_for_a_test_of_go_exists() {
    let page = read("docs/from-testprogcgo.md");
    let rows: Vec<Vec<_>> = page
        .lines()
        .filter(|line| line.starts_with("| `Test"))
        .map(|line| line.trim_matches(['|', ' ']).split(" | ").collect())
        .collect();
    let tests: BTreeSet<_> = rows.iter().map(|row| row[0]).collect();
    // The file `crash_cgo_test.go` of Go 1.27 has 49 tests.
    assert_eq!((rows.len(), tests.len()), (49, 49));
    let mut sources = Vec::new();
    collect("testprog/scenarios/", &["rs"], &mut sources);
    let in_tables = rows.iter().filter(|row| row.len() == 3).flat_map(|row| code_spans(row[1]));
    let (_, last) =
        page.split_once("\nNine more scenarios").expect("the page has a last paragraph");
    let in_last = code_spans(last).into_iter().filter(|name| name.contains('_'));
    let names: Vec<_> = in_tables.chain(in_last).collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        let file = format!("/{name}.rs");
        assert!(sources.iter().any(|path| path.ends_with(&file)), "no scenario `{name}`");
    }
}

fn each_probe_and_scenario_for_a_topic_exists() {
    let page = read("docs/porting.md");
    let (_, section) = page.split_once("\n## Where a topic is tested\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let rows: Vec<Vec<_>> =
        rows.map(|line| line.trim_matches(['|', ' ']).split(" | ").collect()).collect();
    assert!(rows.len() > 5, "{section}");
    let (mut probes, mut scenarios) = (Vec::new(), Vec::new());
    collect("csrc/probe/", &["c"], &mut probes);
    collect("testprog/scenarios/", &["rs"], &mut scenarios);
    let exists = |sources: &[String], file: String| {
        assert!(sources.iter().any(|path| path.ends_with(&file)), "no file `{file}`");
    };
    for row in rows {
        for name in code_spans(row[1]) {
            exists(&probes, format!("/{}.c", name.replace('-', "_")));
        }
        for name in code_spans(row[2]).into_iter().filter(|name| *name != "libc") {
            exists(&scenarios, format!("/{name}.rs"));
        }
    }
}

fn the_example_of_a_matrix_follows_its_schema() {
    let json = |path: &str| -> Value { serde_json::from_str(&read(path)).unwrap() };
    let example = json("docs/matrix-example.json");
    assert_eq!(schema::errors(&schema::read("matrix.schema.json"), &example), [""; 0]);
}
