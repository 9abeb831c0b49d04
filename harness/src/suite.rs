//! Lists a program's cases, runs a case, and judges the case.

mod inspecting;
mod judging;
mod set_up;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::Utf8Error;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use std::{error, fmt};
#[cfg(feature = "libtest")]
use std::{iter, path};

use self::judging::{last_words, scaled};
pub use self::set_up::{ForChildren, SetUp};
use crate::capability::Capability;
use crate::expectation::Ends;
use crate::protocol::{self, Case, ListingError};
use crate::signal::Signal;
use crate::spawn::{
    self, Artifacts, Control, Debugger, End, HAS_CORE_FILES, Limit, Lines, Options, Outcome,
    Output, Program,
};
use crate::text::{excerpt, one_line, seconds};
use crate::verdict::{self, Question, Verdict, Xfail};

/// Maximum size, in bytes, of a core file that is written only for the debugger.
/// `LARGEST_TO_LOOK_AT` is limited because the system writes the core file before the case's
/// deadline.
const LARGEST_TO_LOOK_AT: u64 = 1 << 30;

/// Environment variable with the factor by which every deadline is multiplied; see
/// [`Settings::deadline_scale`]. `cargo testprog` and the trials of libtest-mimic read this
/// variable.
pub const DEADLINE_SCALE: &str = "TESTPROG_DEADLINE_SCALE";

/// Program with the cases that the program lists.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Suite {
    /// Program that every child process executes.
    pub program: Program,
    /// Cases of the program, in the order of the listing.
    pub cases: Vec<Case>,
    /// Messages for [`Suite::left_behind`].
    left_behind: Vec<String>,
    /// Programs of the cases that do not run the suite's program, by the names of the cases.
    programs: BTreeMap<String, Program>,
    /// Names of the cases whose program could not be built, each with the reason.
    unbuilt: BTreeMap<String, String>,
    /// Facts about the target, or `None` if the program reports the facts.
    facts: Option<Vec<(String, String)>>,
}

/// Settings for every case of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "the options are independent of each other")]
pub struct Settings {
    /// Deadline of a case without a deadline of its own.
    pub deadline: Duration,
    /// Factor by which every deadline is multiplied, also a case's own deadline. A program may need
    /// ten times as long in an emulator as on a processor.
    pub deadline_scale: f64,
    /// Time after a child's end within which all processes must have closed the child's output.
    pub leak_timeout: Duration,
    /// Additional environment variables of each child. A case's own variables take precedence over
    /// `env`.
    pub env: Vec<(OsString, OsString)>,
    /// Name of the mutant (deliberate fault) that the cases run under.
    pub mutant: Option<String>,
    /// Names of the capabilities that the target may lack. `None` accepts every `SKIP`.
    pub may_lack: Option<Vec<String>>,
    /// Whether an alternative that is a known fault counts as a failure; see [`Verdict::strict`].
    pub strict: bool,
    /// Cases that are expected to fail, by their names; see [`Verdict::expecting`].
    pub xfail: BTreeMap<String, Xfail>,
    /// Resource limits of each child. A case's own limit on a resource takes precedence over
    /// `limits`.
    pub limits: Vec<(Limit, u64)>,
    /// Function that the runner calls with the lines of a child's output as soon as they arrive;
    /// see [`Options::on_output`].
    pub on_output: Option<fn(&Lines<'_>)>,
    /// Whether to fork children from a zygote instead of starting the program; see
    /// [`Options::zygote`]. If a case has environment variables of its own, the runner starts the
    /// program for the case instead of forking a zygote.
    pub zygote: bool,
    /// Deadline of `program --list`, which is multiplied by `deadline_scale`.
    pub listing_deadline: Duration,
    /// Whether to merge a child's standard error into its standard output. If the two streams are
    /// merged, they are judged as one stream.
    pub merge_output: bool,
    /// Whether to keep the directory of each case that would make a strict run fail. The directory
    /// is removed when the case's [`Outcome`] is dropped.
    pub keep_directory: bool,
    /// Whether to keep the core file of each case that would make a strict run fail. The core file
    /// is removed when the case's [`Outcome`] is dropped.
    pub core_files: bool,
    /// Debugger that examines a child that times out or crashes unexpectedly.
    pub debugger: Option<Debugger>,
    /// Handle with which another thread ends or suspends the children.
    pub control: Option<Control>,
    /// Function that the runner calls once, before its first case.
    pub set_up: Option<SetUp>,
}

impl Default for Settings {
    /// Returns settings with the times of [`Options::default`], without a mutant, and with every
    /// `SKIP` accepted.
    fn default() -> Self {
        Self {
            deadline: Options::default().deadline,
            deadline_scale: 1.0,
            leak_timeout: Options::default().leak_timeout,
            env: Vec::new(),
            mutant: None,
            may_lack: None,
            strict: false,
            xfail: BTreeMap::new(),
            limits: Vec::new(),
            on_output: None,
            zygote: false,
            listing_deadline: Duration::from_secs(30),
            merge_output: false,
            keep_directory: false,
            core_files: false,
            debugger: None,
            control: None,
            set_up: None,
        }
    }
}

impl Settings {
    /// Returns the environment variable that names the mutant.
    fn mutant_env(&self) -> Option<(OsString, OsString)> {
        self.mutant.as_ref().map(|name| (protocol::MUTANT_ENV.into(), name.into()))
    }

    /// Returns the options of a case's child. `further` contains the environment variables that the
    /// set-up returned.
    fn options_of(&self, case: &Case, further: &[(OsString, OsString)]) -> Options {
        let options = self.options();
        // The last value of a variable takes effect, and so does the last limit on a resource.
        let of_case = case.env.iter().map(|(name, value)| (name.into(), value.into()));
        let env = self.env.iter().chain(further).cloned().chain(of_case).chain(self.mutant_env());
        // A child that is expected to hang needs no debugger.
        let hangs = case.expect.singles().iter().any(|single| single.ends == Ends::Hangs);
        Options {
            deadline: self.deadline_of(case),
            limits: [&*self.limits, &*case.limits].concat(),
            env: env.collect(),
            args: case.args.iter().map(OsString::from).collect(),
            omit_name: case.foreign,
            // The variables of a case can change what the program does before `main`, for example
            // in a constructor, and a zygote runs constructors only once.
            zygote: options.zygote && case.env.is_empty(),
            merge_output: options.merge_output || case.merge_output,
            // The runner keeps the child's directory for an inspection, which reads the files in
            // the directory.
            keep_directory: options.keep_directory || case.inspection.is_some(),
            core_file: options.core_file.or_else(|| inspecting::core_file(case)),
            working_directory: case.working_directory.clone(),
            debugger: options.debugger.filter(|_| !hangs),
            ..options
        }
    }

    /// Applies the settings `strict`, `xfail` and `may_lack` to the verdict on a case. These settings
    /// can turn an accepted verdict into a failure, and a failure into an expected failure.
    fn accepted(&self, case: &Case, verdict: Verdict) -> Verdict {
        let verdict = if self.strict { verdict.strict() } else { verdict };
        let verdict = match self.xfail.get(&case.name) {
            Some(xfail) => verdict.expecting(xfail),
            None => verdict,
        };
        match &self.may_lack {
            Some(names) => verdict.lacking_only(names),
            None => verdict,
        }
    }

    /// Returns the deadline of a case, which is the case's own deadline or the deadline of these
    /// settings, multiplied by the scale.
    pub fn deadline_of(&self, case: &Case) -> Duration {
        scaled(case.deadline.unwrap_or(self.deadline), self.deadline_scale)
    }

    /// Returns the options of every child.
    fn options(&self) -> Options {
        Options {
            env: self.env.iter().cloned().chain(self.mutant_env()).collect(),
            on_output: self.on_output,
            limits: self.limits.clone(),
            zygote: self.zygote,
            merge_output: self.merge_output,
            keep_directory: self.keep_directory,
            core_file: match &self.debugger {
                _ if self.core_files => Some(u64::MAX),
                Some(_) if HAS_CORE_FILES => Some(LARGEST_TO_LOOK_AT),
                _ => None,
            },
            debugger: self.debugger.clone(),
            leak_timeout: self.leak_timeout,
            control: self.control.clone(),
            ..Options::default()
        }
    }
}

/// Result of one case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trial {
    /// Verdict on the case.
    pub verdict: Verdict,
    /// Outcome of the child. `outcome` is `None` if the verdict is [`Verdict::Unresolved`].
    pub outcome: Option<Outcome>,
    /// Error because of which the child could not be run, so that the verdict is
    /// [`Verdict::Unresolved`].
    pub error: Option<spawn::Error>,
    /// Text of the child about its failure: the error that the scenario returned, the message of a
    /// panic, or the output in place of an answer.
    pub message: Option<String>,
}

impl Trial {
    /// Returns a result for a case that was not run with [`Suite::run`].
    pub fn new(verdict: Verdict, outcome: Option<Outcome>) -> Self {
        Self { verdict, outcome, error: None, message: None }
    }
}

impl Suite {
    /// Returns a suite with the given cases, without asking the program for a listing.
    pub fn new(program: Program, cases: Vec<Case>) -> Self {
        Self {
            program,
            cases,
            left_behind: Vec::new(),
            programs: BTreeMap::new(),
            unbuilt: BTreeMap::new(),
            facts: None,
        }
    }

    /// Sets the program of one case, in place of [`program`](Self::program).
    pub fn set_program(&mut self, case: impl Into<String>, program: Program) {
        self.programs.insert(case.into(), program);
    }

    /// Marks a case whose program could not be built. The verdict on the case is *unresolved*, with
    /// `reason`.
    pub fn set_unbuilt(&mut self, case: impl Into<String>, reason: impl Into<String>) {
        self.unbuilt.insert(case.into(), reason.into());
    }

    /// Sets the facts about the target, so that the runner does not ask a program for the facts.
    pub fn set_facts(&mut self, facts: Vec<(String, String)>) {
        self.facts = Some(facts);
    }

    /// Returns the facts about the target, or `None` if the program reports the facts
    /// ([`about`]).
    pub fn facts(&self) -> Option<&[(String, String)]> {
        self.facts.as_deref()
    }

    /// Returns the program that the child of a case executes.
    pub fn program_of(&self, case: &Case) -> &Program {
        self.programs.get(&case.name).unwrap_or(&self.program)
    }

    /// Returns the suite with absolute paths of all programs. Cargo starts a test executable in the
    /// directory of its package, so a path relative to this directory would not work in the
    /// directory of a user's shell.
    #[cfg(feature = "libtest")]
    pub(crate) fn with_absolute_paths(mut self) -> Self {
        for program in iter::once(&mut self.program).chain(self.programs.values_mut()) {
            // Without a current directory, no path could be made absolute, and no program started.
            if let Ok(path) = path::absolute(&program.path) {
                program.path = path;
            }
        }
        self
    }

    /// Runs `program --list` and reads the listing that the program prints. The deadline of
    /// `program --list` is the default value of [`Settings::listing_deadline`].
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be run, or if the program's output is not a valid
    /// listing.
    pub fn load(program: Program) -> Result<Self, Error> {
        Self::load_with(program, &Settings::default())
    }

    /// Loads a suite like [`load`](Self::load), but multiplies [`Settings::listing_deadline`] by
    /// [`Settings::deadline_scale`], and ends `program --list` when [`Settings::control`]
    /// interrupts the run. The function ignores all other fields of `settings`.
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be run, or if its output is not a valid listing.
    pub fn load_with(program: Program, settings: &Settings) -> Result<Self, Error> {
        let (text, left_behind) =
            ask(&program, protocol::LIST_FLAG, settings.listing_deadline, settings)?;
        match protocol::parse_listing(&text) {
            Ok(cases) => Ok(Self { left_behind, ..Self::new(program, cases) }),
            Err(ListingError::Empty) => Err(Error::Empty { program: program.path }),
            Err(cause) => Err(Error::Listing { program: program.path, cause }),
        }
    }

    /// Returns messages about what the child `program --list` has left behind: a process that the
    /// runner could not kill, and a directory that the runner could not remove. Each message is one
    /// line. The messages are not errors, because the listing is valid nevertheless.
    pub fn left_behind(&self) -> &[String] {
        &self.left_behind
    }

    /// Parses a comma-separated list of capabilities for [`Settings::may_lack`].
    ///
    /// # Errors
    ///
    /// Returns an error if a name is neither in the platform table nor needed by a case. The error
    /// contains the unknown name and all known names.
    pub fn may_lack(&self, names: &str) -> Result<Vec<String>, UnknownCapability> {
        let names: Vec<String> = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        let mut known: Vec<&str> = Capability::ALL.iter().map(Capability::name).collect();
        known.push(protocol::RUN_TIME);
        known.extend(self.cases.iter().flat_map(|case| &case.needs).map(String::as_str));
        known.sort_unstable();
        known.dedup();
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(UnknownCapability {
                name: unknown.clone(),
                known: known.into_iter().map(str::to_owned).collect(),
            }),
            None => Ok(names),
        }
    }

    /// Starts a zygote for these settings, to check whether the program can serve as a zygote.
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be started or cannot serve as a zygote.
    pub fn prepare_zygote(&self, settings: &Settings) -> Result<(), spawn::Error> {
        spawn::prepare_zygote(&self.program, &settings.options())
    }

    /// Runs a case and judges the outcome of the case. If the settings have a set-up that has not
    /// run yet, runs the set-up first.
    pub fn run(&self, case: &Case, settings: &Settings) -> Trial {
        self.run_seen(case, settings, |_| {})
    }

    /// Works like [`run`](Self::run), but calls `see` with the outcome before the outcome is
    /// judged.
    pub(crate) fn run_seen(
        &self,
        case: &Case,
        settings: &Settings,
        see: impl FnOnce(&mut Outcome),
    ) -> Trial {
        if let Some(reason) = self.unbuilt.get(&case.name) {
            return Trial::new(Verdict::Unresolved(reason.clone()), None);
        }
        // A program that follows the protocol decides itself whether a case can run.
        if let (true, Some(gate)) = (case.foreign, &case.gate) {
            let skipped = Verdict::Unsupported(gate.clone());
            return Trial::new(settings.accepted(case, skipped), None);
        }
        let further = match settings.set_up.as_ref().map_or(Ok(&[][..]), SetUp::ready) {
            Ok(further) => further,
            Err(verdict) => return Trial::new(verdict.clone(), None),
        };
        let options = settings.options_of(case, further);
        // A serial case waits until no other case of this process runs.
        if case.serial {
            let _alone = RUNNING.write().unwrap_or_else(PoisonError::into_inner);
            self.run_now(case, settings, &options, see)
        } else {
            let _beside = RUNNING.read().unwrap_or_else(PoisonError::into_inner);
            self.run_now(case, settings, &options, see)
        }
    }

    fn run_now(
        &self,
        case: &Case,
        settings: &Settings,
        options: &Options,
        see: impl FnOnce(&mut Outcome),
    ) -> Trial {
        let program = self.program_of(case);
        let mut outcome = match spawn::run(program, &case.name, options) {
            Ok(outcome) => outcome,
            Err(error) => {
                let unresolved = Verdict::Unresolved(error.to_string());
                return Trial { error: Some(error), ..Trial::new(unresolved, None) };
            }
        };
        see(&mut outcome);
        let mut ask = |question: &Question<'_>| {
            judging::ask(program, &case.name, question, settings.deadline_scale)
        };
        let verdict = verdict::judge_with(case, &outcome, options.deadline, &mut ask);
        let verdict = inspecting::inspect(case, program, &outcome, options, verdict);
        if case.inspection.is_some() {
            outcome.artifacts.retain(settings.keep_directory, settings.core_files);
        }
        let verdict = settings.accepted(case, verdict);
        // If even a strict run would accept the verdict, keep no artifacts and start no debugger.
        if verdict.is_accepted(true) {
            outcome.artifacts = Artifacts::default();
        } else if let Some(debugger) = &settings.debugger {
            let seen = spawn::look_at(debugger, program, &case.name, &outcome, options);
            if let Some((backtrace, fault)) = seen {
                outcome.backtrace = Some(backtrace);
                outcome.fault = outcome.fault.or(fault);
            }
        }
        let message = verdict::message(case, &outcome, &verdict);
        Trial { message, ..Trial::new(verdict, Some(outcome)) }
    }
}

/// Lock that all running cases of this process share, except a serial case, which holds the lock
/// alone.
static RUNNING: RwLock<()> = RwLock::new(());

/// Runs `program --about` and returns the facts about its target, in the order in which the program
/// prints them. The deadline of `program --about` is 5 s.
///
/// # Errors
///
/// Returns an error if the program cannot be run, or if it does not understand `--about`.
pub fn about(program: &Program) -> Result<Vec<(String, String)>, Error> {
    about_with(program, &Settings::default()).map(|(facts, _)| facts)
}

/// Asks the program like [`about`], but multiplies the deadline of 5 s by
/// [`Settings::deadline_scale`], and ends `program --about` when [`Settings::control`] interrupts
/// the run. The function ignores all other fields of `settings`. Besides the facts, returns messages
/// about what the child `program --about` has left behind, in the form of
/// [`Suite::left_behind`](Suite::left_behind).
///
/// # Errors
///
/// Returns an error if the program cannot be run, or if it does not understand `--about`.
pub fn about_with(program: &Program, settings: &Settings) -> Result<About, Error> {
    // The deadline of `--about` is short, because a foreign program that does not know `--about`
    // may hang, and only the header of a report needs the answer.
    let (text, left_behind) = ask(program, protocol::ABOUT_FLAG, Duration::from_secs(5), settings)?;
    let Some(facts) = protocol::parse_about(&text) else {
        return Err(Error::list(program, NoAnswer::NoFacts, left_behind));
    };
    Ok((facts, left_behind))
}

/// Facts about a target, each with its name, and messages about what the child that reported them
/// has left behind.
pub type About = (Vec<(String, String)>, Vec<String>);

/// Error for a program whose cases cannot be listed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The program could not be run.
    Spawn(spawn::Error),
    /// The program's listing contains no scenario.
    Empty {
        /// Path of the program.
        program: PathBuf,
    },
    /// The program's output is not a valid listing.
    Listing {
        /// Path of the program.
        program: PathBuf,
        /// Error in the listing.
        cause: ListingError,
    },
    /// The program failed, or its output has not the requested format.
    List {
        /// Path of the program.
        program: PathBuf,
        /// Reason why the program did not answer.
        cause: NoAnswer,
        /// Messages about what the child has left behind, as in [`Suite::left_behind`].
        left_behind: Vec<String>,
    },
}

impl Error {
    fn list(program: &Program, cause: NoAnswer, left_behind: Vec<String>) -> Self {
        Self::List { program: program.path.clone(), cause, left_behind }
    }

    /// Returns messages about what the child has left behind: a process that the runner could not
    /// kill, and a directory that the runner could not remove. Each message is one line. The text
    /// of the error also contains the messages about what the child has left behind.
    pub fn left_behind(&self) -> &[String] {
        match self {
            Self::Spawn(error) => error.left_behind(),
            Self::List { left_behind, .. } => left_behind,
            Self::Empty { .. } | Self::Listing { .. } => &[],
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |program: &Path| one_line(&program.to_string_lossy());
        match self {
            Self::Spawn(error) => error.fmt(f),
            Self::Empty { program } => {
                write!(f, "failed to list `{}`: {}", name(program), ListingError::Empty)
            }
            Self::Listing { program, cause } => {
                write!(f, "failed to list `{}`: {}", name(program), one_line(&cause.to_string()))
            }
            Self::List { program, cause, left_behind } => {
                write!(f, "failed to list `{}`: {}", name(program), one_line(&cause.to_string()))?;
                left_behind.iter().try_for_each(|message| write!(f, "; {}", one_line(message)))
            }
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Spawn(error) => error.source(),
            Self::Empty { .. } => Some(&ListingError::Empty),
            Self::Listing { cause, .. } => Some(cause),
            Self::List { cause, .. } => Some(cause),
        }
    }
}

/// Reason why a program did not answer a question, such as `program --list`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoAnswer {
    /// The program exited with a status other than 0.
    #[non_exhaustive]
    Exited {
        /// Argument of the program, such as `--list`.
        question: String,
        /// Exit status of the program.
        status: i32,
        /// Message of the panic, or the last line of standard error. `said` is empty if the program
        /// printed nothing to standard error.
        said: String,
    },
    /// A signal killed the program.
    #[non_exhaustive]
    Died {
        /// Argument of the program, such as `--list`.
        question: String,
        /// The signal.
        signal: Signal,
        /// Message of the panic, or the last line of standard error. `said` is empty if the program
        /// printed nothing to standard error.
        said: String,
    },
    /// The program was still running at the deadline.
    #[non_exhaustive]
    TimedOut {
        /// Argument of the program, such as `--list`.
        question: String,
        /// Deadline of the question.
        deadline: Duration,
    },
    /// The program printed more bytes than the runner keeps.
    #[non_exhaustive]
    TooLong {
        /// Argument of the program, such as `--list`.
        question: String,
        /// Number of bytes that the runner keeps.
        limit: usize,
    },
    /// The program printed bytes that are not UTF-8.
    #[non_exhaustive]
    NotUtf8 {
        /// Argument of the program, such as `--list`.
        question: String,
        /// Place of the first wrong byte.
        error: Utf8Error,
    },
    /// The program's answer to `--about` is not a list of names and values.
    NoFacts,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let saying = |said: &str| match said {
            "" => String::new(),
            said => format!(", saying: {said}"),
        };
        match self {
            Self::Exited { question, status, said } => {
                write!(f, "{question} ended with status {status}{}", saying(said))
            }
            Self::Died { question, signal, said } => {
                write!(f, "{question} died of {signal}{}", saying(said))
            }
            Self::TimedOut { question, deadline } => {
                write!(f, "{question} did not end within {}", seconds(*deadline))
            }
            Self::TooLong { question, limit } => {
                write!(f, "{question} printed more than {} MiB", limit >> 20)
            }
            Self::NotUtf8 { question, .. } => {
                write!(f, "{question} printed bytes that are not UTF-8")
            }
            Self::NoFacts => {
                let flag = protocol::ABOUT_FLAG;
                write!(f, "{flag} did not print a list of names and values")
            }
        }
    }
}

impl error::Error for NoAnswer {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::NotUtf8 { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Error for the name of a capability that is neither in the platform table nor needed by a case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownCapability {
    /// Name of the unknown capability.
    pub name: String,
    /// Names of the known capabilities, in alphabetical order.
    pub known: Vec<String>,
}

impl fmt::Display for UnknownCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "failed to read `{}`: no such capability; the known capabilities are {}",
            excerpt(&self.name),
            one_line(&self.known.join(", "))
        )?;
        if self.name.contains(char::is_whitespace) {
            f.write_str("; commas separate the names of several capabilities")?;
        }
        Ok(())
    }
}

impl error::Error for UnknownCapability {}

/// Runs the program with the single argument `question`. Returns the program's standard output, and
/// a message for each process and each directory that the program has left behind. The program must
/// end within `deadline`, multiplied by [`Settings::deadline_scale`].
fn ask(
    program: &Program,
    question: &str,
    deadline: Duration,
    settings: &Settings,
) -> Result<(String, Vec<String>), Error> {
    /// Number of bytes to keep of the start and of the end of the program's output.
    /// `LONGEST_ANSWER` bytes are enough for a million cases.
    const LONGEST_ANSWER: usize = 64 << 20;
    let options = Options {
        keep_bytes: LONGEST_ANSWER,
        deadline: scaled(deadline, settings.deadline_scale),
        control: settings.control.clone(),
        ..Options::default()
    };
    let outcome = spawn::run(program, question, &options).map_err(Error::Spawn)?;
    let left_behind = outcome.left_behind();
    let fail = |cause| Err(Error::list(program, cause, left_behind.clone()));
    let question = question.to_owned();
    match outcome.end {
        End::Exited(0) => {}
        End::Exited(status) => {
            return fail(NoAnswer::Exited { question, status, said: last_words(&outcome) });
        }
        End::Signaled { signal, .. } => {
            return fail(NoAnswer::Died { question, signal, said: last_words(&outcome) });
        }
        End::TimedOut => {
            return fail(NoAnswer::TimedOut { question, deadline: options.deadline });
        }
    }
    let Output { mut head, tail, dropped } = outcome.stdout;
    head.extend_from_slice(&tail); // an empty `tail` copies nothing
    if dropped > 0 {
        return fail(NoAnswer::TooLong { question, limit: 2 * LONGEST_ANSWER });
    }
    match String::from_utf8(head) {
        Ok(text) => Ok((text, left_behind)),
        Err(error) => fail(NoAnswer::NotUtf8 { question, error: error.utf8_error() }),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn the_reason_why_a_program_did_not_answer_is_the_source_of_the_error() {
        let question = || "--list".to_owned();
        let not_utf8 = String::from_utf8(vec![b'a', 0xff]).unwrap_err().utf8_error();
        let said = || "no such flag".to_owned();
        for (cause, message) in [
            (
                NoAnswer::Exited { question: question(), status: 3, said: said() },
                "--list ended with status 3, saying: no such flag",
            ),
            (
                NoAnswer::Died { question: question(), signal: Signal::Segv, said: String::new() },
                "--list died of SIGSEGV",
            ),
            (
                NoAnswer::TimedOut { question: question(), deadline: Duration::from_secs(2) },
                "--list did not end within 2.000 s",
            ),
            (
                NoAnswer::TooLong { question: question(), limit: 128 << 20 },
                "--list printed more than 128 MiB",
            ),
            (
                NoAnswer::NotUtf8 { question: question(), error: not_utf8 },
                "--list printed bytes that are not UTF-8",
            ),
            (NoAnswer::NoFacts, "--about did not print a list of names and values"),
        ] {
            let source = cause.source().map(ToString::to_string);
            let is_not_utf8 = matches!(cause, NoAnswer::NotUtf8 { .. });
            assert_eq!(source, is_not_utf8.then(|| not_utf8.to_string()));
            let error = Error::list(&Program::new("a\nb"), cause, vec!["x\ny".to_owned()]);
            assert_eq!(error.source().unwrap().to_string(), message);
            assert_eq!(error.to_string(), format!(r"failed to list `a\x0ab`: {message}; x\x0ay"));
            assert_eq!(error.left_behind(), ["x\ny"]);
        }
    }

    #[test]
    fn the_error_in_a_listing_is_the_source_of_the_error() {
        let cause = ListingError::Duplicate { name: "adds".to_owned() };
        let source = cause.to_string();
        let error = Error::Listing { program: "a".into(), cause };
        assert_eq!(error.to_string(), format!("failed to list `a`: {source}"));
        assert_eq!(error.source().unwrap().to_string(), source);
        let error = Error::Empty { program: "a".into() };
        assert_eq!(error.source().unwrap().to_string(), "the listing has no scenario");
        assert!(error.left_behind().is_empty());
    }
}
