//! Macros that turn test functions into trials (tests of libtest-mimic), each named after its
//! module and its function.

use crate::trial::{Check, Stop};

/// Returns a trial for each test function, named after the function's module and the function.
macro_rules! trials {
    ($($test:ident),* $(,)?) => { vec![$($crate::test_functions::gated_trial!($test, || None)),*] };
}
pub(crate) use trials;

/// Returns a trial for a test function that runs only if `$missing` returns `None`.
macro_rules! gated_trial {
    ($test:ident, $missing:expr) => {
        $crate::trial::trial(
            $crate::test_functions::name(concat!(module_path!(), "::", stringify!($test))),
            $missing,
            || $crate::test_functions::Ended::ended($test()),
        )
    };
}
pub(crate) use gated_trial;

/// Return type of a test function.
pub(crate) trait Ended {
    fn ended(self) -> Check;
}

/// A test function without a return value panics if it finds a fault, so returning means success.
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
pub(crate) fn name(path: &str) -> &str {
    path.split_once("::").map_or(path, |(_, rest)| rest)
}
