//! Runs a block of an ordinary `#[test]` function in a child process.
//!
//! A test target that uses the macro [`in_child!`](crate::in_child!) needs no `main` of its own. A
//! block of the macro `in_child!` runs in the following steps:
//!
//! 1. The test reaches the macro. The runner starts the executable of the test again, with
//!    arguments that select exactly this test, and with the identity of the block as the value of a
//!    `--skip`.
//!
//! 2. In the child, the compiler's test harness calls the test again. The test runs up to the macro
//!    of the block. Macros of other blocks do nothing in the child.
//!
//! 3. The macro of the block prints a mark to both streams, runs the block, prints another mark and
//!    the answer, and ends the process. The process ends inside the test, so the compiler's test
//!    harness never judges the child.
//!
//! 4. The runner judges the child's end, and the child's output after the first mark.
//!
//! The identity of a block is an argument, because processes that the block starts would inherit an
//! environment variable. libtest and libtest-mimic accept any `--skip`, and no test has such a
//! name.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fmt, process, thread};

use crate::answer::{Answer, IntoAnswer};
use crate::capability::Target;
use crate::expectation::Expectation;
use crate::protocol::{self, Case, Gate};
use crate::report;
use crate::scenario::Scenario;
use crate::spawn::{Lines, Outcome, Output, Program};
use crate::suite::{Settings, Suite, Trial};
use crate::verdict::Verdict;
use crate::{child, variables};

/// Runs a block in a child process of the test executable, and panics unless the child ends as
/// expected.
///
/// The macro works in every `#[test]` function, and in functions that tests call:
///
/// ```
/// use std::time::Duration;
///
/// use testprog_harness::{Expectation, Scenario, Signal, in_child};
///
/// # mod hide {
/// #[test]
/// # fn hide() {}
/// # }
/// fn a_check_aborts() {
///     let expected = Expectation::dies([Signal::Abrt], "out of range");
///     in_child!(expected, {
///         eprintln!("out of range");
///         std::process::abort()
///     });
/// }
///
/// # mod hide_too {
/// #[test]
/// # fn hide() {}
/// # }
/// fn sums_do_not_crash() {
///     for summand in [1, 2] {
///         in_child!(Scenario::of_test().deadline(Duration::from_secs(5)), {
///             assert_eq!(summand + 1 - 1, summand);
///         });
///     }
///     in_child!({ "12".parse::<i32>().map(drop) });
/// }
/// # a_check_aborts();
/// # sums_do_not_crash();
/// ```
///
/// The first argument is an [`Expectation`], or a [`Scenario`] that
/// [`Scenario::of_test`](crate::Scenario::of_test) returns, with the methods of `Scenario` for a
/// deadline, limits, needs and a known bug. Without a first argument, the block must return without
/// an error. The block returns `()` or a `Result`; see [`IntoAnswer`](crate::IntoAnswer).
///
/// The child is a new process, not a fork. The child runs the test from its beginning up to the
/// block, so the block can use the variables of the test. The code before the block runs in both
/// processes and must reach the block in both processes. The child ends with the block, and the
/// code after the block runs only in the process of the test.
///
/// - A panic in the block ends the child with status 101.
///
/// - `#[should_panic]` has no effect in the child.
///
/// - The block may print to standard output.
///
/// - The child has an empty directory and few environment variables, like the child of a scenario.
///
/// - If the compiler makes panics abort (`-Zpanic-abort-tests`), a panic in the block is SIGABRT.
///
/// - libtest cannot show a skip or a known bug, so the test passes and prints the reason to
///   standard error.
///
/// - With `--nocapture`, the output of the block is shown at once.
///
/// - Two threads of a test must not reach the same `in_child!` at the same time, because the child
///   finds a block by how often the test has reached the macro before.
///
/// - The macro does not work in the iterations of a benchmark, because the child runs only one
///   iteration.
///
/// # Panics
///
/// The macro panics if the child does not end as expected, if the child does not reach the block,
/// if the child cannot be started, or if the macro is inside the block of another `in_child!`.
#[expect(clippy::test_attr_in_doctest, reason = "the example also calls the test functions")]
#[macro_export]
macro_rules! in_child {
    ($block:block) => {
        $crate::in_child!($crate::Expectation::ok(), $block)
    };
    ($scenario:expr, $block:block $(,)?) => {
        $crate::in_child::run(
            $scenario,
            &$crate::in_child::Place {
                function: ::core::any::type_name_of_val(&|| {}),
                file: ::core::file!(),
                line: ::core::line!(),
                column: ::core::column!(),
            },
            || $block,
        )
    };
    ($($wrong:tt)*) => {
        ::core::compile_error!(
            "`in_child!` takes a block in braces, after an expectation or a scenario: \
             in_child!(Expectation::aborts(), { std::process::abort() })"
        )
    };
}

impl Scenario {
    /// Returns a scenario that must answer `OK`, for a block of the macro
    /// [`in_child!`](crate::in_child!). The scenario gets the name of the test that contains the
    /// block.
    #[track_caller]
    pub fn of_test() -> Self {
        Self::new("", || {})
    }
}

impl From<Expectation> for Scenario {
    /// Returns [`Scenario::of_test`] with this expectation.
    fn from(expect: Expectation) -> Self {
        Self::of_test().expect(expect)
    }
}

/// Place of the macro [`in_child!`](crate::in_child!) in the source.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Path of a closure in the function that contains the macro, with the name of the crate.
    pub function: &'static str,
    pub file: &'static str,
    pub line: u32,
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Argument of a child, followed by the identity of a block.
const FLAG: &str = "--skip=testprog-block ";

/// Text before the identity of a block, which the child prints immediately before the block runs.
const BEGIN: &str = "testprog: begin of the block ";

/// Text before the identity of a block, which the child prints after the block has returned.
const RETURNED: &str = "testprog: the block has returned ";

/// Environment variable with the identity of the block that a child was started for. If the test
/// harness in a child starts the executable again without arguments, the new process finds its own
/// block in the variable, and starts no further child.
const BLOCK_ENV: &str = "TESTPROG_BLOCK";

/// Environment variable with the name of a test that libtest runs in the current process. If panics
/// abort and the variable is not set, libtest starts a process for the test
/// ([`library/test/src/lib.rs`](https://github.com/rust-lang/rust/blob/1.95.0/library/test/src/lib.rs),
/// `SECONDARY_TEST_INVOKER_VAR`).
const INVOKE_ENV: &str = "__RUST_TEST_INVOKE";

/// Environment variables that a child inherits because the test harness of rustdoc needs them. The
/// variable `RUSTDOC_DOCTEST_RUN_NB_TEST` selects one of the documentation tests in an executable.
const PASSED_ON: &[&str] = &["RUSTDOC_DOCTEST_RUN_NB_TEST"];

/// Exit status of a Rust program whose main thread has panicked.
const PANIC_STATUS: i32 = 101;

/// Runs a block in a child process. In the child, the function runs the block.
#[doc(hidden)]
#[track_caller]
pub fn run<R: IntoAnswer>(scenario: impl Into<Scenario>, place: &Place, block: impl FnOnce() -> R) {
    /// Whether this process is running the block that it was started for.
    static IS_IN_BLOCK: AtomicBool = AtomicBool::new(false);
    let scenario = scenario.into();
    let names = names(place.function);
    let identity = format!("{place} {}", count(&names[0], place));
    match env::args().find_map(|word| Some(word.strip_prefix(FLAG)?.to_owned())) {
        None => judge(&scenario, names, &identity),
        Some(_) if IS_IN_BLOCK.load(Ordering::Relaxed) => {
            fail("the code is already in a child's block")
        }
        Some(wanted) if wanted == identity => {
            IS_IN_BLOCK.store(true, Ordering::Relaxed);
            become_child(&scenario, &names[0], &identity, block)
        }
        // The child was started for another block, whose macro the test has not reached yet.
        Some(_) => {}
    }
}

/// Returns how often the test has reached this `in_child!` before, so that each pass of a loop is a
/// block of its own.
fn count(test: &str, place: &Place) -> u32 {
    static COUNTS: Mutex<BTreeMap<(String, String), u32>> = Mutex::new(BTreeMap::new());
    let mut counts = lock(&COUNTS);
    let count = counts.entry((test.to_owned(), place.to_string())).or_default();
    *count += 1;
    *count - 1
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the block in this process, prints the answer, and ends this process.
fn become_child<R: IntoAnswer>(
    scenario: &Scenario,
    name: &str,
    identity: &str,
    block: impl FnOnce() -> R,
) -> ! {
    let answer = if let Some(gate) = protocol::gate(scenario, &Target::current()) {
        say(BEGIN, identity, "");
        protocol::skip_line(&gate)
    } else {
        child::settle();
        say(BEGIN, identity, "");
        match panic::catch_unwind(AssertUnwindSafe(|| block().into_answer())) {
            Ok(Answer::Held) => protocol::ok_line(),
            Ok(Answer::Skipped(reason)) => protocol::skip_line(&Gate::at_run_time(reason)),
            Ok(Answer::DidNotHold(reason)) => {
                // The runner recognizes the line with the reason by the scenario's name at the
                // beginning of the line.
                eprintln!("{name}: {reason}");
                process::exit(protocol::DID_NOT_HOLD_STATUS.into())
            }
            Err(_) => process::exit(PANIC_STATUS),
        }
    };
    say(RETURNED, identity, &answer);
    process::exit(protocol::ANSWERED_STATUS.into())
}

/// Prints a mark to both streams, and an answer to standard output. The function writes directly to
/// the streams, because libtest may capture the text of `print!`.
fn say(mark: &str, identity: &str, answer: &str) {
    let text = format!("{mark}{identity}\n");
    // If a stream is closed, the runner reports that the child did not reach the block.
    let _ = io::stderr().write_all(text.as_bytes());
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all((text + answer).as_bytes()).and_then(|()| stdout.flush());
}

/// Returns the possible names of the test that runs on this thread, with the most likely name
/// first.
fn names(function: &str) -> Vec<String> {
    let mut names: Vec<String> = only_exact_filter(env::args().skip(1)).into_iter().collect();
    // libtest gives the thread of a test the name of the test.
    let thread = thread::current();
    names.extend(thread.name().filter(|name| *name != "main").map(str::to_owned));
    names.push(path_in_crate(function).to_owned());
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// Returns the filter of a command line that selects one test by its whole name. cargo-nextest,
/// editors and this module start tests with such a command line.
fn only_exact_filter(words: impl Iterator<Item = String>) -> Option<String> {
    const WITH_VALUE: &[&str] =
        &["--test-threads", "--logfile", "--skip", "--color", "--format", "--shuffle-seed", "-Z"];
    let mut filters = Vec::new();
    let (mut is_exact, mut is_value) = (false, false);
    for word in words {
        if !is_value && !word.starts_with('-') {
            filters.push(word);
            continue;
        }
        is_exact |= word == "--exact";
        is_value = !is_value && WITH_VALUE.contains(&&*word);
    }
    filters.pop().filter(|_| is_exact && filters.is_empty())
}

/// Returns the path of the function that contains a closure, without the name of the crate.
fn path_in_crate(closure: &str) -> &str {
    let path = closure.split_once("::{{closure}}").map_or(closure, |(path, _)| path);
    path.split_once("::").map_or(path, |(_, rest)| rest)
}

/// Starts a child for the block, and panics unless the child ends as expected.
#[track_caller]
fn judge(scenario: &Scenario, names: Vec<String>, identity: &str) {
    if env::var(BLOCK_ENV).is_ok_and(|block| block == identity) {
        fail("a child for this block has started its executable again, without its arguments");
    }
    // No closure calls `fail`, because a panic in a closure would name the closure's line instead
    // of the macro's line.
    let mut settings = match variables::settings() {
        Ok(settings) => settings,
        Err(error) => fail(&error.to_string()),
    };
    settings.on_output = variables::is_live().then_some(show);
    settings.env.push((BLOCK_ENV.into(), identity.into()));
    let passed_on = PASSED_ON.iter().map(|name| (name.into(), env::var_os(name)));
    settings.env.extend(passed_on.filter_map(|(name, value)| Some((name, value?))));
    let path = match env::current_exe() {
        Ok(path) => path,
        Err(error) => fail(&format!("the path of this executable is unknown: {error}")),
    };
    let args = ["--include-ignored", "--nocapture", "--test-threads=1", "--exact"];
    let mut args: Vec<_> = args.map(Into::into).into();
    args.push(format!("{FLAG}{identity}").into());
    let program = Program { args, ..Program::of_this_target(path) };
    let suite = Suite::new(program, Vec::new());
    let mut case = Case::new(scenario, &Target::current());
    let has_stdout_rules = case.expect.singles().iter().any(|single| !single.stdout.is_empty());
    let mut elsewhere = String::new();
    for name in names {
        if cfg!(panic = "abort") {
            settings.env.push((INVOKE_ENV.into(), (&name).into()));
        }
        case.name = name;
        let seen = RefCell::new(None);
        lock(&IN_BLOCK).retain(|(shown, _)| *shown != case.name);
        let mut trial = suite.run_seen(&case, &settings, |outcome| {
            *seen.borrow_mut() = see(outcome, identity, has_stdout_rules);
        });
        match (seen.into_inner(), &mut trial.outcome) {
            (Some(shown), Some(outcome)) => {
                outcome.stdout = shown;
                return conclude(&suite, &case, &trial, &settings);
            }
            (None, Some(_)) => {
                elsewhere += &report::failure(&suite.program, &case, &trial, &settings);
            }
            (_, None) => fail(&report::reason(&trial.verdict)),
        }
    }
    fail(&format!(
        "no child reached the block; the code before may differ from run to run, or the name of the test is unknown:\n{}",
        elsewhere.trim_end()
    ))
}

/// Panics with the cause of a block that could not run. The panic names the line of the macro.
#[track_caller]
fn fail(cause: &str) -> ! {
    panic!("failed to run a block in a child: {cause}")
}

/// Passes or panics, depending on the verdict.
#[track_caller]
fn conclude(suite: &Suite, case: &Case, trial: &Trial, settings: &Settings) {
    match &trial.verdict {
        // As in the module `trials`, a stale gate (a case that passes although a capability is said
        // to be missing) fails the test only if `TESTPROG_MAY_LACK` is set.
        Verdict::Stale(_) if settings.may_lack.is_none() => {}
        Verdict::Pass { .. } => {}
        Verdict::Unsupported(_) => eprintln!("skipped: {}", report::trial_reason(trial)),
        Verdict::Xfail { .. } => eprintln!("known bug: {}", report::trial_reason(trial)),
        _ => {
            let text = report::failure(&suite.program, case, trial, settings);
            panic!("the block did not end as expected\n{}", text.trim_end())
        }
    }
}

/// Removes the output before the block from an outcome. If the block returned and `keeps_stdout` is
/// false, the function also removes the block's standard output. Returns the standard output to
/// show: the output of the block, without the answer. Returns `None` if the child did not reach the
/// block.
fn see(outcome: &mut Outcome, identity: &str, keeps_stdout: bool) -> Option<Output> {
    let begin = format!("{BEGIN}{identity}\n");
    let returned = format!("{RETURNED}{identity}\n");
    let after = split(&outcome.stdout, &begin)?.1;
    if let Some((_, after)) = split(&outcome.stderr, &begin) {
        outcome.stderr = after;
    }
    if let Some((before, _)) = split(&outcome.stderr, &returned) {
        outcome.stderr = before;
    }
    let Some((shown, answer)) = split(&after, &returned) else {
        outcome.stdout = after.clone();
        return Some(after);
    };
    outcome.stdout = if keeps_stdout { joined(&shown, &answer) } else { answer };
    Some(shown)
}

/// Returns an output with an answer as its last line.
fn joined(output: &Output, answer: &Output) -> Output {
    let mut joined = output.clone();
    let end = if joined.dropped == 0 { &mut joined.head } else { &mut joined.tail };
    if end.last().is_some_and(|byte| *byte != b'\n') {
        end.push(b'\n');
    }
    end.extend_from_slice(&answer.head);
    joined
}

/// Returns an output before and after a text, or `None` if the output does not contain the text.
fn split(output: &Output, text: &str) -> Option<(Output, Output)> {
    let find = |bytes: &[u8]| bytes.windows(text.len()).position(|part| part == text.as_bytes());
    if let Some(bytes) = output.whole() {
        let at = find(&bytes)?;
        let part = |bytes: &[u8]| Output { head: bytes.to_vec(), ..Output::default() };
        return Some((part(&bytes[..at]), part(&bytes[at + text.len()..])));
    }
    let Output { head, tail, dropped } = output.clone();
    if let Some(at) = find(&head) {
        let before = Output { head: head[..at].to_vec(), ..Output::default() };
        return Some((before, Output { head: head[at + text.len()..].to_vec(), tail, dropped }));
    }
    let at = find(&tail)?;
    let after = Output { head: tail[at + text.len()..].to_vec(), ..Output::default() };
    Some((Output { head, tail: tail[..at].to_vec(), dropped }, after))
}

/// Pairs of a test and a stream on which the test's child has printed the mark before the block.
static IN_BLOCK: Mutex<BTreeSet<(String, &'static str)>> = Mutex::new(BTreeSet::new());

/// Copies the lines that a block prints to the standard error of this process.
fn show(lines: &Lines<'_>) {
    let shown = of_block(lines);
    if !shown.is_empty() {
        // If standard error is closed, nobody reads the copy, so the error is ignored.
        let _ =
            io::stderr().write_all(report::lines(&Lines { bytes: &shown, ..*lines }).as_bytes());
    }
}

/// Returns the lines that the block has printed, without the lines before and after the block.
fn of_block(lines: &Lines<'_>) -> Vec<u8> {
    let key = (lines.argument.to_owned(), lines.stream);
    let mut in_block = lock(&IN_BLOCK);
    let mut is_in_block = in_block.contains(&key);
    let mut shown = Vec::new();
    for line in lines.bytes.split_inclusive(|byte| *byte == b'\n') {
        let find = |mark: &str| line.windows(mark.len()).position(|part| part == mark.as_bytes());
        match (is_in_block, find(BEGIN), find(RETURNED)) {
            (false, Some(_), _) => is_in_block = true,
            (true, _, Some(at)) => {
                shown.extend(&line[..at]);
                is_in_block = false;
            }
            (true, ..) => shown.extend(line),
            (false, ..) => {}
        }
    }
    if is_in_block {
        in_block.insert(key);
    } else {
        in_block.remove(&key);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(words: &[&str]) -> Option<String> {
        only_exact_filter(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn a_test_is_named_by_the_only_filter_that_is_exact() {
        let found = Some("a::b".to_owned());
        assert_eq!(filter(&["--exact", "a::b", "--nocapture"]), found);
        assert_eq!(filter(&["a::b", "--exact"]), found);
        assert_eq!(filter(&["--test-threads", "1", "--exact", "--skip", "c", "a::b"]), found);
        assert_eq!(filter(&["--skip=c", "--exact", "a::b"]), found);
        assert_eq!(filter(&["a::b"]), None);
        assert_eq!(filter(&["--exact"]), None);
        assert_eq!(filter(&["--exact", "a::b", "c"]), None);
        assert_eq!(filter(&["--exact", "--skip", "a::b"]), None);
        assert_eq!(filter(&["--skip", "--skip", "a::b", "--exact"]), found);
    }

    #[test]
    fn a_function_is_found_by_the_path_of_a_closure() {
        assert_eq!(path_in_crate("my_crate::m::test::{{closure}}"), "m::test");
        assert_eq!(path_in_crate("my_crate::test::{{closure}}::{{closure}}"), "test");
        assert_eq!(path_in_crate("test"), "test");
        let here = std::any::type_name_of_val(&|| {});
        let name = "in_child::tests::a_function_is_found_by_the_path_of_a_closure";
        assert_eq!(path_in_crate(here), name);
        assert_eq!(names(here).last().unwrap(), name);
    }

    fn output(head: &str, dropped: u64, tail: &str) -> Output {
        Output { head: head.into(), dropped, tail: tail.into() }
    }

    #[test]
    fn an_output_is_split_at_a_mark_wherever_the_mark_is() {
        let whole = |text| output(text, 0, "");
        let parts = (whole("a\n"), whole("b"));
        assert_eq!(split(&output("a\nMARK\nb", 0, ""), "MARK\n").unwrap(), parts);
        assert_eq!(split(&output("a\nMA", 0, "RK\nb"), "MARK\n").unwrap(), parts);
        let parts = (whole("a\n"), output("b", 7, "c"));
        assert_eq!(split(&output("a\nMARK\nb", 7, "c"), "MARK\n").unwrap(), parts);
        let parts = (output("a", 7, "b\n"), whole("c"));
        assert_eq!(split(&output("a", 7, "b\nMARK\nc"), "MARK\n").unwrap(), parts);
        assert_eq!(split(&output("a\nMA", 7, "RK\nb"), "MARK\n"), None);
        assert_eq!(split(&output("a", 0, ""), "MARK\n"), None);
    }

    #[test]
    fn only_lines_of_the_block_are_shown_however_the_output_is_divided() {
        let [begin, returned] = [BEGIN, RETURNED].map(|mark| format!("{mark}identity\n"));
        let whole = format!("before\n{begin}first\nsecond\n{returned}OK\nafter\n");
        let lines: Vec<_> = whole.split_inclusive('\n').map(str::to_owned).collect();
        for (argument, parts) in [("whole", vec![whole]), ("lines", lines)] {
            let shown = parts.iter().flat_map(|part| {
                of_block(&Lines { argument, stream: "stdout", bytes: part.as_bytes() })
            });
            let shown = String::from_utf8(shown.collect()).unwrap();
            assert_eq!(shown, "first\nsecond\n", "{argument}");
        }
    }

    #[test]
    fn an_answer_is_the_last_line_of_a_joined_output() {
        let answer = output("OK\n", 0, "");
        assert_eq!(joined(&output("a\n", 0, ""), &answer), output("a\nOK\n", 0, ""));
        assert_eq!(joined(&output("a", 0, ""), &answer), output("a\nOK\n", 0, ""));
        assert_eq!(joined(&output("", 0, ""), &answer), answer);
        assert_eq!(joined(&output("a", 7, "b"), &answer), output("a", 7, "b\nOK\n"));
    }
}
