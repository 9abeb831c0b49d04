//! Defines the result of a scenario's function: the scenario held, did not hold, or skips itself.

use std::fmt::{self, Display};
use std::sync::{Mutex, PoisonError};

/// Result of a scenario's function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// The scenario held: none of the scenario's checks failed.
    Held,
    /// The scenario cannot run on this computer, for this reason.
    Skipped(String),
    /// The scenario did not hold: one of the scenario's checks failed, for this reason.
    DidNotHold(String),
}

/// Type that a scenario's function may return.
///
/// `()` means that the scenario held. `Result<(), E>` means that the scenario held if the value is
/// `Ok`. `Err` means that the scenario did not hold, or that the scenario [skips](skip) itself. `E`
/// may be any type that can be displayed, so the function can use `?`:
///
/// ```
/// use std::error::Error;
///
/// use testprog_harness::{Scenario, skip};
///
/// fn reads_a_number() -> Result<(), Box<dyn Error>> {
///     let number: i32 = "12".parse()?;
///     if number == 13 {
///         return Err(skip("13 brings bad luck").into());
///     }
///     Ok(())
/// }
///
/// let mut scenarios = vec![Scenario::new("numbers::reads", reads_a_number)];
/// for size in [1, 1000] {
///     scenarios.push(Scenario::new(format!("allocates_{size}"), move || {
///         assert_eq!(vec![0; size].len(), size);
///     }));
/// }
/// assert_eq!(scenarios[2].name, "allocates_1000");
/// ```
#[diagnostic::on_unimplemented(
    message = "a scenario cannot return `{Self}`",
    label = "expected `()`, or `Result<(), E>` with an `E` that implements `Display`"
)]
pub trait IntoAnswer {
    /// Converts the returned value into an answer.
    fn into_answer(self) -> Answer;
}

impl IntoAnswer for Answer {
    fn into_answer(self) -> Answer {
        self
    }
}

impl IntoAnswer for () {
    fn into_answer(self) -> Answer {
        Answer::Held
    }
}

impl<E: Display> IntoAnswer for Result<(), E> {
    fn into_answer(self) -> Answer {
        match self.map_err(|error| error.to_string()) {
            Ok(()) => Answer::Held,
            Err(text) => match Skip::recorded(&text) {
                Some(reason) => Answer::Skipped(reason),
                None => Answer::DidNotHold(text),
            },
        }
    }
}

/// Type of a closure that never returns, such as `|| std::process::abort()`.
impl IntoAnswer for <fn() -> ! as never::Returns>::Value {
    fn into_answer(self) -> Answer {
        self
    }
}

mod never {
    /// Trait that names the type `!`, which stable Rust can name only in the signature of a
    /// function.
    #[expect(unnameable_types, reason = "the trait only names a type")]
    pub trait Returns {
        /// Type that the function returns.
        type Value;
    }

    impl<T> Returns for fn() -> T {
        type Value = T;
    }
}

/// Error with which a scenario skips itself; see [`skip`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    reason: String,
}

/// Reason of each value of [`Skip`] that this process has created.
static REASONS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Returns an error with which a scenario skips itself, because the scenario cannot run on this
/// computer for the given reason.
///
/// `?` and `into` may convert the error into another error type. The scenario still skips itself if
/// the converted error displays the same text as the original error.
///
/// ```
/// use testprog_harness::{Answer, IntoAnswer, skip};
///
/// fn enters_a_namespace() -> Result<(), Box<dyn std::error::Error>> {
///     Err(skip("unshare is not permitted"))?
/// }
///
/// let answer = enters_a_namespace().into_answer();
/// assert_eq!(answer, Answer::Skipped("unshare is not permitted".to_owned()));
/// ```
///
/// The word `run-time` in the list of accepted skips (`TESTPROG_MAY_LACK`, `--may-lack`) accepts
/// every skip that a scenario decides while it runs.
pub fn skip(reason: impl Into<String>) -> Skip {
    let reason = reason.into();
    let mut reasons = REASONS.lock().unwrap_or_else(PoisonError::into_inner);
    if !reasons.contains(&reason) {
        reasons.push(reason.clone());
    }
    Skip { reason }
}

impl Skip {
    /// Text before the reason of a displayed [`Skip`].
    const PREFIX: &'static str = "skipped: ";

    /// Returns the reason of the [`Skip`] whose displayed text is `text`, or `None` if there is no
    /// such `Skip`. The function compares the error's text and not its type, because an error such
    /// as `anyhow::Error` or a `String` hides the type.
    fn recorded(text: &str) -> Option<String> {
        let reason = text.strip_prefix(Self::PREFIX)?;
        let reasons = REASONS.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.iter().find(|known| *known == reason).cloned()
    }
}

impl Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, self.reason)
    }
}

impl std::error::Error for Skip {}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn a_skip_survives_every_conversion() {
        let boxed = || -> Result<(), Box<dyn Error + Send + Sync>> { Err(skip("no unshare"))? };
        let skipped = Answer::Skipped("no unshare".to_owned());
        assert_eq!(boxed().into_answer(), skipped);
        assert_eq!(Err(skip("no unshare")).into_answer(), skipped);
        assert_eq!(Err(skip("no unshare").to_string()).into_answer(), skipped);
    }

    #[test]
    fn an_error_that_only_looks_like_a_skip_is_an_error() {
        for text in ["skipped: nothing of this", "no unshare", ""] {
            assert_eq!(Err(text).into_answer(), Answer::DidNotHold(text.to_owned()));
        }
    }

    #[test]
    fn a_scenario_may_return_nothing_or_a_result_or_never() {
        fn answer<R: IntoAnswer>(run: impl Fn() -> R) -> Answer {
            run().into_answer()
        }
        assert_eq!(answer(|| {}), Answer::Held);
        assert_eq!(answer(|| Ok::<(), String>(())), Answer::Held);
        assert_eq!(answer(|| "x".parse::<i32>().map(drop)), {
            Answer::DidNotHold("invalid digit found in string".to_owned())
        });
        // The test does not run the scenario, because `abort` would end this process.
        crate::Scenario::new("never", || std::process::abort());
    }
}
