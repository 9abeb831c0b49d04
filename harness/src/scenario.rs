//! Defines a scenario: a named behavior, what it needs, and how its process must end.

use std::fmt;
use std::time::Duration;

use crate::capability::{Capability, Target};
use crate::limit::Limit;

/// Named behavior that runs in a process of its own.
///
/// ```
/// use testprog_harness::{Expectation, Scenario, Signal};
///
/// fn abort() -> Result<(), String> {
///     eprintln!("going down");
///     std::process::abort()
/// }
///
/// let aborts =
///     Scenario::new("aborts", abort).expect(Expectation::dies([Signal::Abrt], "going down"));
/// assert_eq!(aborts.name, "aborts");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Scenario {
    /// Name of the scenario: one word, unique in the program.
    pub name: &'static str,
    /// Capabilities that the scenario needs. If the target lacks one, the child answers `SKIP`.
    pub needs: Vec<Capability>,
    /// Required end of the scenario's process.
    pub expect: Expectation,
    /// Mutants (deliberate faults) under which the scenario must fail.
    pub mutants: Vec<Mutant>,
    /// Deadline of the scenario, in place of the runner's.
    pub deadline: Option<Duration>,
    /// Resource limits of the scenario's process, which take precedence over the run's.
    pub limits: Vec<(Limit, u64)>,
    /// Link to the known bug that makes this scenario fail.
    pub known_bug: Option<String>,
    /// Function to run. The function's error says, in words for a person, why the scenario did not
    /// hold.
    pub run: fn() -> Result<(), String>,
}

impl Scenario {
    /// Returns a scenario that needs no capability and must answer `OK`.
    ///
    /// `name` may be a path such as `module_path!()`, whose last segment becomes the name. A
    /// scenario in a file of its own is thus named after that file.
    pub fn new(name: &'static str, run: fn() -> Result<(), String>) -> Self {
        Self {
            name: name.rsplit("::").next().unwrap_or(name),
            needs: Vec::new(),
            expect: Expectation::Ok,
            mutants: Vec::new(),
            deadline: None,
            limits: Vec::new(),
            known_bug: None,
            run,
        }
    }

    /// Returns the scenario with one more capability that it needs.
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

    /// Returns the scenario with one more mutant, under which its process must end as `expect`
    /// says.
    #[must_use]
    pub fn mutant(mut self, name: &str, expect: Expectation) -> Self {
        self.mutants.push(Mutant { name: name.to_owned(), expect });
        self
    }

    /// Returns the scenario with a deadline of its own, in place of the runner's.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// Returns the scenario with a resource limit, which the runner sets before the process starts.
    ///
    /// The limit takes precedence over the run's limit on the same resource. A later limit on the
    /// same resource replaces an earlier one.
    #[must_use]
    pub fn limit(mut self, limit: Limit, amount: u64) -> Self {
        self.limits.retain(|(known, _)| *known != limit);
        self.limits.push((limit, amount));
        self
    }

    /// Returns the scenario with a known bug that makes it fail, tracked at `link`.
    ///
    /// A failure of the scenario is then XFAIL, which does not fail the run. A pass is XPASS, which
    /// does, so the mark cannot outlive the bug. An empty link sets no mark.
    #[must_use]
    pub fn known_bug(self, link: &str) -> Self {
        Self { known_bug: Some(link.to_owned()).filter(|link| !link.is_empty()), ..self }
    }
}

/// Required end of a scenario's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Exit status 0, with `OK` as the only line of standard output.
    Ok,
    /// Death by one of `signals`, with `stderr` as a part of standard error.
    ///
    /// Several signals are allowed where systems rightly differ: an access to a guard page raises
    /// SIGSEGV or SIGBUS.
    Dies {
        /// Accepted signals.
        signals: Vec<Signal>,
        /// Text that standard error must contain. An empty text requires nothing.
        stderr: String,
    },
    /// Exit with status `code`, with `stderr` as a part of standard error.
    Exits {
        /// Required exit status.
        code: i32,
        /// Text that standard error must contain. An empty text requires nothing.
        stderr: String,
    },
    /// One of several ends, each with a name that the report shows. If several ends match, the
    /// first of them counts.
    OneOf(Vec<Alternative>),
}

impl Expectation {
    /// Returns the expectation of death by one of `signals`, with `stderr` as a part of standard
    /// error.
    pub fn dies(signals: impl Into<Vec<Signal>>, stderr: &str) -> Self {
        Self::Dies { signals: signals.into(), stderr: stderr.to_owned() }
    }

    /// Returns the expectation of an exit with status `code`, with `stderr` as a part of standard
    /// error.
    pub fn exits(code: i32, stderr: &str) -> Self {
        Self::Exits { code, stderr: stderr.to_owned() }
    }

    /// Returns the expectation that C's `abort` ends the process: death by SIGABRT, with `stderr`
    /// as a part of standard error.
    ///
    /// # Platform specific behavior
    ///
    /// Windows has no signals between processes. On Windows, `abort` exits with [status
    /// 3](https://learn.microsoft.com/cpp/c-runtime-library/reference/abort), or ends the process
    /// with a fast fail, which counts as SIGABRT. The C runtime decides which of these happens, and
    /// the expectation accepts both.
    pub fn aborts_in_c(stderr: &str, target: &Target) -> Self {
        const MICROSOFT: i32 = 3;
        let dies = Self::dies([Signal::Abrt], stderr);
        if target.os != "windows" {
            return dies;
        }
        Self::OneOf(vec![
            Alternative::good("fast-fail", dies),
            Alternative::good("status-3", Self::exits(MICROSOFT, stderr)),
        ])
    }
}

/// One of several accepted ends of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// Name of this end: one word, which reports show and by which a matrix groups targets.
    pub name: String,
    /// Whether this end is correct or a known fault.
    pub class: Class,
    /// How the process ends. This end must not be [`Expectation::OneOf`] again.
    pub expect: Expectation,
}

impl Alternative {
    /// Returns a correct end.
    pub fn good(name: &str, expect: Expectation) -> Self {
        Self { name: name.to_owned(), class: Class::Good, expect }
    }

    /// Returns an end that is a known fault, tracked at `link`.
    pub fn known(name: &str, link: &str, expect: Expectation) -> Self {
        Self { name: name.to_owned(), class: Class::Known { link: link.to_owned() }, expect }
    }
}

/// Judgement of an [`Alternative`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// The end is correct.
    Good,
    /// The end is a known fault, which is tracked elsewhere.
    Known {
        /// Link to where the fault is tracked, usually an issue.
        link: String,
    },
}

/// Deliberate fault under which a scenario must fail, which proves that the scenario can fail.
///
/// The runner passes the mutant's name to the child in the environment variable
/// [`TESTPROG_MUTANT`](crate::protocol::MUTANT_ENV).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// Name of the mutant: one word, as in `--mutant NAME`.
    pub name: String,
    /// How the process must end under the mutant, so that it fails for the right reason.
    pub expect: Expectation,
}

/// Signal, by name, because its number differs between systems and architectures.
///
/// On Windows, exit statuses of the same meaning take these names: `0xC0000005` is SIGSEGV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the POSIX or Linux signal of that name")]
pub enum Signal {
    Abrt,
    Alrm,
    Bus,
    Chld,
    Cont,
    Fpe,
    Hup,
    Ill,
    Int,
    Io,
    Kill,
    Pipe,
    Prof,
    Pwr,
    Quit,
    Segv,
    Stkflt,
    Stop,
    Sys,
    Term,
    Trap,
    Tstp,
    Ttin,
    Ttou,
    Urg,
    Usr1,
    Usr2,
    Vtalrm,
    Winch,
    Xcpu,
    Xfsz,
    /// Any other signal, by its number on the runner's system: usually a real-time signal.
    Number(i32),
}

impl Signal {
    /// Every named signal with its name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Abrt, "SIGABRT"),
        (Self::Alrm, "SIGALRM"),
        (Self::Bus, "SIGBUS"),
        (Self::Chld, "SIGCHLD"),
        (Self::Cont, "SIGCONT"),
        (Self::Fpe, "SIGFPE"),
        (Self::Hup, "SIGHUP"),
        (Self::Ill, "SIGILL"),
        (Self::Int, "SIGINT"),
        (Self::Io, "SIGIO"),
        (Self::Kill, "SIGKILL"),
        (Self::Pipe, "SIGPIPE"),
        (Self::Prof, "SIGPROF"),
        (Self::Pwr, "SIGPWR"),
        (Self::Quit, "SIGQUIT"),
        (Self::Segv, "SIGSEGV"),
        (Self::Stkflt, "SIGSTKFLT"),
        (Self::Stop, "SIGSTOP"),
        (Self::Sys, "SIGSYS"),
        (Self::Term, "SIGTERM"),
        (Self::Trap, "SIGTRAP"),
        (Self::Tstp, "SIGTSTP"),
        (Self::Ttin, "SIGTTIN"),
        (Self::Ttou, "SIGTTOU"),
        (Self::Urg, "SIGURG"),
        (Self::Usr1, "SIGUSR1"),
        (Self::Usr2, "SIGUSR2"),
        (Self::Vtalrm, "SIGVTALRM"),
        (Self::Winch, "SIGWINCH"),
        (Self::Xcpu, "SIGXCPU"),
        (Self::Xfsz, "SIGXFSZ"),
    ];

    /// Returns the signal of this name, such as `SIGSEGV` or `SIG34`.
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some((signal, _)) = Self::NAMED.iter().find(|(_, known)| *known == name) {
            return Some(*signal);
        }
        // Numbers below 32 have names and mean different signals on different systems.
        let number = name.strip_prefix("SIG")?.parse().ok().filter(|number| *number >= 32);
        number.map(Self::Number)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "SIG{number}"),
            named => {
                let known = Self::NAMED.iter().find(|(signal, _)| signal == named);
                f.write_str(known.expect("`NAMED` has every signal but `Number`").1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_named_by_its_module() {
        assert_eq!(Scenario::new(module_path!(), || Ok(())).name, "tests");
        assert_eq!(Scenario::new("adds_up", || Ok(())).name, "adds_up");
    }

    #[test]
    fn abort_may_exit_on_windows_alone() {
        let aborts = |os| Expectation::aborts_in_c("a", &Target::new("x86_64", os, "gnu", ""));
        assert_eq!(aborts("linux"), Expectation::dies([Signal::Abrt], "a"));
        let Expectation::OneOf(alternatives) = aborts("windows") else { panic!("one end only") };
        assert_eq!(alternatives[0].expect, aborts("linux"));
        assert_eq!(alternatives[1].expect, Expectation::exits(3, "a"));
    }

    #[test]
    fn a_signal_is_read_back_by_its_name() {
        for (signal, name) in Signal::NAMED {
            assert_eq!(signal.to_string(), *name);
            assert_eq!(Signal::from_name(name), Some(*signal));
        }
        assert_eq!(Signal::from_name("SIG34"), Some(Signal::Number(34)));
        assert_eq!(Signal::from_name("SIG9"), None);
        assert_eq!(Signal::from_name("SIGNAL"), None);
        assert_eq!(Signal::from_name("ABRT"), None);
    }
}
