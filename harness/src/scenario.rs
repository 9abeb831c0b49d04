//! Defines a scenario: a named behavior, what it needs, and how its process must end.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::answer::{Answer, IntoAnswer};
use crate::capability::{Capability, Target};
use crate::limit::Limit;

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
    /// Capabilities that the scenario needs. If the target lacks one of these capabilities, the
    /// child answers `SKIP`.
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
    run: Run,
}

/// Function that the child calls to run a scenario.
#[derive(Clone)]
struct Run(Arc<dyn Fn() -> Answer + Send + Sync>);

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Run(..)")
    }
}

impl Scenario {
    /// Returns a scenario that needs no capability and must answer `OK`.
    ///
    /// The child calls `run`, which may return `()` or a `Result`; see [`IntoAnswer`].
    pub fn new<R: IntoAnswer>(
        name: impl Into<Cow<'static, str>>,
        run: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            needs: Vec::new(),
            expect: Expectation::Ok,
            mutants: Vec::new(),
            deadline: None,
            limits: Vec::new(),
            known_bug: None,
            run: Run(Arc::new(move || run().into_answer())),
        }
    }

    /// Returns a scenario whose name is the last segment of the path of a module.
    ///
    /// With `module_path!()` as `module`, a scenario has the name of the file that defines the
    /// scenario.
    pub fn of_module<R: IntoAnswer>(
        module: &'static str,
        run: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Self::new(module.rsplit("::").next().unwrap_or(module), run)
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
    /// Death by one of `signals`, with standard error that contains `stderr`.
    ///
    /// Several signals can be listed because systems differ: for example, an access to a guard page
    /// raises SIGSEGV on some systems and SIGBUS on others.
    Dies {
        /// Accepted signals.
        signals: Vec<Signal>,
        /// Text that standard error must contain. An empty string matches any standard error.
        stderr: String,
    },
    /// Exit with status `code`, with standard error that contains `stderr`.
    Exits {
        /// Required exit status.
        code: i32,
        /// Text that standard error must contain. An empty string matches any standard error.
        stderr: String,
    },
    /// One of several alternatives for how the process ends. The report shows the name of the
    /// alternative that matched. If several alternatives match, the first matching alternative
    /// counts.
    OneOf(Vec<Alternative>),
}

impl Expectation {
    /// Returns the expectation that one of `signals` kills the process, and that standard error
    /// contains `stderr`.
    pub fn dies(signals: impl Into<Vec<Signal>>, stderr: &str) -> Self {
        Self::Dies { signals: signals.into(), stderr: stderr.to_owned() }
    }

    /// Returns the expectation that the process exits with status `code`, and that standard error
    /// contains `stderr`.
    pub fn exits(code: i32, stderr: &str) -> Self {
        Self::Exits { code, stderr: stderr.to_owned() }
    }

    /// Returns the expectation that C's `abort` ends the process and that standard error contains
    /// `stderr`. On Unix, `abort` kills the process by SIGABRT.
    ///
    /// # Platform specific behavior
    ///
    /// On Windows, `abort` exits with [status
    /// 3](https://learn.microsoft.com/cpp/c-runtime-library/reference/abort), or ends the process
    /// with a fast fail, which counts as SIGABRT. The C runtime of the target decides between
    /// status 3 and a fast fail, and the expectation accepts both.
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
    /// Name of this end: one word. Reports show the name, and a matrix groups targets by the name.
    pub name: String,
    /// Whether this end is correct or a known fault.
    pub class: Class,
    /// Expected end of the process, which must not be [`Expectation::OneOf`] again.
    pub expect: Expectation,
}

impl Alternative {
    /// Returns an alternative that is a correct end.
    pub fn good(name: &str, expect: Expectation) -> Self {
        Self { name: name.to_owned(), class: Class::Good, expect }
    }

    /// Returns an alternative that is a known fault, which is tracked at `link`.
    pub fn known(name: &str, link: &str, expect: Expectation) -> Self {
        Self { name: name.to_owned(), class: Class::Known { link: link.to_owned() }, expect }
    }
}

/// Classification of an [`Alternative`] as a correct end or a known fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// The end is correct.
    Good,
    /// The end is a known fault, which an issue tracks.
    Known {
        /// Link to the issue that tracks the fault.
        link: String,
    },
}

/// Deliberate fault under which a scenario must fail. A failure under the mutant proves that the
/// scenario can detect a fault of this kind.
///
/// The runner passes the mutant's name to the child in the environment variable
/// [`TESTPROG_MUTANT`](crate::protocol::MUTANT_ENV).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// Name of the mutant: one word, as in `--mutant NAME`.
    pub name: String,
    /// Required end of the scenario's process under the mutant. The expectation ensures that the
    /// scenario fails for the right reason.
    pub expect: Expectation,
}

/// Signal, identified by its name, because a signal's number differs between systems and
/// architectures.
///
/// On Windows, the runner reports a fatal exit status as the signal with the same meaning, for
/// example `0xC0000005` as SIGSEGV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the POSIX or Linux signal of the same name")]
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
    /// Signal without a variant of its own, usually a real-time signal, by its number on the
    /// runner's system.
    Number(i32),
}

impl Signal {
    /// Every signal that has a variant, with its name, such as `SIGSEGV`.
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
        // The function rejects `SIG` with a number below 32, because signals below 32 have names,
        // and their numbers differ between systems.
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
        assert_eq!(Scenario::of_module(module_path!(), || {}).name, "tests");
        assert_eq!(Scenario::of_module("adds_up", || {}).name, "adds_up");
    }

    #[test]
    fn a_name_keeps_its_modules() {
        assert_eq!(Scenario::new("sums::overflows", || {}).name, "sums::overflows");
        assert_eq!(Scenario::new(format!("case_{}", 7), || {}).name, "case_7");
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
