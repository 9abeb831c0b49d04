//! Generates and checks `docs/mutants.md`, the table of all scenarios and all mutants.
//!
//! With the environment variable `TESTPROG_MUTANT_TABLE` set to `check`, a trial runs every scenario under
//! every mutant, which takes minutes, and compares the results with the page. With the value
//! `write`, the trial writes the page, and with the value `add`, the trial adds the scenarios and the
//! mutants that the page lacks. Without the variable, a trial compares the page only with the mutants
//! that the scenarios name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, fs, thread};

use libtest_mimic::{Completion, Failed, Trial};
use testprog_harness::suite::Settings;
use testprog_harness::verdict::judge;
use testprog_harness::{Case, Suite, Verdict};

use crate::libc::{self, CAN_PRELOAD, Objects};

/// Environment variable that asks for the whole table.
const VARIABLE: &str = "TESTPROG_MUTANT_TABLE";
/// The page that contains the table.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/mutants.md");
/// Deadline of a case under a mutant that the case does not name. A case may hang under a mutant
/// that the case does not name, so the deadline is short.
const DEADLINE: Duration = Duration::from_secs(5);
/// Number of times that each scenario runs under each mutant when the page is written. The results
/// of the runs can differ, for instance because the mutant is a race.
const RUNS: usize = 2;

/// Returns the trials about the table.
pub(super) fn trials(suite: &Arc<Suite>, mutants: &[String]) -> Vec<Trial> {
    let (all, known) = (Arc::clone(suite), mutants.to_vec());
    let named = Trial::test("the_table_has_every_scenario_and_every_mutant", move || {
        agrees_with_the_listing(&all, &known)
    });
    let (all, known) = (Arc::clone(suite), mutants.to_vec());
    let is_wanted = env::var_os(VARIABLE).is_some();
    let whole = Trial::ignorable_test("the_table_is_as_the_runs_are", move || whole(&all, &known));
    vec![named, whole.with_ignored_flag(!is_wanted)]
}

/// Results of the scenarios under one mutant.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    /// Names of the scenarios that fail under the mutant.
    fail: BTreeSet<String>,
    /// Names of the scenarios that fail under the mutant in some runs only.
    vary: BTreeSet<String>,
}

/// The table: a row for each mutant.
type Table = BTreeMap<String, Row>;

/// Checks that the page names every mutant and every scenario that can run here, and that each
/// scenario fails under the mutants that it names.
fn agrees_with_the_listing(suite: &Suite, mutants: &[String]) -> Result<(), Failed> {
    let page = read()?;
    let mut wrong = Vec::new();
    for mutant in mutants.iter().filter(|mutant| !page.contains_key(*mutant)) {
        wrong.push(format!("the page lacks the mutant `{mutant}`"));
    }
    for mutant in page.keys().filter(|mutant| !mutants.contains(mutant)) {
        wrong.push(format!("the page has the mutant `{mutant}`, which no scenario names"));
    }
    for case in &suite.cases {
        for mutant in &case.mutants {
            let is_in = page
                .get(&mutant.name)
                .is_none_or(|row| row.fail.contains(&case.name) || row.vary.contains(&case.name));
            if !is_in {
                wrong.push(format!("the page lacks `{}` under `{}`", case.name, mutant.name));
            }
        }
    }
    let names: BTreeSet<_> = suite.cases.iter().map(|case| &case.name).collect();
    for name in page.values().flat_map(|row| row.fail.iter().chain(&row.vary)) {
        if !names.contains(name) {
            wrong.push(format!("the page has the scenario `{name}`, which does not exist"));
        }
    }
    done(&wrong)
}

/// Runs every scenario under every mutant, and writes or checks the page.
fn whole(suite: &Suite, mutants: &[String]) -> Result<Completion, Failed> {
    if !CAN_PRELOAD {
        return Ok(Completion::ignored_with("the page has the results of Linux with glibc"));
    }
    match env::var(VARIABLE).as_deref() {
        Ok("write") => {
            let found = run_all(suite, mutants, &|_, _| RUNS)?;
            fs::write(PAGE, page(suite, &found)?)?;
            return Ok(Completion::Completed);
        }
        Ok("add") => {
            let (mut known, scenarios) = (read()?, scenarios()?);
            let is_known =
                |mutant: &str, case: &str| known.contains_key(mutant) && scenarios.contains(case);
            let runs = |mutant: &str, case: &str| if is_known(mutant, case) { 0 } else { RUNS };
            let found = run_all(suite, mutants, &runs)?;
            for (mutant, row) in found {
                let known = known.entry(mutant).or_default();
                known.fail.extend(row.fail);
                known.vary.extend(row.vary);
            }
            fs::write(PAGE, page(suite, &known)?)?;
            return Ok(Completion::Completed);
        }
        _ => {}
    }
    let found = run_all(suite, mutants, &|_, _| 1)?;
    let page = read()?;
    let mut wrong = Vec::new();
    for (mutant, row) in &found {
        let known = page.get(mutant).ok_or_else(|| format!("the page lacks `{mutant}`"))?;
        for case in row.fail.difference(&known.fail).filter(|name| !known.vary.contains(*name)) {
            wrong.push(format!("`{case}` fails under `{mutant}`, and passes in the page"));
        }
        for case in known.fail.difference(&row.fail) {
            wrong.push(format!("`{case}` passes under `{mutant}`, and fails in the page"));
        }
    }
    done(&wrong).map(|()| Completion::Completed)
}

fn done(wrong: &[String]) -> Result<(), Failed> {
    if wrong.is_empty() {
        return Ok(());
    }
    let hint =
        format!("`{VARIABLE}=add cargo test --test mutants table` adds what docs/mutants.md lacks");
    Err(format!("{}\n{hint}", wrong.join("\n")).into())
}

/// Returns whether the table shows the results of a scenario under a mutant. A scenario with a known
/// bug may fail under every mutant because of the bug, so the table shows only the results under the
/// mutants that the scenario names.
fn is_in_table(case: &Case, mutant: &str) -> bool {
    case.known_bug.is_none() || case.mutants.iter().any(|named| named.name == mutant)
}

/// Runs every scenario under every mutant, each as many times as `runs` returns for the names of the
/// mutant and of the scenario.
fn run_all(
    suite: &Suite,
    mutants: &[String],
    runs: &(dyn Fn(&str, &str) -> usize + Sync),
) -> Result<Table, Failed> {
    let objects = Objects::new()?;
    let mut cells = Vec::new();
    for mutant in mutants {
        let mut settings = Settings::default();
        settings.mutant = Some(mutant.clone());
        settings.deadline = DEADLINE;
        settings.env.extend(objects.preload(mutant)?);
        let settings = Arc::new(settings);
        for case in suite.cases.iter().filter(|case| is_in_table(case, mutant)) {
            let mut case = case.clone();
            case.known_bug = None;
            case.deadline = case.deadline.map(|deadline| deadline.min(DEADLINE));
            cells.push((mutant, case, Arc::clone(&settings)));
        }
    }
    let (next, table) = (AtomicUsize::new(0), Mutex::new(Table::new()));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((mutant, case, settings)) =
                    cells.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let fails = |_| {
                        let trial = suite.run(case, settings);
                        let outcome = trial.outcome.as_ref();
                        let verdict = outcome.map(|it| judge(case, it, settings.deadline));
                        matches!(verdict, Some(Verdict::Fail(_) | Verdict::Leak))
                    };
                    let runs = runs(mutant, &case.name);
                    let failures = (0..runs).map(fails).filter(|fails| *fails).count();
                    let mut table = table.lock().expect("no thread panics with the lock");
                    let row = table.entry((*mutant).clone()).or_default();
                    match failures {
                        0 => continue,
                        count if count == runs => &mut row.fail,
                        _ => &mut row.vary,
                    }
                    .insert(case.name.clone());
                }
            });
        }
    });
    Ok(table.into_inner().expect("no thread panics with the lock"))
}

/// Reads the table from the page.
fn read() -> Result<Table, Failed> {
    let page =
        fs::read_to_string(PAGE).map_err(|error| format!("failed to read `{PAGE}`: {error}"))?;
    let mut table = Table::new();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    for row in rows {
        let fields: Vec<_> = row.split(" | ").collect();
        let [mutant, _, fail] = &fields[..] else { continue };
        let mut row = Row::default();
        for name in fail.split(", ").filter(|name| !name.is_empty() && *name != "–") {
            match name.strip_prefix('*') {
                Some(name) => row.vary.insert(name.trim_end_matches('*').to_owned()),
                None => row.fail.insert(name.to_owned()),
            };
        }
        table.insert(mutant.trim_end_matches('`').to_owned(), row);
    }
    Ok(table)
}

/// Reads the names of the scenarios from the page's last table.
fn scenarios() -> Result<BTreeSet<String>, Failed> {
    let page = fs::read_to_string(PAGE)?;
    let (_, table) = page.split_once("\n## Scenarios\n").ok_or("the page has no scenarios")?;
    let names = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    Ok(names.map(str::to_owned).collect())
}

/// Returns the text of the page.
fn page(suite: &Suite, table: &Table) -> Result<String, Failed> {
    let mut text = include_str!("page.md").to_owned();
    let descriptions = descriptions()?;
    for (title, is_in) in [
        ("Faults of the runtime", (|name| !name.starts_with("libc-")) as fn(&str) -> bool),
        ("Faults of the C library", |name| name.starts_with("libc-")),
    ] {
        write!(text, "\n## {title}\n\n| mutant | fault | scenarios that fail |\n|---|---|---|\n")?;
        for (mutant, row) in table.iter().filter(|(mutant, _)| is_in(mutant)) {
            let fault = descriptions
                .get(mutant)
                .ok_or_else(|| format!("`{mutant}` has no comment that describes it"))?;
            let vary = row.vary.iter().map(|name| format!("*{name}*"));
            let fail: Vec<_> = row.fail.iter().cloned().chain(vary).collect();
            let fail = if fail.is_empty() { "–".to_owned() } else { fail.join(", ") };
            writeln!(text, "| `{mutant}` | {fault} | {fail} |")?;
        }
    }
    let mut killers: BTreeMap<&str, usize> = BTreeMap::new();
    for name in table.values().flat_map(|row| &row.fail) {
        *killers.entry(name).or_default() += 1;
    }
    write!(text, "\n## Scenarios\n\n| scenario | mutants under which it fails |\n|---|---|\n")?;
    for case in &suite.cases {
        let count = killers.get(&*case.name).copied().unwrap_or_default();
        writeln!(text, "| {} | {count} |", case.name)?;
    }
    Ok(text)
}

/// Returns the comment that describes each mutant, from the sources.
fn descriptions() -> Result<BTreeMap<String, String>, Failed> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    for file in ["mutant.rs", "bounds.rs"] {
        let source = fs::read_to_string(root.join("testprog/runtime").join(file))?;
        let enums = ["pub(crate) enum Mutant", "pub(crate) enum Policy"];
        let start = enums.iter().find_map(|line| source.find(line)).unwrap_or_default();
        let source = &source[start..];
        let variants = variants(source);
        for line in source.lines().map(str::trim) {
            // A line that names a mutant has the form `("name", Self::Variant),` or `Self::Variant
            // => "name",`.
            let words: Vec<_> = line.split('"').collect();
            let [before, name, after] = &words[..] else { continue };
            let variant = if before.contains("Self::") { before } else { after };
            let Some((_, variant)) = variant.split_once("Self::") else { continue };
            let end = variant.find(|c: char| !c.is_alphanumeric()).unwrap_or(variant.len());
            if let Some(text) = variants.get(&variant[..end]) {
                found.insert((*name).to_owned(), text.clone());
            }
        }
    }
    for path in libc::mutants()? {
        let source = fs::read_to_string(&path)?;
        let comment = source.split("*/").next().unwrap_or_default().replace("/*", "");
        let lines =
            comment.lines().map(|line| line.trim().trim_start_matches("* ").trim_matches('*'));
        let text: Vec<_> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
        let text = text.join(" ");
        let text = text.split_once("Mutant of the C library: ").map_or(&*text, |(_, rest)| rest);
        found.insert(libc::name_of(&path), text.to_owned());
    }
    for text in found.values_mut() {
        *text = text.replace('|', "\\|");
    }
    Ok(found)
}

/// Returns the doc comment of each variant of the enums in a source file.
fn variants(source: &str) -> BTreeMap<String, String> {
    let (mut found, mut comment) = (BTreeMap::new(), Vec::new());
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            comment.push(text.trim());
            continue;
        }
        let end = line.find(|c: char| !c.is_alphanumeric()).unwrap_or(line.len());
        let is_variant = line.starts_with(char::is_uppercase) && !comment.is_empty();
        if is_variant && !line[..end].is_empty() {
            found.entry(line[..end].to_owned()).or_insert_with(|| comment.join(" "));
        }
        comment.clear();
    }
    found
}
