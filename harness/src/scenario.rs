//! Defines a scenario: a named behavior, what it needs, and how its process must end.

use std::borrow::Cow;
use std::fmt;
use std::hint;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::answer::{Answer, IntoAnswer};
use crate::capability::Capability;
use crate::expectation::Expectation;
use crate::limit::Limit;

/// Environment variable of an [`Inspection`] with the path of the child's program.
pub const INSPECTED_PROGRAM_ENV: &str = "TESTPROG_PROGRAM";
/// Environment variable of an [`Inspection`] with the beginning of the child's standard output.
pub const INSPECTED_STDOUT_ENV: &str = "TESTPROG_STDOUT";
/// Environment variable of an [`Inspection`] with the path of the child's core file.
/// `TESTPROG_CORE` is not set if the child left no core file.
pub const INSPECTED_CORE_ENV: &str = "TESTPROG_CORE";
/// Named behavior that runs in a process of its own.
///
/// ```
/// use testprog_harness::{Expectation, Scenario, Signal};
///
/// let aborts = Scenario::new("sums::aborts", || {
///     eprintln!("going down");
///     std::process::abort()
/// });
/// let aborts = aborts.expect(Expectation::dies([Signal::Abrt], "going down"));
/// assert_eq!(aborts.name, "sums::aborts");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scenario {
    /// Name of the scenario: one word, unique in the program. A name may contain the names of
    /// modules, as in `sums::overflows`.
    pub name: Cow<'static, str>,
    /// Capabilities that the scenario needs. If the target lacks a capability that the scenario
    /// needs, the child answers `SKIP`.
    pub needs: Vec<Capability>,
    /// Required end of the scenario's process.
    pub expect: Expectation,
    /// Mutants (deliberate faults) under which the scenario must fail.
    pub mutants: Vec<Mutant>,
    /// Deadline of the scenario, which replaces the runner's default deadline.
    pub deadline: Option<Duration>,
    /// Resource limits of the scenario's process, which take precedence over the limits of the
    /// whole run.
    pub limits: Vec<(Limit, u64)>,
    /// Link to the known bug that makes this scenario fail.
    pub known_bug: Option<String>,
    /// How the scenario's process ends because of the known bug, or `None` if any failure is
    /// attributed to the known bug.
    pub known_failure: Option<Expectation>,
    /// Additional environment variables of the scenario's process, with their values.
    pub env: Vec<(String, String)>,
    /// Arguments of the scenario's process after the scenario's name.
    pub args: Vec<String>,
    /// Working directory of the scenario's process, or `None` for an empty directory, which the
    /// runner removes afterwards.
    pub working_directory: Option<PathBuf>,
    /// Whether the runner must not run any other case at the same time as this scenario.
    pub serial: bool,
    /// Whether the runner sends the standard error of the scenario's process to its standard output.
    pub merge_output: bool,
    /// Whether a short run (`--short`) leaves the scenario out.
    pub long: bool,
    /// Command that inspects what the scenario's process has left behind.
    pub inspection: Option<Inspection>,
    /// Topic under which a list of scenarios shows this scenario. If `None`, the topic is the
    /// modules in the scenario's name.
    pub topic: Option<String>,
    /// Explanation for a person whose system fails this scenario, for `cargo testprog explain`.
    pub explanation: Option<String>,
    /// Place in the source code that creates the scenario, or `None` if reports show no place.
    pub source: Option<Source>,
    run: Run,
}

/// Place in a source file, such as `tests/crash.rs:7`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// Path of the file, as the compiler got the path. The path of a file in a Cargo workspace is
    /// relative to the workspace.
    pub file: Cow<'static, str>,
    /// Number of the line, from 1.
    pub line: u32,
}

impl Source {
    /// Returns the place in line `line` of `file`.
    pub fn new(file: impl Into<Cow<'static, str>>, line: u32) -> Self {
        Self { file: file.into(), line }
    }

    /// Returns the place of the caller.
    #[track_caller]
    pub(crate) fn of_caller() -> Self {
        let place = Location::caller();
        Self::new(place.file(), place.line())
    }
}

/// Function that the child calls to run a scenario.
#[derive(Clone)]
struct Run(Arc<dyn Fn() -> Answer + Send + Sync>);

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Run(..)")
    }
}

/// Calls the function of a scenario.
///
/// With `RUST_BACKTRACE=1`, the standard library prints no frame below a function with this name.
/// A backtrace therefore ends with the scenario's function, without the frames of the harness.
#[inline(never)]
fn __rust_begin_short_backtrace<R>(run: &impl Fn() -> R) -> R {
    let returned = run();
    // The call of `black_box` after the call of `run` prevents a tail call, which would remove this
    // function's frame.
    hint::black_box(());
    returned
}

impl Scenario {
    /// Returns a scenario that needs no capability and must answer `OK`.
    ///
    /// The child calls `run`, which may return `()` or a `Result`; see [`IntoAnswer`]. The source
    /// of the scenario is the place in the code that calls `new`.
    #[track_caller]
    pub fn new<R: IntoAnswer>(
        name: impl Into<Cow<'static, str>>,
        run: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            needs: Vec::new(),
            expect: Expectation::ok(),
            mutants: Vec::new(),
            deadline: None,
            limits: Vec::new(),
            known_bug: None,
            known_failure: None,
            env: Vec::new(),
            args: Vec::new(),
            working_directory: None,
            serial: false,
            merge_output: false,
            long: false,
            inspection: None,
            topic: None,
            explanation: None,
            source: Some(Source::of_caller()),
            run: Run(Arc::new(move || __rust_begin_short_backtrace(&run).into_answer())),
        }
    }

    /// Returns a scenario that is named after a module: the name is the last segment of the
    /// module's path, and the topic is the segment before the last.
    ///
    /// With `module_path!()` as `module`, a scenario has the name of the file that defines the
    /// scenario. A module at the top of its crate has no topic.
    #[track_caller]
    pub fn of_module<R: IntoAnswer>(
        module: &'static str,
        run: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        let segments: Vec<_> = module.split("::").collect();
        let name = segments.last().copied().unwrap_or_default();
        let scenario = Self::new(name, run);
        match *segments {
            [_, .., topic, _] => scenario.topic(topic),
            _ => scenario,
        }
    }

    /// Returns the scenario with this topic, under which a list of scenarios shows the scenario.
    ///
    /// The topic of a scenario `sums::overflows` is `sums` without a call of this method.
    #[must_use]
    pub fn topic(self, topic: impl Into<String>) -> Self {
        Self { topic: Some(topic.into()), ..self }
    }

    /// Returns the scenario with a text for a person whose system fails the scenario: what must
    /// hold, what breaks on other systems, and where to look. `cargo testprog explain NAME` prints
    /// the text.
    #[must_use]
    pub fn explanation(self, text: impl Into<String>) -> Self {
        Self { explanation: Some(text.into()), ..self }
    }

    /// Returns the scenario with another place in the source code. Reports show the place of a
    /// scenario, for example in annotations for GitHub.
    ///
    /// Without a call of this method, the source of a scenario is the place that creates the
    /// scenario.
    #[must_use]
    pub fn source(self, source: Source) -> Self {
        Self { source: Some(source), ..self }
    }

    /// Calls the scenario's function.
    pub(crate) fn run(&self) -> Answer {
        (self.run.0)()
    }

    /// Returns the scenario with `capability` added to its needs.
    #[must_use]
    pub fn needs(mut self, capability: Capability) -> Self {
        self.needs.push(capability);
        self
    }

    /// Returns the scenario with this expectation.
    #[must_use]
    pub fn expect(self, expect: Expectation) -> Self {
        Self { expect, ..self }
    }

    /// Returns the scenario with one more mutant, under which the scenario's process must end as
    /// `expect` describes.
    #[must_use]
    pub fn mutant(mut self, name: &str, expect: Expectation) -> Self {
        self.mutants.push(Mutant { name: name.to_owned(), expect });
        self
    }

    /// Returns the scenario with `deadline` in place of the runner's default deadline.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// Returns the scenario with a resource limit, which the runner sets before the process starts.
    ///
    /// The scenario's limit takes precedence over the whole run's limit on the same resource. A
    /// second call for the same resource replaces the limit of the first call.
    #[must_use]
    pub fn limit(mut self, limit: Limit, amount: u64) -> Self {
        self.limits.retain(|(known, _)| *known != limit);
        self.limits.push((limit, amount));
        self
    }

    /// Returns the scenario marked as failing because of a known bug, which is tracked at `link`.
    ///
    /// A failure of a marked scenario is XFAIL, which does not fail the run. A pass of a marked
    /// scenario is XPASS, which fails the run, so the mark must be removed once the bug is fixed.
    /// An empty `link` leaves the scenario unmarked.
    ///
    /// `known_bug` excuses every failure of the scenario.
    /// [`known_bug_failing`](Self::known_bug_failing) excuses only one failure, so another bug in
    /// the scenario does not stay hidden.
    #[must_use]
    pub fn known_bug(self, link: &str) -> Self {
        let known_bug = Some(link.to_owned()).filter(|link| !link.is_empty());
        Self { known_bug, known_failure: None, ..self }
    }

    /// Returns the scenario marked as failing because of a known bug, which is tracked at `link`,
    /// in the way that `failure` describes. If the scenario fails in another way, the run fails.
    ///
    /// ```
    /// use testprog_harness::{Expectation, Scenario};
    ///
    /// fn parses() -> Result<(), std::num::ParseIntError> {
    ///     "12 ".parse::<i32>().map(drop)
    /// }
    ///
    /// let failure = Expectation::fails("invalid digit");
    /// Scenario::new("parses", parses).known_bug_failing("https://example.org/1", failure);
    /// ```
    #[must_use]
    pub fn known_bug_failing(self, link: &str, failure: Expectation) -> Self {
        let marked = self.known_bug(link);
        let known_failure = marked.known_bug.is_some().then_some(failure);
        Self { known_failure, ..marked }
    }

    /// Returns the scenario with one more environment variable. A second call for the same variable
    /// replaces the value of the first call.
    ///
    /// A child gets only [a few variables](crate::spawn::Options::env) of the
    /// runner.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.env.retain(|(known, _)| *known != name);
        self.env.push((name, value));
        self
    }

    /// Returns the scenario with further arguments, which the scenario's process gets after the
    /// scenario's name. The scenario can read its arguments with [`child::arguments`].
    ///
    /// [`child::arguments`]: crate::child::arguments
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Returns the scenario with this working directory, such as `env!("CARGO_MANIFEST_DIR")`.
    /// Without a working directory of its own, a scenario runs in an empty directory.
    ///
    /// A relative path is relative to the working directory of the runner.
    #[must_use]
    pub fn working_directory(self, directory: impl Into<PathBuf>) -> Self {
        Self { working_directory: Some(directory.into()), ..self }
    }

    /// Returns the scenario marked as serial, so that the runner runs no other case at the same
    /// time.
    ///
    /// A runner is one process of `cargo testprog`, or of a test target under `cargo test`. Under
    /// cargo-nextest, which starts a runner for each case, a serial scenario may run beside the
    /// cases of other runners. A [test group](https://nexte.st/docs/configuration/test-groups/) of
    /// cargo-nextest also keeps the cases of different runners apart.
    #[must_use]
    pub fn serial(self) -> Self {
        Self { serial: true, ..self }
    }

    /// Returns the scenario with merged streams: the runner sends standard error to standard output.
    /// Requirements on either stream then apply to the merged output.
    #[must_use]
    pub fn merge_output(self) -> Self {
        Self { merge_output: true, ..self }
    }

    /// Returns the scenario marked as long, so that a short run leaves the scenario out. `cargo
    /// testprog --short` leaves out long scenarios, and under `cargo test` with `TESTPROG_SHORT` in
    /// the environment, long scenarios are ignored tests.
    #[must_use]
    pub fn long(self) -> Self {
        Self { long: true, ..self }
    }

    /// Returns the scenario with a command that inspects what the scenario's process has left
    /// behind. The command runs only if the process ended as expected, and the scenario fails unless
    /// the command ends as `expect` describes.
    ///
    /// ```
    /// use testprog_harness::{Content, Expectation, Scenario};
    ///
    /// let read = Expectation::exits(0, "").stdout(Content::equals("saved\n"));
    /// Scenario::new("saves", || std::fs::write("log.txt", "saved\n")).inspect(["cat", "log.txt"], read);
    /// ```
    #[must_use]
    pub fn inspect(
        self,
        command: impl IntoIterator<Item = impl Into<String>>,
        expect: Expectation,
    ) -> Self {
        Self { inspection: Some(Inspection::new(command, expect)), ..self }
    }
}

/// Command that the runner starts after a child that ended as expected, and that judges what the
/// child has left behind, such as a file in the child's directory or a core file.
///
/// The command runs in the child's working directory, with the environment variables of the case,
/// [`INSPECTED_PROGRAM_ENV`], [`INSPECTED_STDOUT_ENV`] and [`INSPECTED_CORE_ENV`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspection {
    /// Program and arguments of the command. The first word is the path of an executable, or the
    /// name of an executable in a directory of `PATH`.
    pub command: Vec<String>,
    /// Expectation that the end and the output of the command must meet.
    pub expect: Expectation,
}

impl Inspection {
    /// Returns the inspection by a command, given as words, which must end as `expect` describes.
    pub fn new(command: impl IntoIterator<Item = impl Into<String>>, expect: Expectation) -> Self {
        Self { command: command.into_iter().map(Into::into).collect(), expect }
    }
}

impl Default for Inspection {
    /// Returns an inspection without a command, which must exit with status 0.
    fn default() -> Self {
        Self { command: Vec::new(), expect: Expectation::exits(0, "") }
    }
}

/// Deliberate fault under which a scenario must fail. A failure under the mutant proves that the
/// scenario can detect the kind of fault.
///
/// The runner passes the mutant's name to the child in the environment variable
/// [`TESTPROG_MUTANT`](crate::protocol::MUTANT_ENV).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mutant {
    /// Name of the mutant: one word, as in `--mutant NAME`.
    pub name: String,
    /// Required end of the scenario's process under the mutant. The expectation ensures that the
    /// scenario fails for the right reason.
    pub expect: Expectation,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_named_by_its_module() {
        assert_eq!(Scenario::of_module(module_path!(), || {}).name, "tests");
        assert_eq!(Scenario::of_module("adds_up", || {}).name, "adds_up");
    }

    #[test]
    fn the_topic_is_the_module_around_the_scenarios_module() {
        let topic = |module| Scenario::of_module(module, || {}).topic;
        assert_eq!(topic("child::scenarios::sums::adds_up").as_deref(), Some("sums"));
        assert_eq!(topic("child::adds_up"), None);
        assert_eq!(topic("adds_up"), None);
    }

    #[test]
    fn the_source_of_a_scenario_is_the_place_that_creates_the_scenario() {
        let line = line!();
        let new = Scenario::new("a", || {});
        let of_module = Scenario::of_module(module_path!(), || {});
        assert_eq!(new.source, Some(Source::new(file!(), line + 1)));
        assert_eq!(of_module.source, Some(Source::new(file!(), line + 2)));
        let other = new.source(Source::new("a.c", 7));
        assert_eq!(other.source, Some(Source::new("a.c", 7)));
    }

    #[test]
    fn a_name_keeps_its_modules() {
        assert_eq!(Scenario::new("sums::overflows", || {}).name, "sums::overflows");
        assert_eq!(Scenario::new(format!("case_{}", 7), || {}).name, "case_7");
    }
}
