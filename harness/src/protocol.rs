//! Defines the protocol between a child and its runner. This module is the only code that defines
//! the wire format. `docs/protocol.md` describes the wire format for authors of other children and
//! runners.
//!
//! ```
//! use testprog_harness::protocol::{self, Case};
//!
//! let listing = "testprog 1\nadds_up\naborts\t-\tdies SIGABRT going down\n";
//! let cases: Vec<Case> = protocol::parse_listing(listing)?;
//! assert_eq!(cases[1].name, "aborts");
//! # Ok::<(), protocol::ListingError>(())
//! ```

mod wire;

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use self::wire::{Version, Wire, escape, fits_version_1, parse_expectation, unescape};

use crate::capability::{self, Target};
use crate::expectation::Expectation;
use crate::limit::Limit;
use crate::scenario::{Inspection, Mutant, Scenario, Source};
use crate::text::{excerpt, is_hidden};

/// First line of a listing of version 1, of the facts about a target, and of a zygote's messages:
/// the protocol's name and version.
pub const VERSION_LINE: &str = "testprog 1";
/// First line of a listing of version 2.
pub const VERSION_2_LINE: &str = "testprog 2";
/// Text in every executable that runs its own scenarios, by which `cargo testprog` recognizes the
/// executable of a test target.
pub const NOTE: &str = "testprog-harness: the main function of this executable runs scenarios";
/// Argument that requests the listing.
pub const LIST_FLAG: &str = "--list";
/// Argument that requests the facts about the target.
pub const ABOUT_FLAG: &str = "--about";
/// Argument that makes the program judge the output of a scenario. The arguments after `--judge`
/// are the scenario's name, the words of the requirement, and the path of a file with the output.
pub const JUDGE_FLAG: &str = "--judge";
/// Argument that makes the program a zygote: a process that forks itself for each scenario. The
/// runner sends the scenarios' names to the zygote over a socket.
pub const ZYGOTE_FLAG: &str = "--zygote";
/// Answer of a child whose scenario held. A child that answers `OK` prints nothing else to standard
/// output.
pub const OK: &str = "OK";
/// First word of the answer of a scenario that cannot run on this target.
pub const SKIP: &str = "SKIP";
/// Word for all skips that scenarios decide while they run, in a list of capabilities that the
/// target may lack (`--may-lack`).
pub const RUN_TIME: &str = "run-time";
/// Exit status of a child that answered `OK` or `SKIP`.
pub const ANSWERED_STATUS: u8 = 0;
/// Exit status of a child whose scenario did not hold, because the scenario's function returned an
/// error.
pub const DID_NOT_HOLD_STATUS: u8 = 1;
/// Exit status of a child with a wrong command line.
pub const USAGE_STATUS: u8 = 2;
/// Environment variable that names the mutant (deliberate fault) under which the child runs a
/// scenario.
pub const MUTANT_ENV: &str = "TESTPROG_MUTANT";
/// Environment variable with the number of additional seconds for which a repeating scenario runs.
/// Children inherit the variable from the runner.
pub const SOAK_SECONDS_ENV: &str = "TESTPROG_SOAK_SECONDS";
/// Environment variable that makes a scenario run a long check completely instead of ending the
/// check early. Children inherit the variable from the runner.
pub const WHOLE_WALK_ENV: &str = "TESTPROG_WHOLE_WALK";
/// Maximum length of a scenario's name, in bytes. The limit is 255 because a scenario's name is
/// also used as a file name, and most systems limit file names to 255 bytes.
pub const NAME_LIMIT: usize = 255;

/// Text that stands for an empty field of a listing line.
const NONE: &str = "-";

/// Scenario as one line of the listing describes it to the runner.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "the properties are independent of each other")]
pub struct Case {
    /// Name of the scenario.
    pub name: String,
    /// Names of the capabilities that the scenario needs.
    pub needs: Vec<String>,
    /// Required end of the scenario's process.
    pub expect: Expectation,
    /// Deadline of the scenario, or `None` if the runner's default deadline applies.
    pub deadline: Option<Duration>,
    /// Mutants (deliberate faults) under which the scenario must fail.
    pub mutants: Vec<Mutant>,
    /// Capability that this scenario needs and that the target lacks, according to the listing.
    pub gate: Option<Gate>,
    /// Link to the known bug that makes this scenario fail.
    pub known_bug: Option<String>,
    /// Resource limits of the scenario's process, which take precedence over the limits of the
    /// whole run.
    pub limits: Vec<(Limit, u64)>,
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
    /// Whether the runner must not run any other case at the same time as this case.
    pub serial: bool,
    /// Whether to merge the child's standard error into its standard output.
    pub merge_output: bool,
    /// How the process ends if the case cannot run on this computer, or `None` if only the answer
    /// `SKIP` skips the case.
    pub skip: Option<Expectation>,
    /// Whether a short run leaves the case out.
    pub long: bool,
    /// Command that inspects what the child has left behind, if the child ended as expected.
    pub inspection: Option<Inspection>,
    /// Whether the child's program does not follow the protocol. The child of a foreign case does
    /// not get the case's name as its first argument, and no output of the child is an answer
    /// `SKIP`. If a foreign case has a gate, the runner does not start the child. A program's
    /// listing cannot contain foreign cases.
    pub foreign: bool,
    /// Topic of the scenario, if the listing has a topic; see [`Case::topic`].
    pub topic: Option<String>,
    /// Explanation for a person whose system fails the scenario.
    pub explanation: Option<String>,
    /// Place in the source code that defines the scenario, if the listing has the place.
    pub source: Option<Box<Source>>,
}

/// Capability that a scenario needs and that the target lacks, with the reason. If `capability` is
/// empty and `reason` is not, the scenario decided the skip while it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gate {
    /// Name of the missing capability. The name is empty if the child did not name the capability.
    pub capability: String,
    /// Reason why the capability is missing. The reason is empty if the child gave no reason.
    pub reason: String,
}

impl Gate {
    /// Returns the gate of a scenario that needs `capability`, which the target lacks for `reason`.
    pub fn new(capability: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { capability: capability.into(), reason: reason.into() }
    }

    /// Returns the gate of a scenario that skips itself for `reason` while it runs.
    pub fn at_run_time(reason: impl Into<String>) -> Self {
        // A `SKIP` answer without a reason would mean that the target lacks all capabilities that
        // the scenario needs.
        let reason = Some(reason.into()).filter(|reason| !reason.is_empty());
        Self::new("", reason.unwrap_or_else(|| "no reason".to_owned()))
    }

    /// Returns the words that a list of accepted skips (`--may-lack`) must contain to accept this
    /// gate. For a `SKIP` without a capability, `capability` contains all needs of the scenario,
    /// separated by commas.
    pub(crate) fn accepted_as(&self) -> impl Iterator<Item = &str> {
        if self.is_at_run_time() { RUN_TIME } else { &self.capability }.split(',')
    }

    /// Returns true if and only if the scenario decided the skip while it ran.
    pub fn is_at_run_time(&self) -> bool {
        self.capability.is_empty() && !self.reason.is_empty()
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&*self.capability, &*self.reason) {
            ("", "") => f.write_str("the child gave no reason"),
            (capability, "") => f.write_str(capability),
            ("", reason) => f.write_str(reason),
            (capability, reason) => write!(f, "{capability}: {reason}"),
        }
    }
}

impl Case {
    /// Returns the case for `scenario` on `target`, as the runner would read it from the listing.
    pub fn new(scenario: &Scenario, target: &Target) -> Self {
        Self {
            needs: scenario.needs.iter().map(|need| need.name().to_owned()).collect(),
            expect: scenario.expect.clone(),
            deadline: scenario.deadline.map(whole_milliseconds),
            mutants: scenario.mutants.clone(),
            gate: gate(scenario, target),
            known_bug: scenario.known_bug.clone(),
            limits: scenario.limits.clone(),
            known_failure: scenario.known_failure.clone(),
            env: scenario.env.clone(),
            args: scenario.args.clone(),
            working_directory: scenario.working_directory.clone(),
            serial: scenario.serial,
            merge_output: scenario.merge_output,
            long: scenario.long,
            inspection: scenario.inspection.clone(),
            topic: scenario.topic.clone(),
            explanation: scenario.explanation.clone(),
            source: scenario.source.clone().map(Box::new),
            ..Self::named(scenario.name.clone().into_owned())
        }
    }

    /// Returns the case `name` for a program that does not follow the protocol. The child gets no
    /// arguments, and must end as `expect` describes.
    pub fn foreign(name: impl Into<String>, expect: Expectation) -> Self {
        Self { expect, foreign: true, ..Self::named(name.into()) }
    }

    /// Returns the case `name` with the defaults of a listing.
    fn named(name: String) -> Self {
        Self {
            name,
            needs: Vec::new(),
            expect: Expectation::ok(),
            deadline: None,
            mutants: Vec::new(),
            gate: None,
            known_bug: None,
            limits: Vec::new(),
            known_failure: None,
            env: Vec::new(),
            args: Vec::new(),
            working_directory: None,
            serial: false,
            merge_output: false,
            skip: None,
            long: false,
            inspection: None,
            foreign: false,
            topic: None,
            explanation: None,
            source: None,
        }
    }

    /// Returns the topic of the case: the topic in the listing, or else the modules in the case's
    /// name (`sums` for `sums::overflows`).
    pub fn topic(&self) -> Option<&str> {
        self.topic.as_deref().or_else(|| Some(self.name.rsplit_once("::")?.0))
    }
}

/// Rounds a deadline up to whole milliseconds and to at least 1 ms, because the listing cannot
/// represent any other deadline.
fn whole_milliseconds(deadline: Duration) -> Duration {
    let millis = deadline.as_nanos().div_ceil(1_000_000).max(1);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// Returns the first capability that `scenario` needs and `target` lacks.
pub fn gate(scenario: &Scenario, target: &Target) -> Option<Gate> {
    scenario.needs.iter().find_map(|need| {
        let reason = capability::missing(*need, target)?;
        Some(Gate::new(need.name(), reason))
    })
}

/// Returns the child's answer for a scenario that held.
pub fn ok_line() -> String {
    format!("{OK}\n")
}

/// Returns the child's answer for a scenario that cannot run because of `gate`.
pub fn skip_line(gate: &Gate) -> String {
    let separator = if gate.is_at_run_time() { "" } else { " " };
    let reason = gate.reason.replace(['\n', '\r'], " ");
    format!("{SKIP}{separator}{}: {reason}\n", gate.capability)
}

/// Returns true if and only if `answer` is the line [`OK`]. `answer` must be the whole standard
/// output. The line may end in CR LF.
pub fn is_ok(answer: &[u8]) -> bool {
    only_line(answer) == Some(OK.as_bytes())
}

/// Parses a `SKIP` answer, which must be the whole standard output. Returns `None` for any other
/// output. The line may end in CR LF.
///
/// For a `SKIP` without a capability, the returned gate has an empty name and an empty reason. The
/// child programs of Go's test suite (testprogcgo) print `SKIP` without a capability. If a colon
/// and a reason follow `SKIP`, the returned gate has only a reason; see [`Gate::is_at_run_time`].
pub fn parse_skip(stdout: &str) -> Option<Gate> {
    let line = std::str::from_utf8(only_line(stdout.as_bytes())?).ok()?;
    let rest = line.strip_prefix(SKIP)?;
    if let Some(reason) = rest.strip_prefix(": ") {
        return Some(Gate::at_run_time(reason));
    }
    match rest.strip_prefix(' ') {
        None if line == SKIP => Some(Gate::new("", "")),
        None => None,
        Some(rest) => {
            let (capability, reason) = rest.split_once(": ").unwrap_or((rest, ""));
            Some(Gate::new(capability, reason))
        }
    }
}

/// Returns the only line of an output, without the LF or CR LF at the end of the line. Terminals,
/// adb, serial consoles and C programs on Windows end lines in CR LF.
fn only_line(output: &[u8]) -> Option<&[u8]> {
    let line = output.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    (!line.contains(&b'\n')).then_some(line)
}

/// Returns true if and only if `name` is valid in a listing.
///
/// A name has 1 to [`NAME_LIMIT`] bytes and does not begin with `-`. The characters of a name are
/// letters, digits, and visible ASCII characters other than `/`. A name has no [hidden
/// characters](is_hidden).
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_LIMIT
        && !name.starts_with('-')
        && name.chars().all(|c| c.is_alphanumeric() || (c.is_ascii_graphic() && c != '/'))
        // A letter can be hidden, because Hangul fillers are letters without a visible shape.
        && !name.chars().any(is_hidden)
}

/// Returns the listing that a child with the given cases prints. The listing has version 1 unless a
/// case needs version 2.
pub fn listing(cases: &[Case]) -> String {
    let version = if cases.iter().any(needs_version_2) { VERSION_2_LINE } else { VERSION_LINE };
    let mut text = format!("{version}\n");
    for case in cases {
        let needs = or_none(case.needs.join(","));
        let deadline =
            case.deadline.map_or(NONE.to_owned(), |limit| format!("{}ms", limit.as_millis()));
        let mutants: Vec<_> = case
            .mutants
            .iter()
            .map(|mutant| format!("{}: {}", mutant.name, Wire(&mutant.expect)))
            .collect();
        let mutants = or_none(mutants.join("; "));
        let gate = case.gate.as_ref().map_or(NONE.to_owned(), |gate| escape(&gate.to_string()));
        let known_bug = or_none(case.known_bug.as_deref().map(escape).unwrap_or_default());
        let limits: Vec<_> =
            case.limits.iter().map(|(limit, amount)| format!("{limit}={amount}")).collect();
        let (name, expect, limits) = (&case.name, Wire(&case.expect), or_none(limits.join(",")));
        write!(
            text,
            "{name}\t{needs}\t{expect}\t{deadline}\t{mutants}\t{gate}\t{known_bug}\t{limits}"
        )
        .expect("writing to a String cannot fail");
        for attribute in attributes(case).into_iter().chain(descriptions(case)) {
            text.extend(["\t", &attribute]);
        }
        text.push('\n');
    }
    text
}

/// Returns true if and only if only a listing of version 2 can contain the case.
fn needs_version_2(case: &Case) -> bool {
    let mutants = case.mutants.iter().map(|mutant| &mutant.expect);
    !attributes(case).is_empty() || !mutants.chain([&case.expect]).all(fits_version_1)
}

/// Returns the fields of a line that only version 2 has. Each field of version 2 begins with a word
/// that names the field.
fn attributes(case: &Case) -> Vec<String> {
    let failure = case.known_failure.iter().map(|failure| format!("fails {}", Wire(failure)));
    let env =
        case.env.iter().map(|(name, value)| format!("env {}={}", escape(name), escape(value)));
    let args = case.args.iter().map(|argument| format!("arg {}", escape(argument)));
    let directory = case.working_directory.iter();
    let directory = directory.map(|path| format!("directory {}", escape(&path.to_string_lossy())));
    let flags = [(case.serial, "serial"), (case.merge_output, "merged"), (case.long, "long")];
    let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.to_owned());
    let skip = case.skip.iter().map(|skip| format!("skips {}", Wire(skip)));
    let inspection = case.inspection.iter().flat_map(|Inspection { command, expect }| {
        let words = command.iter().map(|word| format!("inspect {}", escape(word)));
        let differs = *expect != Inspection::default().expect;
        words.chain(differs.then(|| format!("inspected {}", Wire(expect))))
    });
    let rest = flags.chain(skip).chain(inspection);
    failure.chain(env).chain(args).chain(directory).chain(rest).collect()
}

/// Returns the fields of a line that describe the case to a person. Fields that describe a case are
/// allowed in every version, because a reader can ignore such a field.
fn descriptions(case: &Case) -> impl Iterator<Item = String> {
    let topic = case.topic.iter().map(|topic| format!("topic {}", escape(topic)));
    let explanation = case.explanation.iter();
    let explanation = explanation.map(|text| format!("explains {}", escape(text)));
    let source = case.source.iter();
    let source = source.map(|place| format!("source {}:{}", escape(&place.file), place.line));
    topic.chain(explanation).chain(source)
}

/// Parses a listing.
///
/// # Errors
///
/// Returns an error if the version line is wrong, if a line is invalid, if a name occurs twice, or
/// if the listing has no scenarios.
pub fn parse_listing(text: &str) -> Result<Vec<Case>, ListingError> {
    let mut lines = text.lines();
    let version = match lines.next() {
        None => return Err(ListingError::Empty),
        Some(VERSION_LINE) => Version::One,
        Some(VERSION_2_LINE) => Version::Two,
        Some(other) => return Err(ListingError::Version { line: excerpt(other) }),
    };
    let mut cases = Vec::new();
    let mut seen = BTreeSet::new();
    for (number, line) in (2..).zip(lines) {
        let case =
            parse_line(line, version).map_err(|cause| ListingError::Line { number, cause })?;
        // A listing's line begins with the name of the case.
        if !seen.insert(&line[..case.name.len()]) {
            return Err(ListingError::Duplicate { name: case.name });
        }
        cases.push(case);
    }
    if cases.is_empty() { Err(ListingError::Empty) } else { Ok(cases) }
}

/// Error of an invalid listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListingError {
    /// The listing has no scenario.
    Empty,
    /// The first line is neither [`VERSION_LINE`] nor [`VERSION_2_LINE`].
    Version {
        /// Beginning of the first line.
        line: String,
    },
    /// A line does not describe a scenario.
    Line {
        /// Number of the line, counted from 1.
        number: usize,
        /// Description of the error in the line.
        cause: String,
    },
    /// A name is listed twice.
    Duplicate {
        /// The name.
        name: String,
    },
}

impl fmt::Display for ListingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the listing has no scenario"),
            Self::Version { line } => {
                write!(
                    f,
                    "the first line is `{line}` instead of `{VERSION_LINE}` or `{VERSION_2_LINE}`"
                )
            }
            Self::Line { number, cause } => write!(f, "line {number}: {cause}"),
            Self::Duplicate { name } => write!(f, "the listing has `{name}` twice"),
        }
    }
}

impl std::error::Error for ListingError {}

/// Returns the output of a child for [`ABOUT_FLAG`]: the version line, and a line `NAME: value` for
/// each fact about the target.
pub fn about(facts: &[(&str, String)]) -> String {
    let mut text = format!("{VERSION_LINE}\n");
    for (name, value) in facts {
        writeln!(text, "{name}: {}", escape(value)).expect("writing to a String cannot fail");
    }
    text
}

/// Parses the output of a child for [`ABOUT_FLAG`]. Returns `None` if the text is not a valid
/// output.
pub fn parse_about(text: &str) -> Option<Vec<(String, String)>> {
    let mut lines = text.lines();
    if lines.next() != Some(VERSION_LINE) {
        return None;
    }
    lines
        .map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_owned(), unescape(value).ok()?))
        })
        .collect()
}

fn parse_line(line: &str, version: Version) -> Result<Case, String> {
    let mut fields = line.split('\t');
    let mut field = || fields.next().filter(|text| !text.is_empty() && *text != NONE);
    let name = field().unwrap_or_default();
    if !is_name(name) {
        return Err(format!("`{}` is not a scenario's name", excerpt(name)));
    }
    let needs = field().map(|text| text.split(',').map(str::to_owned).collect());
    let expect = field().map(|text| parse_expectation(text, version)).transpose()?;
    let deadline = field().map(parse_deadline).transpose()?;
    let mutants =
        field().map(|text| text.split("; ").map(|each| parse_mutant(each, version)).collect());
    let gate = field().map(|text| {
        let text = unescape(text)?;
        let (capability, reason) = text.split_once(": ").unwrap_or((&text, ""));
        Ok::<_, String>(Gate::new(capability, reason))
    });
    let known_bug = field().map(unescape).transpose()?;
    let limits = field().map(|text| text.split(',').map(parse_limit).collect());
    let mut case = Case {
        needs: needs.unwrap_or_default(),
        expect: expect.unwrap_or_else(Expectation::ok),
        deadline,
        mutants: mutants.unwrap_or(Ok(Vec::new()))?,
        gate: gate.transpose()?,
        known_bug,
        limits: limits.unwrap_or(Ok(Vec::new()))?,
        ..Case::named(name.to_owned())
    };
    for text in fields.filter(|text| !text.is_empty() && *text != NONE) {
        // A reader of version 1 ignores additional fields. In version 2, an additional field can
        // change what the runner must do, so an unknown field is an error.
        if !describe(&mut case, text)? && version == Version::Two {
            add(&mut case, text)?;
        }
    }
    Ok(case)
}

/// Adds a field that describes the case to a person. Returns false if `text` is a field of another
/// kind.
fn describe(case: &mut Case, text: &str) -> Result<bool, String> {
    match text.split_once(' ') {
        Some(("topic", topic)) => case.topic = Some(unescape(topic)?),
        Some(("explains", text)) => case.explanation = Some(unescape(text)?),
        // A field `source` whose text is not a place counts as an unknown field.
        Some(("source", place)) => match parse_source(place) {
            Some(source) => case.source = Some(Box::new(source)),
            None => return Ok(false),
        },
        _ => return Ok(false),
    }
    Ok(true)
}

/// Adds a field of version 2 to a case.
fn add(case: &mut Case, text: &str) -> Result<(), String> {
    let unknown = || format!("`{}` is not a field such as `env NAME=VALUE`", excerpt(text));
    let flag = match text {
        "serial" => Some(&mut case.serial),
        "merged" => Some(&mut case.merge_output),
        "long" => Some(&mut case.long),
        _ => None,
    };
    if let Some(flag) = flag {
        *flag = true;
        return Ok(());
    }
    let (kind, value) = text.split_once(' ').ok_or_else(unknown)?;
    match kind {
        "fails" => case.known_failure = Some(parse_expectation(value, Version::Two)?),
        "skips" => case.skip = Some(parse_expectation(value, Version::Two)?),
        "inspect" => {
            let inspection = case.inspection.get_or_insert_with(Inspection::default);
            inspection.command.push(unescape(value)?);
        }
        "inspected" => match &mut case.inspection {
            Some(inspection) => inspection.expect = parse_expectation(value, Version::Two)?,
            None => return Err("`inspected` has no `inspect` before it".to_owned()),
        },
        "env" => {
            let (name, value) = value.split_once('=').ok_or_else(unknown)?;
            if name.is_empty() {
                return Err(unknown());
            }
            case.env.push((unescape(name)?, unescape(value)?));
        }
        "arg" => case.args.push(unescape(value)?),
        "directory" => case.working_directory = Some(unescape(value)?.into()),
        _ => return Err(unknown()),
    }
    Ok(())
}

/// Parses the place of a scenario in source code, such as `tests/crash.rs:7`.
fn parse_source(text: &str) -> Option<Source> {
    let (file, line) = text.rsplit_once(':')?;
    let file = unescape(file).ok().filter(|file| !file.is_empty())?;
    Some(Source::new(file, line.parse().ok()?))
}

fn parse_deadline(text: &str) -> Result<Duration, String> {
    text.strip_suffix("ms")
        .and_then(|number| number.parse().ok())
        .filter(|millis| *millis > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`{}` is not a deadline such as `5000ms`", excerpt(text)))
}

fn parse_limit(text: &str) -> Result<(Limit, u64), String> {
    text.split_once('=')
        .and_then(|(name, amount)| Some((Limit::from_name(name)?, amount.parse().ok()?)))
        .ok_or_else(|| format!("`{}` is not a limit such as `open-files=64`", excerpt(text)))
}

fn parse_mutant(text: &str, version: Version) -> Result<Mutant, String> {
    let (name, expect) = text
        .split_once(": ")
        .filter(|(name, _)| is_name(name))
        .ok_or_else(|| format!("`{}` is not a mutant such as `NAME: ok`", excerpt(text)))?;
    Ok(Mutant { name: name.to_owned(), expect: parse_expectation(expect, version)? })
}

fn or_none(text: String) -> String {
    if text.is_empty() { NONE.to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::answer::IntoAnswer;
    use crate::capability::Capability;
    use crate::expectation::{Alternative, Content};
    use crate::signal::Signal;

    /// Returns a scenario without a place in the source code, so that a test can compare its listing
    /// with a text.
    fn bare<R: IntoAnswer>(
        name: impl Into<Cow<'static, str>>,
        run: impl Fn() -> R + Send + Sync + 'static,
    ) -> Scenario {
        let mut scenario = Scenario::new(name, run);
        scenario.source = None;
        scenario
    }

    fn scenario() -> Scenario {
        bare("crate::stack_switch_callback", || {})
            .needs(Capability::Ucontext)
            .mutant("frozen-bounds", Expectation::dies([Signal::Abrt], "fatal: morestack on g0"))
            .mutant("exact", Expectation::exits(2, "a; b | c\\ \t\n"))
            .deadline(Duration::from_secs(5))
            .limit(Limit::OpenFiles, 1)
            .limit(Limit::CpuTime, 600)
            .limit(Limit::OpenFiles, 64)
    }

    #[test]
    fn a_listing_is_read_back_as_it_was_written() {
        let alternatives = vec![
            Alternative::good("swallowed", Expectation::ok()),
            Alternative::known(
                "dies",
                "https://go.dev/issue/62440",
                Expectation::dies([Signal::Segv, Signal::Bus], "x | y"),
            ),
        ];
        let musl = Target::new("x86_64", "linux", "musl", "");
        let cases = vec![
            Case::new(&scenario(), &musl),
            Case::new(&bare("plain", || {}), &musl),
            Case::new(&bare("broken", || {}).known_bug("https://example.org/1?a;b|c\\\t"), &musl),
            Case::new(&bare("several", || {}).expect(Expectation::one_of(alternatives)), &musl),
        ];
        assert_eq!(cases[0].gate.as_ref().unwrap().to_string(), "ucontext: musl has no getcontext");
        assert_eq!(parse_listing(&listing(&cases)).unwrap(), cases);
        assert!(listing(&cases).contains("\t-\tcpu-time=600,open-files=64\n"));
    }

    #[test]
    fn a_listing_has_the_lowest_version_that_can_contain_it() {
        let line = |scenario: Scenario| {
            listing(&[Case::new(&scenario, &Target::new("x86_64", "linux", "gnu", ""))])
        };
        let plain = || bare("a", || {});
        let one = plain().expect(Expectation::dies([Signal::Segv, Signal::Bus], "a & b"));
        assert_eq!(line(one), "testprog 1\na\t-\tdies SIGSEGV,SIGBUS a \\26 b\t-\t-\t-\t-\t-\n");
        for (scenario, rest) in [
            (plain().expect(Expectation::exits([1, 3], "")), "exits 1,3\t-\t-\t-\t-\t-"),
            (plain().expect(Expectation::exits(1..=9, "x")), "exits 1..9 x\t-\t-\t-\t-\t-"),
            (plain().expect(Expectation::crashes()), "crashes\t-\t-\t-\t-\t-"),
            (
                plain().expect(Expectation::ok().stdout("a").stderr(Content::equals(""))),
                "ok & stdout contains a & stderr equals \t-\t-\t-\t-\t-",
            ),
            (
                plain().expect(Expectation::panics("x").stderr(Content::contains_none(["y"]))),
                "panics x & stderr lacks y\t-\t-\t-\t-\t-",
            ),
            (
                plain().known_bug_failing("link", Expectation::fails("odd")),
                "ok\t-\t-\t-\tlink\t-\tfails exits 1 odd",
            ),
            (
                plain().env("A", "b=c").args(["-x", ""]).working_directory("/").serial(),
                "ok\t-\t-\t-\t-\t-\tenv A=b=c\targ -x\targ \tdirectory /\tserial",
            ),
        ] {
            let listing = line(scenario.clone());
            assert_eq!(listing, format!("testprog 2\na\t-\t{rest}\n"));
            let case = Case::new(&scenario, &Target::new("x86_64", "linux", "gnu", ""));
            assert_eq!(parse_listing(&listing), Ok(vec![case]));
        }
    }

    #[test]
    fn a_listing_of_version_1_has_no_words_of_version_2() {
        for expect in ["crashes", "hangs", "exits 1..3", "exits 1,2", "ok & stdout equals x"] {
            let one = parse_listing(&format!("testprog 1\na\t-\t{expect}\n"));
            assert!(one.is_err(), "{expect}");
            let two = parse_listing(&format!("testprog 2\na\t-\t{expect}\n"));
            assert!(two.is_ok(), "{expect}: {two:?}");
        }
        let text = parse_listing("testprog 1\na\t-\tdies SIGABRT x & stdout equals y\n").unwrap();
        let expect = Expectation::dies([Signal::Abrt], "x & stdout equals y");
        assert_eq!(text[0].expect, expect);
    }

    #[test]
    fn a_field_that_version_2_does_not_know_is_refused() {
        for (field, message) in [
            ("colour red", "`colour red` is not a field such as `env NAME=VALUE`"),
            ("env A", "`env A` is not a field such as `env NAME=VALUE`"),
            ("env =a", "`env =a` is not a field such as `env NAME=VALUE`"),
            ("fails x", "`x` is not an expectation such as `dies SIGABRT`"),
            ("skips x", "`x` is not an expectation such as `dies SIGABRT`"),
            ("inspected ok", "`inspected` has no `inspect` before it"),
            ("inspect sh\tinspected x", "`x` is not an expectation such as `dies SIGABRT`"),
        ] {
            let listing = format!("testprog 2\na\t-\t-\t-\t-\t-\t-\t-\t{field}\n");
            let error = parse_listing(&listing).unwrap_err().to_string();
            assert_eq!(error, format!("line 2: {message}"));
        }
        for expect in [
            "ok x",
            "exits 3..1",
            "ok & stdout",
            "ok & stdin equals x",
            "ok & stdout is x",
            "exits ",
        ] {
            assert!(parse_listing(&format!("testprog 2\na\t-\t{expect}\n")).is_err(), "{expect}");
        }
    }

    #[test]
    fn a_listing_of_each_version_has_the_place_of_a_scenario() {
        let target = Target::current();
        for (scenario, version) in [(bare("a", || {}), 1), (bare("a", || {}).serial(), 2)] {
            let place = Source::new("tests/a b;c.rs", 7);
            let case = Case::new(&scenario.source(place), &target);
            let listing = listing(std::slice::from_ref(&case));
            assert!(listing.starts_with(&format!("testprog {version}\n")), "{listing}");
            assert!(listing.ends_with("\tsource tests/a b\\3bc.rs:7\n"), "{listing}");
            assert_eq!(parse_listing(&listing), Ok(vec![case]));
        }
    }

    #[test]
    fn a_text_that_is_no_place_is_an_unknown_field() {
        for text in
            ["source a", "source a:", "source :7", "source a:-1", "source a:b", "source \\x:7"]
        {
            let rest = format!("a\t-\t-\t-\t-\t-\t-\t-\t{text}\n");
            assert!(parse_listing(&format!("testprog 2\n{rest}")).is_err(), "{text}");
            let cases = parse_listing(&format!("testprog 1\n{rest}")).unwrap();
            assert_eq!(cases[0].source, None, "{text}");
        }
    }

    #[test]
    fn a_name_alone_is_a_line() {
        let cases = parse_listing("testprog 1\nplain\n").unwrap();
        assert_eq!(cases, [Case::new(&bare("plain", || {}), &Target::current())]);
    }

    #[test]
    fn a_description_fits_into_version_1() {
        let scenario = bare("a", || {}).topic("sums").explanation("1 + 1\nis 2");
        let case = Case::new(&scenario, &Target::new("x86_64", "linux", "gnu", ""));
        let listing = listing(std::slice::from_ref(&case));
        let fields = "a\t-\tok\t-\t-\t-\t-\t-\ttopic sums\texplains 1 + 1\\0ais 2";
        assert_eq!(listing, format!("testprog 1\n{fields}\n"));
        assert_eq!(parse_listing(&listing), Ok(vec![case.clone()]));
        let second = format!("testprog 2\n{fields}\tserial\n");
        assert_eq!(parse_listing(&second), Ok(vec![Case { serial: true, ..case }]));
    }

    #[test]
    fn a_topic_is_in_the_listing_or_in_the_name() {
        let topic = |line: &str| {
            let cases = parse_listing(&format!("testprog 1\n{line}\n")).expect("it is a listing");
            cases[0].topic().map(str::to_owned)
        };
        assert_eq!(topic("a::b::c").as_deref(), Some("a::b"));
        assert_eq!(topic("a::b\t-\tok\t-\t-\t-\t-\t-\ttopic other").as_deref(), Some("other"));
        assert_eq!(topic("a"), None);
    }

    #[test]
    fn fields_of_later_versions_are_passed_over() {
        assert!(parse_listing("testprog 1\nplain\t-\tok\t-\t-\t-\t-\t-\tnew\tnewer\n").is_ok());
    }

    #[test]
    fn a_broken_listing_is_refused_with_its_cause() {
        for (text, message) in [
            ("", "the listing has no scenario"),
            ("testprog 1\n", "the listing has no scenario"),
            (
                "testprog 3\na\n",
                "the first line is `testprog 3` instead of `testprog 1` or `testprog 2`",
            ),
            (
                "\x1b[31mhello\n",
                "the first line is `\u{fffd}[31mhello` instead of `testprog 1` or `testprog 2`",
            ),
            ("testprog 1\na\nb\na\n", "the listing has `a` twice"),
            ("testprog 1\n\n", "line 2: `` is not a scenario's name"),
            ("testprog 1\ntwo words\n", "line 2: `two words` is not a scenario's name"),
            ("testprog 1\n--list\n", "line 2: `--list` is not a scenario's name"),
            ("testprog 1\n../up\n", "line 2: `../up` is not a scenario's name"),
            (
                "testprog 1\na\t-\tpasses\n",
                "line 2: `passes` is not an expectation such as `dies SIGABRT`",
            ),
            (
                "testprog 1\na\t-\tdies SIGNAL\n",
                "line 2: `dies SIGNAL` is not an expectation such as `dies SIGABRT`",
            ),
            ("testprog 1\na\t-\tok\tsoon\n", "line 2: `soon` is not a deadline such as `5000ms`"),
            ("testprog 1\na\t-\tok\t0ms\n", "line 2: `0ms` is not a deadline such as `5000ms`"),
            ("testprog 1\na\t-\tok\t-\tbad\n", "line 2: `bad` is not a mutant such as `NAME: ok`"),
            (
                "testprog 1\na\t-\tok\t-\t-\t-\t\\x\n",
                "line 2: `\\x` has a backslash without two hexadecimal digits",
            ),
            (
                "testprog 1\na\t-\tok\t-\t-\t-\t-\tcolor=1\n",
                "line 2: `color=1` is not a limit such as `open-files=64`",
            ),
            (
                "testprog 1\na\t-\toneof x\n",
                "line 2: `x` is not an alternative such as `NAME good ok`",
            ),
        ] {
            assert_eq!(parse_listing(text).unwrap_err().to_string(), message, "{text:?}");
        }
    }

    #[test]
    fn a_name_has_nothing_that_cannot_be_seen() {
        assert!(is_name("größe_2") && is_name("a::b") && is_name("x+y=z"));
        for bad in [
            "",
            "-a",
            "a b",
            "a\tb",
            "a/b",
            "\u{202e}abc",
            "a\u{200b}",
            "\u{1b}[2J",
            "a\u{3164}",
            "\u{ffa0}",
        ] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_name_is_limited_and_an_error_quotes_only_its_beginning() {
        let long = "x".repeat(1 << 20);
        let message = parse_listing(&format!("testprog 1\n{long}\n")).unwrap_err().to_string();
        assert!(message.len() < 300, "{}", message.len());
        assert!(is_name(&long[..NAME_LIMIT]) && !is_name(&long[..=NAME_LIMIT]));
    }

    #[test]
    fn facts_are_read_back_as_they_were_written() {
        let facts = [("libc", "glibc".to_owned()), ("kernel", "Linux: 6.1\n".to_owned())];
        let read = parse_about(&about(&facts)).unwrap();
        assert_eq!(read, facts.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(parse_about("hello\n"), None);
        assert_eq!(parse_about("testprog 1\nhello\n"), None);
    }

    #[test]
    fn a_skip_is_read_back_with_its_reason() {
        let gate = Gate { capability: "ucontext".into(), reason: "musl has no getcontext".into() };
        assert_eq!(parse_skip(&skip_line(&gate)), Some(gate));
        let bare = parse_skip("SKIP\n").unwrap();
        assert_eq!(bare.to_string(), "the child gave no reason");
        for other in ["SKIP", "SKIPPED\n", "OK\n", "SKIP a: b\nmore\n", "", "\nSKIP\n"] {
            assert_eq!(parse_skip(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_skip_at_run_time_is_read_back() {
        let gate = Gate::at_run_time("unshare is not permitted:\nEPERM");
        assert_eq!(skip_line(&gate), "SKIP: unshare is not permitted: EPERM\n");
        let read = parse_skip(&skip_line(&gate)).unwrap();
        assert!(read.is_at_run_time());
        assert_eq!(read.to_string(), "unshare is not permitted: EPERM");
        assert!(parse_skip(&skip_line(&Gate::at_run_time(""))).unwrap().is_at_run_time());
        assert!(!parse_skip("SKIP\n").unwrap().is_at_run_time());
        assert_eq!(parse_skip("SKIP:x\n"), None);
    }

    #[test]
    fn one_carriage_return_before_a_line_feed_belongs_to_the_line_ending() {
        assert!(is_ok(b"OK\n") && is_ok(b"OK\r\n"));
        for other in ["OK", "OK\r", "OK\r\r\n", "\rOK\n", "OK\n\r\n", "\r\nOK\r\n", "O\rK\n"] {
            assert!(!is_ok(other.as_bytes()), "{other:?}");
        }
        assert_eq!(parse_skip("SKIP\r\n"), parse_skip("SKIP\n"));
        assert_eq!(parse_skip("SKIP a: b\r\n"), parse_skip("SKIP a: b\n"));
        for other in ["SKIP\r", "SKIP\r\r\n", "SKIP a: b\r\nmore\r\n"] {
            assert_eq!(parse_skip(other), None, "{other:?}");
        }

        let listing = "testprog 1\na\nb\tucontext\tdies SIGSEGV x\\0ay\n";
        assert_eq!(parse_listing(&listing.replace('\n', "\r\n")), parse_listing(listing));
        let message = parse_listing("testprog 1\na\r\r\n").unwrap_err().to_string();
        assert_eq!(message, "line 2: `a\u{fffd}` is not a scenario's name");
        let about = "testprog 1\nlibc: glibc\n";
        assert_eq!(parse_about(&about.replace('\n', "\r\n")), parse_about(about));
    }
}

#[cfg(all(test, not(miri)))]
mod properties {
    use proptest::collection::{btree_set, vec};
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::expectation::{Alternative, Class, Content, Rule, Statuses};
    use crate::signal::Signal;

    const NAME: &str = "[a-z][a-z0-9_:+]{0,12}";

    fn signals() -> impl Strategy<Value = Vec<Signal>> {
        vec(select(vec![Signal::Abrt, Signal::Segv, Signal::Bus, Signal::Number(34)]), 1..4)
    }

    fn statuses() -> impl Strategy<Value = Statuses> {
        let range = (any::<i32>(), any::<i32>()).prop_map(|(a, b)| a.min(b)..=a.max(b));
        prop_oneof![
            any::<i32>().prop_map(Statuses::from),
            vec(range, 1..4).prop_map(Statuses::from)
        ]
    }

    fn content() -> impl Strategy<Value = Content> {
        let text = any::<String>;
        prop_oneof![
            text().prop_map(Content::equals),
            vec(text(), 0..3).prop_map(Content::contains_all),
            vec(text(), 0..3).prop_map(Content::contains_none),
            text().prop_map(Content::starts_with),
            text().prop_map(Content::announced),
            text().prop_map(|pattern| Content(vec![Rule::Matches(pattern)])),
            text().prop_map(|words| Content::judged_by(words, |_: &str| {})),
        ]
    }

    fn simple() -> impl Strategy<Value = Expectation> {
        let ends = prop_oneof![
            Just(Expectation::ok()),
            (signals(), any::<String>())
                .prop_map(|(signals, text)| Expectation::dies(signals, &text)),
            (statuses(), any::<String>()).prop_map(|(set, text)| Expectation::exits(set, &text)),
            Just(Expectation::aborts()),
            Just(Expectation::crashes()),
            any::<String>().prop_map(|message| Expectation::panics(&message)),
            Just(Expectation::hangs()),
            Just(Expectation::any_end()),
        ];
        (ends, option::of(content()), option::of(content())).prop_map(|(ends, stdout, stderr)| {
            let ends = stdout.into_iter().fold(ends, Expectation::stdout);
            stderr.into_iter().fold(ends, Expectation::stderr)
        })
    }

    fn alternative() -> impl Strategy<Value = Alternative> {
        let link = option::of(any::<String>());
        (NAME, link, simple()).prop_map(|(name, link, expect)| {
            let class = link.map_or(Class::Good, |link| Class::Known { link });
            Alternative { name, class, expect }
        })
    }

    fn expectation() -> impl Strategy<Value = Expectation> {
        prop_oneof![simple(), vec(alternative(), 1..4).prop_map(Expectation::one_of)]
    }

    /// Returns a strategy for texts that a listing does not represent as an empty field.
    fn text() -> impl Strategy<Value = String> {
        any::<String>().prop_filter("an empty field", |text| !text.is_empty() && text != NONE)
    }

    fn limits() -> impl Strategy<Value = Vec<(Limit, u64)>> {
        let limit = select(Limit::NAMED).prop_map(|(limit, _)| limit);
        vec((limit, any::<u64>()), 0..3)
    }

    fn case() -> impl Strategy<Value = Case> {
        let mutant = (NAME, expectation()).prop_map(|(name, expect)| Mutant { name, expect });
        let gate = (NAME.prop_map(|name: String| name.replace(':', "-")), any::<String>());
        let gate = gate.prop_map(|(capability, reason)| Gate { capability, reason });
        let deadline = (1..=u64::MAX).prop_map(Duration::from_millis);
        let start = (NAME, vec("[a-z-]{2,8}", 0..3), expectation(), option::of(deadline));
        let end = (vec(mutant, 0..3), option::of(gate), option::of(text()), limits());
        let env = vec(("[A-Z]{1,3}", any::<String>()), 0..3);
        let directory = option::of(text().prop_map(PathBuf::from));
        let flags = (any::<bool>(), any::<bool>(), any::<bool>());
        let second = (option::of(expectation()), env, vec(any::<String>(), 0..3), directory, flags);
        let third = (
            option::of(expectation()),
            option::of(inspection()),
            option::of(text()),
            option::of(text()),
            option::of((text(), any::<u32>()).prop_map(|(file, line)| Source::new(file, line))),
        );
        (start, end, second, third).prop_map(
            |(
                (name, needs, expect, deadline),
                (mutants, gate, known_bug, limits),
                (known_failure, env, args, working_directory, (serial, merge_output, long)),
                (skip, inspection, topic, explanation, source),
            )| Case {
                name,
                needs,
                expect,
                deadline,
                mutants,
                gate,
                known_bug,
                limits,
                known_failure,
                env,
                args,
                working_directory,
                serial,
                merge_output,
                skip,
                long,
                inspection,
                foreign: false,
                topic,
                explanation,
                source: source.map(Box::new),
            },
        )
    }

    fn inspection() -> impl Strategy<Value = Inspection> {
        (vec(any::<String>(), 1..4), expectation())
            .prop_map(|(command, expect)| Inspection { command, expect })
    }

    /// Returns a strategy for sequences of parts of listings. A sequence of parts of listings
    /// reaches more code of the parser than a text of random characters.
    fn almost_a_listing() -> impl Strategy<Value = String> {
        let parts = [
            "testprog 1\n",
            "a",
            "\t",
            "\n",
            "-",
            "ok",
            "dies ",
            "SIGABRT",
            ",",
            "exits ",
            "7",
            "oneof ",
            " | ",
            "good ",
            "known ",
            "\\",
            "0a",
            "; ",
            ": ",
            "5ms",
            "open-files=",
            "crashes",
            "hangs ",
            " & ",
            "stdout ",
            "stderr lacks ",
            "equals ",
            "1..3",
            "env A=",
            "arg ",
            "serial",
            "merged",
            "long",
            "skips ",
            "inspect ",
            "inspected ",
            "any",
            "announced ",
            "fails ",
            "\r",
            "é",
        ];
        let parts = vec(select(parts.to_vec()), 0..40);
        let version = select(&[VERSION_LINE, VERSION_2_LINE][..]);
        (version, parts).prop_map(|(version, parts)| format!("{version}\na\t{}", parts.concat()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_listing_is_read_back(cases in vec(case(), 1..4)) {
            let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
            prop_assume!(names.len() == cases.len());
            prop_assert_eq!(parse_listing(&listing(&cases)), Ok(cases));
        }

        #[test]
        fn a_listing_that_is_read_is_read_back(text in almost_a_listing()) {
            if let Ok(cases) = parse_listing(&text) {
                prop_assert_eq!(parse_listing(&listing(&cases)), Ok(cases));
            }
        }

        #[test]
        fn no_text_breaks_a_parser(text in any::<String>()) {
            let _ = parse_listing(&text);
            let _ = parse_listing(&format!("{VERSION_LINE}\n{text}"));
            let _ = parse_about(&format!("{VERSION_LINE}\n{text}"));
            let _ = parse_skip(&text);
            let _ = parse_skip(&format!("{SKIP} {text}\n"));
        }

        #[test]
        fn every_fact_is_read_back(facts in btree_set((NAME, any::<String>()), 0..4)) {
            let facts: Vec<_> = facts.into_iter().collect();
            let given: Vec<_> = facts.iter().map(|(name, fact)| (&**name, fact.clone())).collect();
            prop_assert_eq!(parse_about(&about(&given)), Some(facts));
        }

        #[test]
        fn every_skip_is_read_back(capability in "[a-z-]{1,12}", reason in "\\PC*") {
            let gate = Gate { capability, reason };
            prop_assert_eq!(parse_skip(&skip_line(&gate)), Some(gate));
        }
    }
}
