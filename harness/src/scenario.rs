//! What a scenario is: a named behavior, what it needs, and how its process must end.

use std::fmt;
use std::time::Duration;

use crate::capability::{Capability, Target};
use crate::limit::Limit;

/// A named behavior that runs in a process of its own.
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
    /// One word that no other scenario of the program has.
    pub name: &'static str,
    /// The facilities it cannot run without. Where one is missing, the child answers `SKIP`.
    pub needs: Vec<Capability>,
    /// How its process must end.
    pub expect: Expectation,
    /// The deliberate faults under which it must fail.
    pub mutants: Vec<Mutant>,
    /// A deadline of its own instead of the runner's.
    pub deadline: Option<Duration>,
    /// What its process may use of the system, whatever the run allows.
    pub limits: Vec<(Limit, u64)>,
    /// Where the bug is followed by which it fails for now, if there is one.
    pub known_bug: Option<String>,
    /// The behavior; its error is the reason why it did not hold, in words for a person.
    pub run: fn() -> Result<(), String>,
}

impl Scenario {
    /// Describes a scenario that needs nothing and must answer `OK`.
    ///
    /// `name` may be a path such as `module_path!()`, of which the last segment counts. So a scenario with a file of its
    /// own is named by that file.
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

    /// Returns the scenario with one more facility that it cannot run without.
    #[must_use]
    pub fn needs(mut self, capability: Capability) -> Self {
        self.needs.push(capability);
        self
    }

    /// Returns the scenario with the way its process must end.
    #[must_use]
    pub fn expect(self, expect: Expectation) -> Self {
        Self { expect, ..self }
    }

    /// Returns the scenario with one more deliberate fault, and how the process must end under it.
    #[must_use]
    pub fn mutant(mut self, name: &str, expect: Expectation) -> Self {
        self.mutants.push(Mutant { name: name.to_owned(), expect });
        self
    }

    /// Returns the scenario with a deadline of its own instead of the runner's.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// Returns the scenario with a limit on what its process may use, which the runner sets before the process starts.
    ///
    /// It holds instead of the same limit of a run, as a deadline does. Of two on the same thing, the last one counts.
    #[must_use]
    pub fn limit(mut self, limit: Limit, amount: u64) -> Self {
        self.limits.retain(|(known, _)| *known != limit);
        self.limits.push((limit, amount));
        self
    }

    /// Returns the scenario with the mark that it fails for now, by a bug that is followed at `link`.
    ///
    /// That it fails is then no reason for a run to fail; that it passes is one, so the mark cannot outlive the bug. An empty
    /// link is no mark.
    #[must_use]
    pub fn known_bug(self, link: &str) -> Self {
        Self { known_bug: Some(link.to_owned()).filter(|link| !link.is_empty()), ..self }
    }
}

/// How a scenario's process must end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Exit status 0, and `OK` as the only line of standard output.
    Ok,
    /// Death by one of `signals`, after `stderr` was printed to standard error (an empty text asks for nothing).
    ///
    /// Several signals are for systems that differ with right on their side: SIGSEGV or SIGBUS on a guard page.
    Dies {
        /// The signals that count.
        signals: Vec<Signal>,
        /// A part of standard error.
        stderr: String,
    },
    /// An exit with `code`, after `stderr` was printed to standard error (an empty text asks for nothing).
    Exits {
        /// The exit status.
        code: i32,
        /// A part of standard error.
        stderr: String,
    },
    /// One of several ends, each with a name that the report shows. Where two of them fit, the first counts.
    OneOf(Vec<Alternative>),
}

impl Expectation {
    /// Returns the expectation of death by one of `signals` after `stderr` was printed.
    pub fn dies(signals: impl Into<Vec<Signal>>, stderr: &str) -> Self {
        Self::Dies { signals: signals.into(), stderr: stderr.to_owned() }
    }

    /// Returns the expectation of an exit with `code` after `stderr` was printed.
    pub fn exits(code: i32, stderr: &str) -> Self {
        Self::Exits { code, stderr: stderr.to_owned() }
    }

    /// Returns the expectation that C's `abort` ends the process after `stderr` was printed: death by SIGABRT.
    ///
    /// # Platform specific behavior
    ///
    /// Windows has no signals between processes. There, `abort` ends the process with
    /// [exit status 3](https://learn.microsoft.com/cpp/c-runtime-library/reference/abort), or, where it reports to the
    /// system first, with a fast fail, which counts as SIGABRT. Both are right; which it is depends on the C runtime.
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

/// One of several ends that a scenario may come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// One word for the report and for grouping targets.
    pub name: String,
    /// Whether this end is right or a known fault.
    pub class: Class,
    /// What it looks like; not [`Expectation::OneOf`] again.
    pub expect: Expectation,
}

impl Alternative {
    /// Returns an end that is right.
    pub fn good(name: &str, expect: Expectation) -> Self {
        Self { name: name.to_owned(), class: Class::Good, expect }
    }

    /// Returns an end that is a known fault, described at `link`.
    pub fn known(name: &str, link: &str, expect: Expectation) -> Self {
        Self { name: name.to_owned(), class: Class::Known { link: link.to_owned() }, expect }
    }
}

/// Whether an [`Alternative`] is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// It is right.
    Good,
    /// It is a fault, known and followed elsewhere.
    Known {
        /// Where it is followed, usually an issue.
        link: String,
    },
}

/// A deliberate fault under which a scenario must fail: the proof that it can.
///
/// The runner hands its name to the child in the environment variable [`MUTANT`](crate::protocol::MUTANT_ENV).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// One word, as in `--mutant NAME`.
    pub name: String,
    /// How the process must end under it, so that it fails for the right reason.
    pub expect: Expectation,
}

/// A signal, by name: its number differs between systems and processors.
///
/// On Windows, the exit statuses that stand for the same event take these names: `0xC0000005` is SIGSEGV.
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
    /// Any other, by its number on the runner's system: a real-time signal, most often.
    Number(i32),
}

impl Signal {
    /// Every signal that has a name, with that name.
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
        // The lower numbers have names, and mean different signals on different systems.
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
                f.write_str(known.expect("every signal but Number is in NAMED").1)
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
