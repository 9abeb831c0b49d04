//! The command `cargo testprog` from outside, in one test executable, which Cargo links once.
//!
//! The executable is also the child of the trials in [`crash`].
#![expect(clippy::unwrap_used, reason = "clippy takes only `#[test]` functions for tests")]

#[cfg(unix)]
mod cli;
mod compare;
#[cfg(unix)]
mod crash;
mod docs;
mod documents;
#[cfg(unix)]
mod formats;
#[cfg(unix)]
mod junit;
#[cfg(unix)]
mod many;
#[cfg(unix)]
mod matrix;
mod merge;
mod page;
#[cfg(unix)]
mod port;
#[cfg(unix)]
mod script;
#[path = "../trial/mod.rs"]
mod trial;

use std::process::ExitCode;

use self::trial::{Check, Stop};

/// Returns a trial for each test function, named after its module and itself.
macro_rules! trials {
    ($($test:ident),* $(,)?) => { vec![$($crate::gated_trial!($test, || None)),*] };
}
use trials;

/// Returns a trial for a test function that needs something of the machine.
macro_rules! gated_trial {
    ($test:ident, $missing:expr) => {
        $crate::trial::trial(
            $crate::name(concat!(module_path!(), "::", stringify!($test))),
            $missing,
            || $crate::Ended::ended($test()),
        )
    };
}
use gated_trial;

/// Result of a test function.
trait Ended {
    fn ended(self) -> Check;
}

/// A test function that returns nothing panics when it finds a fault.
impl Ended for () {
    fn ended(self) -> Check {
        Ok(())
    }
}

impl Ended for Check {
    fn ended(self) -> Check {
        self
    }
}

impl Ended for Result<(), String> {
    fn ended(self) -> Check {
        self.map_err(Stop::from)
    }
}

/// Removes the name of this crate from the path of a function.
fn name(path: &str) -> &str {
    path.split_once("::").map_or(path, |(_, rest)| rest)
}

fn main() -> ExitCode {
    #[cfg(unix)]
    if let Some(status) = crash::answer() {
        return status;
    }
    let mut trials = Vec::new();
    // The longest trials start first.
    #[cfg(unix)]
    trials.extend(
        [port::trials(), crash::trials(), matrix::trials(), many::trials()].into_iter().flatten(),
    );
    trials.extend(
        [page::trials(), merge::trials(), compare::trials(), docs::trials()].into_iter().flatten(),
    );
    #[cfg(unix)]
    trials.extend([formats::trials(), junit::trials(), cli::trials()].into_iter().flatten());
    // Most trials wait for a child most of their time.
    trial::run(trials, 4)
}
