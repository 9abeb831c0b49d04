//! Provides the `main` of a test target with `harness = false`.

use std::env;
use std::process::ExitCode;

use crate::child::CHILD_FLAG;
use crate::scenario::Scenario;
use crate::spawn::Program;
use crate::suite::Settings;
use crate::{test_functions, trials};

/// Defines the `main` of a test target, which runs scenarios under `cargo test` and cargo-nextest.
///
/// The argument is an array or a `Vec` of [`Scenario`]s, which run in new processes of this
/// executable, or a [`Program`], which runs its own scenarios:
///
/// ```no_run
/// # fn _hide() {
/// use testprog_harness::{Expectation, Scenario, Signal};
///
/// testprog_harness::main!([
///     Scenario::new("adds_up", || assert_eq!(1 + 1, 2)),
///     Scenario::new("aborts", || std::process::abort())
///         .expect(Expectation::dies([Signal::Abrt], "")),
/// ]);
/// # }
/// # fn main() {}
/// ```
///
/// A second argument is a closure that changes the settings for all cases, as in
/// [`self_exec_with`](crate::trials::self_exec_with):
///
/// ```no_run
/// # fn _hide() {
/// use std::time::Duration;
///
/// use testprog_harness::Scenario;
///
/// testprog_harness::main!([Scenario::new("adds_up", || assert_eq!(1 + 1, 2))], |settings| {
///     settings.deadline = Duration::from_secs(5);
/// });
/// # }
/// # fn main() {}
/// ```
///
/// The test target needs `harness = false` in its `[[test]]` entry in `Cargo.toml`. Without
/// `harness = false`, the compiler replaces `main`, so no scenario would run. So that a test target
/// cannot silently run nothing, the macro is a compile error without `harness = false`. The test
/// target fails if its source file has `#[test]` functions, because the compiler removes such
/// functions if `harness = false` is set.
#[macro_export]
macro_rules! main {
    ($cases:expr $(,)?) => {
        $crate::main!($cases, |_| {});
    };
    ($cases:expr, $configure:expr $(,)?) => {
        // The compiler removes a `#[test]` function before it expands the function's body, unless
        // the compiler builds its own harness.
        #[allow(unexpected_cfgs)]
        mod __testprog_main {
            // The function does not exist for rust-analyzer, which expands the function's body even
            // with `harness = false`.
            #[cfg(not(rust_analyzer))]
            #[test]
            fn harness_must_be_false() {
                ::core::compile_error!(::core::concat!(
                    "the `main` of ",
                    ::core::file!(),
                    " would never run, because this test target uses the compiler's test harness; ",
                    "add `harness = false` to the `[[test]]` entry of this file in Cargo.toml",
                ));
            }
        }

        fn main() -> ::std::process::ExitCode {
            let package = ::core::option_env!("CARGO_MANIFEST_DIR");
            $crate::test_target::run($cases, $configure, ::core::file!(), package)
        }
    };
    ($($wrong:tt)*) => {
        ::core::compile_error!(
            "`main!` takes an array or a `Vec` of scenarios, or a program, and after it a closure \
             for the settings: main!(scenarios(), |settings| settings.strict = true)"
        );
        fn main() {}
    };
}

/// Cases of a test target: scenarios of this executable, or a program with scenarios.
#[diagnostic::on_unimplemented(
    message = "`main!` cannot run a `{Self}`",
    label = "expected an array or a `Vec` of `Scenario`, or a `Program`"
)]
pub trait Cases {
    /// Runs the cases as trials, and returns the exit status for `main`. In the runner, the function
    /// calls `configure` with the settings for all cases.
    fn run(self, configure: impl FnOnce(&mut Settings)) -> ExitCode;
}

impl Cases for Program {
    fn run(self, configure: impl FnOnce(&mut Settings)) -> ExitCode {
        trials::run_with(self, configure)
    }
}

impl<const N: usize> Cases for [Scenario; N] {
    fn run(self, configure: impl FnOnce(&mut Settings)) -> ExitCode {
        trials::self_exec_with(&self, configure)
    }
}

impl Cases for Vec<Scenario> {
    fn run(self, configure: impl FnOnce(&mut Settings)) -> ExitCode {
        trials::self_exec_with(&self, configure)
    }
}

/// Runs the cases of a test target, unless its source file has `#[test]` functions. The macro
/// [`main!`](crate::main) calls this function.
#[doc(hidden)]
pub fn run(
    cases: impl Cases,
    configure: impl FnOnce(&mut Settings),
    file: &str,
    package: Option<&str>,
) -> ExitCode {
    let is_child = env::args_os().nth(1).is_some_and(|first| first == CHILD_FLAG);
    match test_functions::complain(file, package).filter(|_| !is_child) {
        Some(complaint) => trials::fail(complaint),
        None => cases.run(configure),
    }
}
