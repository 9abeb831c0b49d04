//! Runs a function once in the runner, before the runner's first case.

use std::ffi::OsString;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::answer::{Answer, IntoAnswer};
use crate::protocol::Gate;
use crate::verdict::Verdict;

/// Function that the runner calls once, before its first case, and whose result all cases share.
///
/// If the function returns an error, the runner runs no case, and each case is unresolved. If the
/// function [skips](crate::skip), the runner skips each case.
///
/// ```
/// use testprog_harness::suite::{SetUp, Settings};
///
/// let mut settings = Settings::default();
/// settings.set_up = Some(SetUp::new(|children| {
///     children.env("MODEL", std::env::current_dir()?.join("model.bin"));
///     Ok::<(), std::io::Error>(())
/// }));
/// ```
///
/// The function runs in the process that calls [`Suite::run`](crate::Suite::run), so under
/// cargo-nextest, which starts a runner for each case, the function runs once for each case.
/// `cargo testprog` does not call the function, because the function belongs to the test
/// executable.
#[derive(Clone)]
pub struct SetUp(Arc<Once>);

/// Function, and the function's result after the first call.
struct Once {
    run: Box<Run>,
    result: OnceLock<Result<Variables, Box<Verdict>>>,
}

/// Environment variables with their values.
type Variables = Vec<(OsString, OsString)>;

type Run = dyn Fn(&mut ForChildren) -> Answer + Send + Sync;

/// Values that a set-up passes to the children.
#[derive(Debug)]
pub struct ForChildren {
    env: Variables,
}

impl ForChildren {
    /// Adds an environment variable to every child. A case's own value of the variable takes
    /// precedence over `value`.
    pub fn env(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.env.push((name.into(), value.into()));
    }
}

impl SetUp {
    /// Returns a set-up that calls `run`.
    pub fn new<R: IntoAnswer>(run: impl Fn(&mut ForChildren) -> R + Send + Sync + 'static) -> Self {
        let run = Box::new(move |children: &mut ForChildren| run(children).into_answer());
        Self(Arc::new(Once { run, result: OnceLock::new() }))
    }

    /// Returns the environment variables that the set-up passed to the children, if the set-up has
    /// run and has succeeded.
    pub(crate) fn variables(&self) -> &[(OsString, OsString)] {
        self.0.result.get().and_then(|result| result.as_deref().ok()).unwrap_or_default()
    }

    /// Runs the set-up if the set-up has not run yet, and returns the environment variables for the
    /// children, or the verdict on every case.
    pub(crate) fn ready(&self) -> Result<&[(OsString, OsString)], &Verdict> {
        let Once { run, result } = &*self.0;
        let result = result.get_or_init(|| {
            let mut children = ForChildren { env: Vec::new() };
            match run(&mut children) {
                Answer::Held => Ok(children.env),
                Answer::Skipped(reason) => {
                    Err(Box::new(Verdict::Unsupported(Gate::at_run_time(reason))))
                }
                Answer::DidNotHold(reason) => {
                    Err(Box::new(Verdict::Unresolved(format!("the set-up failed: {reason}"))))
                }
            }
        });
        result.as_deref().map_err(|verdict| &**verdict)
    }
}

impl fmt::Debug for SetUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SetUp").field(&self.0.result.get()).finish()
    }
}
