//! A program's cases: list them, run one, judge it.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::capability::Capability;
use crate::protocol::{self, Case, ListingError};
use crate::spawn::{
    self, Artifacts, Debugger, End, HAS_CORE_FILES, Limit, Options, Outcome, Program,
};
use crate::text::{excerpt, one_line};
use crate::verdict::{self, Verdict};

/// The largest core file that is only written for a debugger, in bytes: writing it takes the time of a case.
const LARGEST_TO_LOOK_AT: u64 = 1 << 30;

/// A program and the cases that it lists.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Suite {
    /// The executable.
    pub program: Program,
    /// Its cases, in the order of the listing.
    pub cases: Vec<Case>,
}

/// What holds for every case of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for on its own")]
pub struct Settings {
    /// The deadline of a case that has none of its own.
    pub deadline: Duration,
    /// The deliberate fault to run under.
    pub mutant: Option<String>,
    /// The capabilities that may be missing; `None` accepts every `SKIP`.
    pub may_lack: Option<Vec<String>>,
    /// Whether an end that is a known fault is a failure; see [`Verdict::strict`].
    pub strict: bool,
    /// What each child may use of the system, unless its case says otherwise.
    pub limits: Vec<(Limit, u64)>,
    /// Called with each piece of what a child prints, as it comes.
    pub on_output: Option<fn(&[u8])>,
    /// Whether children are forked from a process of the program, instead of being started anew; see [`Options::zygote`].
    pub zygote: bool,
    /// Whether a child's standard error goes where its standard output goes; then both are judged as one.
    pub merge_output: bool,
    /// Whether the directory of a case that fails stays for as long as its [`Outcome`] does.
    pub keep_directory: bool,
    /// Whether the core file of a case that fails does.
    pub core_files: bool,
    /// The debugger that looks at a case that fails by a deadline or a crash.
    pub debugger: Option<Debugger>,
}

impl Default for Settings {
    /// The deadline of [`Options::default`], no mutant, and every `SKIP` accepted.
    fn default() -> Self {
        Self {
            deadline: Options::default().deadline,
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
        }
    }
}

impl Settings {
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
            ..Options::default()
        }
    }
}

/// What came of one case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trial {
    /// The judgement.
    pub verdict: Verdict,
    /// What the child did; `None` where the verdict is [`Verdict::Unresolved`].
    pub outcome: Option<Outcome>,
}

impl Trial {
    /// Returns what came of a case, as [`Suite::run`] does.
    pub fn new(verdict: Verdict, outcome: Option<Outcome>) -> Self {
        Self { verdict, outcome }
    }
}

impl Suite {
    /// Returns a program with cases that are known without asking it.
    pub fn new(program: Program, cases: Vec<Case>) -> Self {
        Self { program, cases }
    }

    /// Asks `program` for its cases.
    ///
    /// # Errors
    ///
    /// The program could not be run, or what it printed is not a listing.
    pub fn load(program: Program) -> Result<Self, Error> {
        let text = ask(&program, protocol::LIST_FLAG, Duration::from_secs(30))?;
        match protocol::parse_listing(&text) {
            Ok(cases) => Ok(Self { program, cases }),
            Err(ListingError::Empty) => Err(Error::Empty { program: program.path }),
            Err(cause) => Err(Error::list(&program, cause)),
        }
    }

    /// Reads a list of capabilities, separated by commas, for [`Settings::may_lack`].
    ///
    /// # Errors
    ///
    /// One line for a person: a word that is neither in the platform table nor needed by a case, and those that are.
    pub fn may_lack(&self, names: &str) -> Result<Vec<String>, String> {
        let names: Vec<String> = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        let mut known: Vec<&str> = Capability::ALL.iter().map(Capability::name).collect();
        known.extend(self.cases.iter().flat_map(|case| &case.needs).map(String::as_str));
        known.sort_unstable();
        known.dedup();
        match names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(format!(
                "failed to read `{}`: no such capability; there are {}",
                excerpt(unknown),
                one_line(&known.join(", "))
            )),
            None => Ok(names),
        }
    }

    /// Starts a process of the program from which children can be forked, so that it is known whether it can.
    ///
    /// # Errors
    ///
    /// The program could not be started, or cannot fork itself.
    pub fn prepare_zygote(&self, settings: &Settings) -> Result<(), spawn::Error> {
        spawn::prepare_zygote(&self.program, &settings.options())
    }

    /// Runs one of the cases and judges it.
    pub fn run(&self, case: &Case, settings: &Settings) -> Trial {
        let deadline = case.deadline.unwrap_or(settings.deadline);
        // The case's own limits count: the last one of a kind does.
        let limits = [&*settings.limits, &*case.limits].concat();
        let options = Options { deadline, limits, ..settings.options() };
        match spawn::run(&self.program, &case.name, &options) {
            Err(error) => Trial { verdict: Verdict::Unresolved(error.to_string()), outcome: None },
            Ok(mut outcome) => {
                let verdict = verdict::judge(case, &outcome, deadline);
                let verdict = if settings.strict { verdict.strict() } else { verdict };
                let verdict = match &settings.may_lack {
                    Some(names) => verdict.lacking_only(names),
                    None => verdict,
                };
                // Nobody will look at what is as it should be.
                if verdict.is_accepted(true) {
                    outcome.artifacts = Artifacts::default();
                } else if let Some(debugger) = &settings.debugger {
                    let seen =
                        spawn::look_at(debugger, &self.program, &case.name, &outcome, &options.env);
                    if let Some((backtrace, fault)) = seen {
                        outcome.backtrace = Some(backtrace);
                        outcome.fault = outcome.fault.or(fault);
                    }
                }
                Trial { verdict, outcome: Some(outcome) }
            }
        }
    }
}

/// Asks `program` for the facts about its target, in the order in which it tells them.
///
/// # Errors
///
/// The program could not be run, or it does not tell them.
pub fn about(program: &Program) -> Result<Vec<(String, String)>, Error> {
    // A foreign child that does not know the question may do anything, and the answer is only for the report's head.
    let text = ask(program, protocol::ABOUT_FLAG, Duration::from_secs(5))?;
    protocol::parse_about(&text)
        .ok_or_else(|| Error::list(program, "it tells nothing about itself"))
}

/// Why a program cannot be asked for its cases.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// It could not be run.
    Spawn(spawn::Error),
    /// It lists no scenario.
    Empty {
        /// The executable.
        program: PathBuf,
    },
    /// What it printed cannot be used.
    List {
        /// The executable.
        program: PathBuf,
        /// What is wrong.
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
        match self {
            Self::Spawn(error) => error.fmt(f),
            Self::Empty { program } => {
                write!(f, "failed to list `{}`: {}", program.display(), ListingError::Empty)
            }
            Self::List { program, cause } => {
                write!(f, "failed to list `{}`: {cause}", program.display())
            }
        }
    }
}

impl std::error::Error for Error {}

/// Runs the program with `question` and returns what it answers.
fn ask(program: &Program, question: &str, deadline: Duration) -> Result<String, Error> {
    /// Enough for tens of thousands of cases, and no more than a runner can hold.
    const LONGEST_ANSWER: usize = 8 << 20;
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
            return fail(format!("{question} did not end within {:?}", options.deadline));
        }
    }
    match outcome.stdout.whole().map(String::from_utf8) {
        None => fail(format!("{question} printed more than {} MiB", LONGEST_ANSWER >> 19)),
        Some(Err(_)) => fail(format!("{question} printed bytes that are not UTF-8")),
        Some(Ok(text)) => Ok(text),
    }
}

/// Returns the last line of standard error, as the end of an error message.
fn last_words(outcome: &Outcome) -> String {
    let text = [&*outcome.stderr.head, &*outcome.stderr.tail].concat();
    let text = String::from_utf8_lossy(&text);
    match text.trim_end().lines().last() {
        None | Some("") => String::new(),
        Some(line) => format!(", saying: {}", excerpt(line)),
    }
}
