//! Defines requirements on an output stream.

use std::fmt;
use std::sync::Arc;

use crate::answer::{Answer, IntoAnswer};

/// Requirement on what a process prints to one of its output streams.
///
/// A line of a required text may also end in CR LF in the output, because terminals and C programs
/// on Windows end lines in CR LF. Bytes that are not UTF-8 count as U+FFFD.
///
/// The runner judges the requirements of [`equals`](Self::equals), [`contains`](Self::contains),
/// [`contains_all`](Self::contains_all), [`contains_none`](Self::contains_none),
/// [`starts_with`](Self::starts_with), [`announced`](Self::announced) and `matches`. The listing
/// contains the requirements that the runner judges, so `cargo testprog` can judge them too.
///
/// A process of the program judges the requirements of [`judged_by`](Self::judged_by) and
/// `satisfies`, because only the program contains the closures. For a requirement with a closure,
/// the runner passes the output to `PROG --judge`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content(pub(crate) Vec<Rule>);

/// Single rule of a [`Content`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Equals(String),
    Contains(String),
    Lacks(String),
    StartsWith(String),
    /// Requires that the first line is this prefix followed by a text, and that the other lines
    /// contain the text.
    Announced(String),
    /// Regular expression.
    Matches(String),
    Judged(Judged),
}

/// Rule that only the program with the rule's closure can judge.
#[derive(Clone)]
pub(crate) struct Judged {
    /// Description of the rule, which identifies the rule within its scenario.
    pub(crate) words: String,
    /// Closure, or `None` if the rule comes from a listing.
    pub(crate) judge: Option<Arc<Judge>>,
}

/// Closure that returns an explanation if an output does not meet a rule.
type Judge = dyn Fn(&str) -> Result<(), String> + Send + Sync;

impl PartialEq for Judged {
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words
    }
}

impl Eq for Judged {}

impl fmt::Debug for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Judged").field(&self.words).finish()
    }
}

impl Content {
    /// Requires that the output is exactly `text`. An empty `text` requires that nothing was
    /// printed.
    pub fn equals(text: impl Into<String>) -> Self {
        Self(vec![Rule::Equals(text.into())])
    }

    /// Requires that the output contains `text`. An empty `text` requires nothing.
    pub fn contains(text: impl Into<String>) -> Self {
        Self::contains_all([text])
    }

    /// Requires that the output contains each of `texts`, in any order.
    pub fn contains_all(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let texts = texts.into_iter().map(Into::into).filter(|text: &String| !text.is_empty());
        Self(texts.map(Rule::Contains).collect())
    }

    /// Requires that the output contains none of `texts`.
    pub fn contains_none(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(texts.into_iter().map(|text| Rule::Lacks(text.into())).collect())
    }

    /// Requires that the output starts with `text`.
    pub fn starts_with(text: impl Into<String>) -> Self {
        Self(vec![Rule::StartsWith(text.into())])
    }

    /// Requires that the first line of the output is `prefix` followed by a text, and that the other
    /// lines contain this text. A program whose first line is `expect: OK`, for example, announces
    /// that it will print `OK`.
    pub fn announced(prefix: impl Into<String>) -> Self {
        Self(vec![Rule::Announced(prefix.into())])
    }

    /// Requires that a part of the output matches the regular expression `pattern`, in the
    /// [syntax of the crate regex](https://docs.rs/regex/latest/regex/#syntax). Both the program
    /// and the runner must have the feature `regex`, as `cargo testprog` has.
    ///
    /// ```
    /// use testprog_harness::{Content, Expectation};
    ///
    /// Expectation::crashes().stderr(Content::matches(r"(?m)^fault at 0x[0-9a-f]+$"));
    /// ```
    #[cfg(feature = "regex")]
    pub fn matches(pattern: impl Into<String>) -> Self {
        Self(vec![Rule::Matches(pattern.into())])
    }

    /// Requires that the closure `judge` accepts the output. `words` describes the requirement in
    /// reports. Two requirements of a scenario with different closures need different words.
    ///
    /// The closure may return `()` or a `Result`, whose error explains why the output is wrong:
    ///
    /// ```
    /// use testprog_harness::{Content, Expectation};
    ///
    /// let lines = Content::judged_by("an even number of lines", |output: &str| {
    ///     match output.lines().count() {
    ///         even if even % 2 == 0 => Ok(()),
    ///         odd => Err(format!("there are {odd} lines")),
    ///     }
    /// });
    /// Expectation::ok().stdout(lines);
    /// ```
    pub fn judged_by<R: IntoAnswer>(
        words: impl Into<String>,
        judge: impl Fn(&str) -> R + Send + Sync + 'static,
    ) -> Self {
        let judge = move |output: &str| match judge(output).into_answer() {
            Answer::Held => Ok(()),
            Answer::Skipped(reason) | Answer::DidNotHold(reason) => Err(reason),
        };
        Self(vec![Rule::Judged(Judged { words: words.into(), judge: Some(Arc::new(judge)) })])
    }

    /// Requires that the output satisfies a predicate of the [crate
    /// predicates](https://docs.rs/predicates).
    ///
    /// ```
    /// use predicates::prelude::*;
    /// use testprog_harness::{Content, Expectation};
    ///
    /// let one = predicate::str::contains("freed").count(1);
    /// Expectation::ok().stdout(Content::satisfies(one));
    /// ```
    #[cfg(feature = "predicates")]
    pub fn satisfies(predicate: impl predicates::Predicate<str> + Send + Sync + 'static) -> Self {
        use predicates_tree::CaseTreeExt as _;

        Self::judged_by(predicate.to_string(), move |output: &str| {
            match predicate.find_case(false, output) {
                None => Ok(()),
                Some(case) => Err(case.tree().to_string().trim_end().to_owned()),
            }
        })
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::contains(text)
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::contains(text)
    }
}

impl Rule {
    /// Returns the rule in words, as the end of a phrase such as `standard output ...`.
    pub(crate) fn in_words(&self, quoted: impl Fn(&str) -> String) -> String {
        match self {
            Self::Equals(text) if text.is_empty() => "that is empty".to_owned(),
            Self::Equals(text) => format!("equal to {}", quoted(text)),
            Self::Contains(text) => format!("containing {}", quoted(text)),
            Self::Lacks(text) => format!("without {}", quoted(text)),
            Self::StartsWith(text) => format!("starting with {}", quoted(text)),
            Self::Announced(prefix) => {
                format!(
                    "containing the text that its first line announces after {}",
                    quoted(prefix)
                )
            }
            Self::Matches(pattern) => format!("matching the regex {}", quoted(pattern)),
            Self::Judged(Judged { words, .. }) => format!("that meets {}", quoted(words)),
        }
    }
}
