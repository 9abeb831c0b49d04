//! Defines the expectation of a scenario: how its process must end, and what the process must
//! print.

mod content;
mod statuses;

pub use self::content::Content;
pub(crate) use self::content::{Judged, Rule};
pub use self::statuses::Statuses;

use std::sync::{Arc, LazyLock};

use crate::capability::Target;
use crate::signal::Signal;

/// Required end of a scenario's process, with requirements on its output.
///
/// One of the functions without `self` sets how the process must end. [`stdout`](Self::stdout) and
/// [`stderr`](Self::stderr) add requirements on the two output streams, all of which must hold:
///
/// ```
/// use testprog_harness::{Content, Expectation, Signal};
///
/// Expectation::ok().stdout(Content::equals("first\nsecond\n"));
/// Expectation::dies([Signal::Segv, Signal::Bus], "about to");
/// Expectation::exits([1, 3], "").stderr(Content::contains_none(["panicked", "leak"]));
/// Expectation::exits(10..=12, "").stdout("one of these words");
/// Expectation::crashes().stderr(Content::starts_with("fatal: "));
/// Expectation::panics("index out of bounds");
/// Expectation::hangs();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation(Arc<Kind>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Single(Single),
    OneOf(Vec<Alternative>),
}

/// Expectation without alternatives: one end, and requirements on the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Single {
    pub(crate) ends: Ends,
    /// Rules for standard output. With [`Ends::Answers`], the rules are for the output before the
    /// answer.
    pub(crate) stdout: Vec<Rule>,
    pub(crate) stderr: Vec<Rule>,
}

/// How a process must end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// The process exits with status 0 and answers `OK`.
    Answers,
    Signals(Vec<Signal>),
    Statuses(Statuses),
    /// The process aborts, by C's or Rust's `abort`.
    Aborts,
    /// The process ends neither with success nor with a status from 1 to 127.
    Crashes,
    /// The process ends with a Rust panic.
    Panics,
    /// The process is still running at its deadline.
    Hangs,
    /// The process ends in any way, or is still running at its deadline.
    Any,
}

impl Expectation {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Arc::new(kind))
    }

    fn ends(ends: Ends) -> Self {
        Self::new(Kind::Single(Single { ends, stdout: Vec::new(), stderr: Vec::new() }))
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0
    }

    /// Returns the expectation of exit status 0 and the answer `OK`, which is the only line of
    /// standard output.
    ///
    /// If the expectation also has requirements on standard output, `OK` must be the last line of
    /// standard output, and the requirements apply to the lines before `OK`.
    pub fn ok() -> Self {
        /// Expectation that all scenarios without another expectation share, because a listing may
        /// have a million scenarios that expect `OK`.
        static OK: LazyLock<Expectation> = LazyLock::new(|| Expectation::ends(Ends::Answers));
        OK.clone()
    }

    /// Returns the expectation that one of `signals` kills the process, and that standard error
    /// contains `stderr`. An empty `stderr` matches any standard error.
    ///
    /// `signals` may be one signal (`Signal::Segv`) or an array. Several signals can be listed because
    /// systems differ: for example, an access to a guard page raises SIGSEGV on some systems and
    /// SIGBUS on others.
    pub fn dies(signals: impl Into<Vec<Signal>>, stderr: &str) -> Self {
        Self::ends(Ends::Signals(signals.into())).stderr(stderr)
    }

    /// Returns the expectation that the process exits with one of `statuses`, and that standard
    /// error contains `stderr`. An empty `stderr` matches any standard error.
    ///
    /// `statuses` may be one status (`3`), an array (`[1, 3]`), or a range (`1..=127`).
    pub fn exits(statuses: impl Into<Statuses>, stderr: &str) -> Self {
        Self::ends(Ends::Statuses(statuses.into())).stderr(stderr)
    }

    /// Returns the expectation that a check of the scenario fails, with a reason that contains
    /// `reason`.
    ///
    /// A child whose scenario does not hold exits with status 1 and prints the reason to standard
    /// error. The expectation `fails` is useful for a known bug, whose scenario returns an `Err`.
    pub fn fails(reason: &str) -> Self {
        Self::exits(1, reason)
    }

    /// Returns the expectation that the process aborts.
    ///
    /// # Platform specific behavior
    ///
    /// On Unix, SIGABRT must kill the process. On Windows, the process must end with a fast fail,
    /// which counts as SIGABRT, or exit with [status
    /// 3](https://learn.microsoft.com/cpp/c-runtime-library/reference/abort), as `abort` of
    /// Microsoft's C runtime does.
    pub fn aborts() -> Self {
        Self::ends(Ends::Aborts)
    }

    /// Returns the expectation that the process crashes: its end is neither success nor an exit
    /// with a status from 1 to 127.
    ///
    /// On Unix, any signal or a status above 127 is a crash. On Windows, a fatal exception or a
    /// negative status is a crash. The same definition of a crash is used by `run-crash` in the
    /// tests of the Rust compiler
    /// ([rust-lang/rust#143002](https://github.com/rust-lang/rust/pull/143002)).
    pub fn crashes() -> Self {
        Self::ends(Ends::Crashes)
    }

    /// Returns the expectation that the process ends with a Rust panic whose message contains
    /// `message`.
    ///
    /// The process exits with status 101 if panics unwind, and aborts if panics abort or if a panic
    /// reaches a function that cannot unwind. Standard error contains `panicked at` and `message`.
    pub fn panics(message: &str) -> Self {
        Self::ends(Ends::Panics).stderr(message)
    }

    /// Returns the expectation that the process is still running at its deadline. At the deadline,
    /// the runner kills the process.
    ///
    /// A scenario with this expectation always runs until its deadline, so give the scenario a
    /// short [deadline](crate::Scenario::deadline).
    pub fn hangs() -> Self {
        Self::ends(Ends::Hangs)
    }

    /// Returns the expectation that only has requirements on the output: the process may end in any
    /// way, and may still be running at its deadline.
    pub fn any_end() -> Self {
        Self::ends(Ends::Any)
    }

    /// Returns the expectation of one of several alternatives. The report shows the name of the
    /// alternative that matched. If several alternatives match, the first matching alternative
    /// counts.
    pub fn one_of(alternatives: impl Into<Vec<Alternative>>) -> Self {
        Self::new(Kind::OneOf(alternatives.into()))
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
        Self::one_of([
            Alternative::good("fast-fail", dies),
            Alternative::good("status-3", Self::exits(MICROSOFT, stderr)),
        ])
    }

    /// Returns the expectation with a requirement on standard output. A string is a text that
    /// standard output must contain. The requirement applies to every alternative of the
    /// expectation.
    ///
    /// If standard error is merged into standard output, the requirement applies to the merged
    /// output.
    #[must_use]
    pub fn stdout(self, content: impl Into<Content>) -> Self {
        let Content(rules) = content.into();
        self.each(|single| single.stdout.extend_from_slice(&rules))
    }

    /// Returns the expectation with a requirement on standard error. A string is a text that
    /// standard error must contain. The requirement applies to every alternative of the
    /// expectation.
    ///
    /// If standard error is merged into standard output, the requirement applies to the merged
    /// output.
    #[must_use]
    pub fn stderr(self, content: impl Into<Content>) -> Self {
        let Content(rules) = content.into();
        self.each(|single| single.stderr.extend_from_slice(&rules))
    }

    fn each(mut self, change: impl Fn(&mut Single)) -> Self {
        match Arc::make_mut(&mut self.0) {
            Kind::Single(single) => change(single),
            Kind::OneOf(alternatives) => {
                for Alternative { expect, .. } in alternatives {
                    if let Kind::Single(single) = Arc::make_mut(&mut expect.0) {
                        change(single);
                    }
                }
            }
        }
        self
    }

    /// Returns the alternatives, or `None` if the expectation has only one end.
    pub fn alternatives(&self) -> Option<&[Alternative]> {
        match self.kind() {
            Kind::Single(_) => None,
            Kind::OneOf(alternatives) => Some(alternatives),
        }
    }

    /// Returns true if the process may end in any way.
    pub(crate) fn has_any_end(&self) -> bool {
        self.singles().iter().all(|single| single.ends == Ends::Any)
    }

    /// Returns the expectations of the alternatives, or the expectation itself if there are no
    /// alternatives.
    pub(crate) fn singles(&self) -> Vec<&Single> {
        match self.kind() {
            Kind::Single(single) => vec![single],
            Kind::OneOf(alternatives) => {
                alternatives.iter().flat_map(|each| each.expect.singles()).collect()
            }
        }
    }
}

impl Single {
    /// Returns the rules for both streams.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.stdout.iter().chain(&self.stderr)
    }
}

/// One of several accepted ends of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alternative {
    /// Name of this end: one word. Reports show the name, and a matrix groups targets by the name.
    pub name: String,
    /// Whether this end is correct or a known fault.
    pub class: Class,
    /// Expected end of the process, which must not have alternatives of its own.
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
#[non_exhaustive]
pub enum Class {
    /// The end is correct.
    Good,
    /// The end is a known fault, which an issue tracks.
    Known {
        /// Link to the issue that tracks the fault.
        link: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abort_may_exit_on_windows_alone() {
        let aborts = |os| Expectation::aborts_in_c("a", &Target::new("x86_64", os, "gnu", ""));
        assert_eq!(aborts("linux"), Expectation::dies([Signal::Abrt], "a"));
        let windows = aborts("windows");
        let Some(alternatives) = windows.alternatives() else { panic!("one end only") };
        assert_eq!(alternatives[0].expect, aborts("linux"));
        assert_eq!(alternatives[1].expect, Expectation::exits(3, "a"));
    }

    #[test]
    fn one_signal_needs_no_array() {
        let one = Expectation::dies(Signal::Segv, "a");
        assert_eq!(one, Expectation::dies([Signal::Segv], "a"));
        assert_ne!(one, Expectation::dies([Signal::Segv, Signal::Bus], "a"));
    }

    #[test]
    fn a_requirement_on_a_stream_is_one_on_each_alternative() {
        let ends = || {
            [
                Alternative::good("ran", Expectation::ok()),
                Alternative::good("left", Expectation::exits(3, "")),
            ]
        };
        let expect = Expectation::one_of(ends()).stderr("a").stdout(Content::equals("b"));
        let each = ends().map(|each| Alternative {
            expect: each.expect.stdout(Content::equals("b")).stderr("a"),
            ..each
        });
        assert_eq!(expect, Expectation::one_of(each));
        assert_ne!(expect, Expectation::one_of(ends()));
    }
}
