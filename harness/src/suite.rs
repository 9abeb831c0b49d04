//! Lists a program's cases, runs a case, and judges the case.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::capability::Capability;
use crate::protocol::{self, Case, ListingError};
use crate::spawn::{
    self, Artifacts, Control, Debugger, End, HAS_CORE_FILES, Limit, Lines, Options, Outcome,
    Output, Program,
};
use crate::text::{excerpt, one_line, seconds};
use crate::verdict::{self, Verdict};

/// Maximum size, in bytes, of a core file that is written only for the debugger. The size is
/// limited because the system writes the core file before the case's deadline.
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
    /// Name of the mutant (deliberate fault) that the cases run under.
    pub mutant: Option<String>,
    /// Names of the capabilities that the target may lack. `None` accepts every `SKIP`.
    pub may_lack: Option<Vec<String>>,
    /// Whether an alternative that is a known fault counts as a failure; see [`Verdict::strict`].
    pub strict: bool,
    /// Resource limits of each child. A case's own limit on a resource takes precedence.
    pub limits: Vec<(Limit, u64)>,
    /// Function that the runner calls with the lines of a child's output as soon as they arrive;
    /// see [`Options::on_output`].
    pub on_output: Option<fn(&Lines<'_>)>,
    /// Whether to fork children from a zygote instead of starting the program; see
    /// [`Options::zygote`].
    pub zygote: bool,
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
}

impl Default for Settings {
    /// Returns settings with the times of [`Options::default`], without a mutant, and with every
    /// `SKIP` accepted.
    fn default() -> Self {
        Self {
            deadline: Options::default().deadline,
            deadline_scale: 1.0,
            leak_timeout: Options::default().leak_timeout,
            mutant: None,
            may_lack: None,
            strict: false,
            limits: Vec::new(),
            on_output: None,
            zygote: false,
            merge_output: false,
            keep_directory: false,
            core_files: false,
            debugger: None,
            control: None,
        }
    }
}

impl Settings {
    /// Returns the deadline of a case, which is the case's own deadline or the deadline of these
    /// settings, multiplied by the scale.
    pub fn deadline_of(&self, case: &Case) -> Duration {
        scaled(case.deadline.unwrap_or(self.deadline), self.deadline_scale)
    }

    fn options(&self) -> Options {
        let mutant = self.mutant.iter();
        Options {
            env: mutant.map(|name| (protocol::MUTANT_ENV.into(), OsString::from(name))).collect(),
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

/// Multiplies a deadline by `scale`. If the product is too large for a [`Duration`], returns the
/// largest `Duration`.
fn scaled(deadline: Duration, scale: f64) -> Duration {
    Duration::try_from_secs_f64(deadline.as_secs_f64() * scale).unwrap_or(Duration::MAX)
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
}

impl Trial {
    /// Returns a result for a case that was not run with [`Suite::run`].
    pub fn new(verdict: Verdict, outcome: Option<Outcome>) -> Self {
        Self { verdict, outcome, error: None }
    }
}

impl Suite {
    /// Returns a suite with the given cases, without asking the program for a listing.
    pub fn new(program: Program, cases: Vec<Case>) -> Self {
        Self { program, cases }
    }

    /// Runs `program --list` and reads the listing that the program prints. The deadline of
    /// `program --list` is 30 s.
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be run, or if the program's output is not a valid
    /// listing.
    pub fn load(program: Program) -> Result<Self, Error> {
        Self::load_scaled(program, 1.0)
    }

    /// Works like [`load`](Self::load), but with a deadline of 30 s times `scale`.
    ///
    /// # Errors
    ///
    /// Returns an error if the program cannot be run, or if its output is not a valid listing.
    pub fn load_scaled(program: Program, scale: f64) -> Result<Self, Error> {
        let text = ask(&program, protocol::LIST_FLAG, scaled(Duration::from_secs(30), scale))?;
        match protocol::parse_listing(&text) {
            Ok(cases) => Ok(Self { program, cases }),
            Err(ListingError::Empty) => Err(Error::Empty { program: program.path }),
            Err(cause) => Err(Error::list(&program, cause)),
        }
    }

    /// Parses a comma-separated list of capabilities for [`Settings::may_lack`].
    ///
    /// # Errors
    ///
    /// Returns a one-line message if a name is neither in the platform table nor needed by a case.
    /// The message contains the unknown name and all known names.
    pub fn may_lack(&self, names: &str) -> Result<Vec<String>, String> {
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
            Some(unknown) => Err(format!(
                "failed to read `{}`: no such capability; the known capabilities are {}",
                excerpt(unknown),
                one_line(&known.join(", "))
            )),
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

    /// Runs a case and judges the outcome of the case.
    pub fn run(&self, case: &Case, settings: &Settings) -> Trial {
        self.run_seen(case, settings, |_| {})
    }

    /// Does the same as [`run`](Self::run), and calls `see` with the outcome before judging it.
    pub(crate) fn run_seen(
        &self,
        case: &Case,
        settings: &Settings,
        see: impl FnOnce(&mut Outcome),
    ) -> Trial {
        let deadline = settings.deadline_of(case);
        // The limits of the case come after the limits of the run, because the last limit on a
        // resource takes effect.
        let limits = [&*settings.limits, &*case.limits].concat();
        let options = Options { deadline, limits, ..settings.options() };
        match spawn::run(&self.program, &case.name, &options) {
            Err(error) => Trial {
                error: Some(error.clone()),
                ..Trial::new(Verdict::Unresolved(error.to_string()), None)
            },
            Ok(mut outcome) => {
                see(&mut outcome);
                let verdict = verdict::judge(case, &outcome, deadline);
                let verdict = if settings.strict { verdict.strict() } else { verdict };
                let verdict = match &settings.may_lack {
                    Some(names) => verdict.lacking_only(names),
                    None => verdict,
                };
                // If even a strict run would accept the verdict, keep no artifacts and start no
                // debugger.
                if verdict.is_accepted(true) {
                    outcome.artifacts = Artifacts::default();
                } else if let Some(debugger) = &settings.debugger {
                    let seen =
                        spawn::look_at(debugger, &self.program, &case.name, &outcome, &options);
                    if let Some((backtrace, fault)) = seen {
                        outcome.backtrace = Some(backtrace);
                        outcome.fault = outcome.fault.or(fault);
                    }
                }
                Trial::new(verdict, Some(outcome))
            }
        }
    }
}

/// Runs `program --about` and returns the facts about its target, in the order in which the program
/// prints them. The deadline of `program --about` is 5 s.
///
/// # Errors
///
/// Works like [`about`], but with a deadline of 5 s times `scale`.
pub fn about(program: &Program) -> Result<Vec<(String, String)>, Error> {
    about_scaled(program, 1.0)
}

/// Does the same as [`about`], with a deadline of 5 s times `scale`.
///
/// # Errors
///
/// Returns an error if the program cannot be run, or if it does not understand `--about`.
pub fn about_scaled(program: &Program, scale: f64) -> Result<Vec<(String, String)>, Error> {
    // The deadline is short, because a foreign program that does not know `--about` may hang, and
    // only the header of a report needs the answer.
    let text = ask(program, protocol::ABOUT_FLAG, scaled(Duration::from_secs(5), scale))?;
    protocol::parse_about(&text)
        .ok_or_else(|| Error::list(program, "--about did not print a list of names and values"))
}

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
    /// The program failed, or its output is not a valid listing.
    List {
        /// Path of the program.
        program: PathBuf,
        /// Description of the failure or of the invalid output.
        cause: String,
    },
}

impl Error {
    fn list(program: &Program, cause: impl fmt::Display) -> Self {
        Self::List { program: program.path.clone(), cause: cause.to_string() }
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
            Self::List { program, cause } => {
                write!(f, "failed to list `{}`: {}", name(program), one_line(cause))
            }
        }
    }
}

impl std::error::Error for Error {}

/// Runs the program with the single argument `question` and returns the program's standard output.
fn ask(program: &Program, question: &str, deadline: Duration) -> Result<String, Error> {
    /// Number of bytes to keep of the start and of the end of the program's output.
    /// `LONGEST_ANSWER` bytes are enough for a million cases.
    const LONGEST_ANSWER: usize = 64 << 20;
    let options = Options { keep_bytes: LONGEST_ANSWER, deadline, ..Options::default() };
    let outcome = spawn::run(program, question, &options).map_err(Error::Spawn)?;
    let fail = |cause: String| Err(Error::list(program, cause));
    match outcome.end {
        End::Exited(0) => {}
        End::Exited(status) => {
            return fail(format!("{question} ended with status {status}{}", last_words(&outcome)));
        }
        End::Signaled { signal, .. } => {
            return fail(format!("{question} died of {signal}{}", last_words(&outcome)));
        }
        End::TimedOut => {
            return fail(format!("{question} did not end within {}", seconds(options.deadline)));
        }
    }
    let Output { mut head, tail, dropped } = outcome.stdout;
    head.extend_from_slice(&tail); // an empty `tail` copies nothing
    match (dropped == 0).then(|| String::from_utf8(head)) {
        None => fail(format!("{question} printed more than {} MiB", LONGEST_ANSWER >> 19)),
        Some(Err(_)) => fail(format!("{question} printed bytes that are not UTF-8")),
        Some(Ok(text)) => Ok(text),
    }
}

/// Returns the last line of the child's standard error, formatted as the end of an error message.
fn last_words(outcome: &Outcome) -> String {
    let text = [&*outcome.stderr.head, &*outcome.stderr.tail].concat();
    let text = String::from_utf8_lossy(&text);
    match text.trim_end().lines().last() {
        None | Some("") => String::new(),
        Some(line) => format!(", saying: {}", excerpt(line)),
    }
}
