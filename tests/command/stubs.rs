//! Checks that each probe fails with a wrong implementation of its capability, a *stub*, and that
//! the page docs/probes.md lists the probes and their stubs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, thread};

use assert_cmd::Command;
use libtest_mimic::{Failed, Trial};

/// Longest time that a probe with a stub may take. A probe without a stub ends within milliseconds.
const DEADLINE: Duration = Duration::from_secs(60);

/// A wrong implementation of the capability that a probe tests.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stub {
    /// Name of the probe's file without the extension.
    probe: String,
    /// Number of the stub among the stubs of the probe, from 1.
    number: u32,
    /// Description of what the implementation does wrong.
    wrong: String,
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("stubs::the_page_lists_every_probe_and_its_stubs", || {
        page_is_current().map_err(Failed::from)
    })]
}

/// Returns a path below the top of the repository.
fn top(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Returns the stubs that the lines `STUB(...)` of the C files declare. Several lines may declare
/// one stub, which replaces several functions.
fn declared() -> BTreeSet<Stub> {
    let mut stubs = BTreeSet::new();
    for path in c_files(&top("tests/command/stubs")) {
        let text = fs::read_to_string(&path).expect("the file can be read");
        for line in text.lines() {
            let Some((probe, rest)) =
                line.strip_prefix("STUB(").and_then(|line| line.split_once(", "))
            else {
                continue;
            };
            let (number, rest) = rest.split_once(", \"").expect("the number comes second");
            let (wrong, _) = rest.split_once('"').expect("the words come third");
            stubs.insert(Stub {
                probe: probe.to_owned(),
                number: number.parse().expect("the number is a number"),
                wrong: wrong.to_owned(),
            });
        }
    }
    stubs
}

/// Returns the paths of the C files in a folder, in the order of their names.
fn c_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|kind| kind == "c")).collect();
    paths.sort();
    paths
}

/// Returns the paths of the probes by area and name.
pub(crate) fn probes() -> BTreeMap<(String, String), PathBuf> {
    let text = |path: &Path| path.to_str().expect("the path is UTF-8").to_owned();
    let areas = fs::read_dir(top("csrc/probe")).expect("the folder can be read");
    let areas = areas.map(|entry| entry.expect("the folder can be read").path());
    let mut probes = BTreeMap::new();
    for folder in areas.filter(|path| path.is_dir()) {
        let area = text(folder.file_name().expect("the folder has a name").as_ref());
        for path in c_files(&folder) {
            let name = text(path.file_stem().expect("the file has a name").as_ref());
            // A name such as `shared_object.so` belongs to a shared object that a probe opens.
            if !name.contains('.') {
                probes.insert((area.clone(), name), path);
            }
        }
    }
    probes
}

/// Checks that every probe that was built in `directory` has a stub, and fails with each of its
/// stubs.
pub(crate) fn each_fails(directory: &Path) {
    let stubs = declared();
    let without: Vec<_> = probes()
        .into_keys()
        .filter(|(_, probe)| !stubs.iter().any(|stub| stub.probe == *probe))
        .collect();
    assert_eq!(without, [], "probes without a stub in tests/command/stubs");
    let library = directory.join("stubs.so");
    let compile = Command::new("gcc")
        .args(["-shared", "-fPIC", "-O0", "-o"])
        .arg(&library)
        .args(c_files(&top("tests/command/stubs")))
        .ok();
    compile.expect("the stubs compile");
    let areas: BTreeMap<_, _> = probes().into_keys().map(|(area, probe)| (probe, area)).collect();
    // No stub has this number, so this probe must hold.
    let clock = directory.join("csrc/probe/time/clock.exe");
    assert!(holds(&clock, &library, u32::MAX), "a probe without a stub holds");
    // With some stubs, a probe waits until its deadline, so all probes run at the same time.
    let held: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = stubs
            .iter()
            .map(|stub| {
                let area =
                    areas.get(&stub.probe).unwrap_or_else(|| panic!("no probe for {stub:?}"));
                let executable = directory.join(format!("csrc/probe/{area}/{}.exe", stub.probe));
                let library = &library;
                scope.spawn(move || holds(&executable, library, stub.number).then_some(stub))
            })
            .collect();
        runs.into_iter().filter_map(|run| run.join().expect("the thread ends")).collect()
    });
    assert!(held.is_empty(), "probes that hold with a wrong implementation: {held:?}");
}

/// Returns whether a probe prints that its checks held, as `cargo testprog port` decides.
fn holds(executable: &Path, library: &Path, number: u32) -> bool {
    let mut command = Command::new(executable);
    command.env("LD_PRELOAD", library).env("TESTPROG_STUB", number.to_string()).timeout(DEADLINE);
    let output = command.output().expect("the probe starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let said = |words: &str| out.lines().any(|line| line.starts_with(words));
    !err.contains("check failed: ")
        && (said("held (") || said("held if status 0 (") && output.status.success())
}

/// Checks that docs/probes.md agrees with the C files. If the environment variable
/// `TESTPROG_WRITE_PAGES` is set, this function writes the page instead.
fn page_is_current() -> Result<(), String> {
    let path = top("docs/probes.md");
    let (page, wanted) = (fs::read_to_string(&path).unwrap_or_default(), page());
    if env::var_os("TESTPROG_WRITE_PAGES").is_some() {
        return fs::write(&path, wanted).map_err(|error| error.to_string());
    }
    if page == wanted {
        return Ok(());
    }
    Err("docs/probes.md differs from the C files: write the page with TESTPROG_WRITE_PAGES=1"
        .to_owned())
}

fn page() -> String {
    let stubs = declared();
    let mut text = String::from(HEAD);
    let mut last = String::new();
    for ((area, probe), path) in probes() {
        if area != last {
            write!(
                text,
                "\n## {area}\n\n| probe | checks | wrong implementations |\n|---|---|---|\n"
            )
            .expect("writing to a String cannot fail");
            last.clone_from(&area);
        }
        let source = fs::read_to_string(&path).expect("the file can be read");
        let wrong: Vec<_> =
            stubs.iter().filter(|stub| stub.probe == probe).map(|stub| &*stub.wrong).collect();
        writeln!(
            text,
            "| [{}](../csrc/probe/{area}/{probe}.c) | {} | {} |",
            probe.replace('_', "-"),
            literal(&checks(&source)),
            literal(&wrong.join("; "))
        )
        .expect("writing to a String cannot fail");
    }
    text
}

/// Returns the first sentence of the comment at the beginning of a probe's file, without the words
/// that all of these sentences begin with.
fn checks(source: &str) -> String {
    let comment = source.strip_prefix("/*").and_then(|rest| rest.split_once("*/"));
    let (comment, _) = comment.expect("the file begins with a comment");
    let lines = comment.lines().map(|line| line.trim().trim_start_matches("* ").trim());
    let text = lines.collect::<Vec<_>>().join(" ");
    let sentence = text.trim().split_once(". ").map_or(text.trim(), |(first, _)| first);
    let sentence = sentence.trim_end_matches('.');
    sentence.strip_prefix("Checks ").unwrap_or(sentence).to_owned()
}

/// Returns Markdown for a table cell that shows the text literally.
fn literal(text: &str) -> String {
    let special = |c: char| ['_', '*', '|', '<', '`', '['].contains(&c);
    let escaped = text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c]));
    escaped.collect()
}

/// Beginning of the page docs/probes.md.
const HEAD: &str = "\
# The probes

This page lists the probes of `cargo testprog port`, by area. The page [Porting a C
library](porting.md) explains what a probe is. A test generates this page from the C files, and
checks that the page is current.

For each probe, the third column lists wrong implementations, each of which makes the probe fail. A
wrong implementation replaces functions of the C library, and is in `tests/command/stubs`. A test
runs each probe with each of its wrong implementations.
";
