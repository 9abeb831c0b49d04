//! Runs scenarios that may crash, hang or exit, each in its own process, and judges how each
//! process ended.
//!
//! A test that crashes ends the process in which all other tests run. So that a crash ends only one
//! process, each behavior that may crash is a named [`Scenario`] of a *child* program. The *runner*
//! starts the child once per scenario, waits until the child ends or its deadline passes, and
//! compares the child's end with the scenario's [`Expectation`]. One executable can be both runner
//! and child:
//!
//! ```no_run
//! use testprog_harness::{Expectation, Scenario, Signal};
//!
//! # #[cfg(feature = "libtest")]
//! testprog_harness::main!([
//!     Scenario::new("adds_up", || assert_eq!(1 + 1, 2)),
//!     Scenario::new("aborts", || std::process::abort())
//!         .expect(Expectation::dies([Signal::Abrt], "")),
//! ]);
//! # #[cfg(not(feature = "libtest"))] fn main() {}
//! ```
//!
//! To run the example's scenarios with `cargo test`, save the example as `tests/crash.rs`, and add
//! a `[[test]]` entry named `crash` with `harness = false` to `Cargo.toml`.
//!
//! # Steps
//!
//! 1. The module [`scenario`] defines a scenario's name, needs and expectation.
//!
//! 2. In the child process, [`child`] lists the scenarios, checks whether a scenario can run on the
//!    target, and runs the scenario.
//!
//! 3. The module [`protocol`] defines the formats of the listing and the answer.
//!
//! 4. In the runner, [`spawn`] starts the child process and reports how that process ended.
//!
//! 5. The module [`verdict`] judges how the process ended, and [`report`] puts the verdict into
//!    words.
//!
//! The module [`suite`] lists, runs and judges a program's cases for a runner. The child's side
//! (`child`) and the runner's side (`spawn`, `verdict`, `report`, `suite`) do not depend on each
//! other.
//!
//! # Features
//!
//! - `libtest`: adds the macro `main`, the module `trials` and the function `self_exec`, for `cargo
//!   test` and cargo-nextest.
//!
//! - `manifest`: adds the module `manifest`, which reads cases from a TOML file for programs that do
//!   not know this library, and, with the feature `libtest`, the function `trials::manifest`.
//!
//! - `predicates`: adds `Content::satisfies`, which judges a child's output with a predicate of the
//!   crate predicates.
//!
//! - `regex`: adds `Content::matches`, and lets a runner judge regular expressions.
//!
//! # Known limits
//!
//! - Whether a scenario can run on a target depends only on the target triple, so two computers of
//!   the same target always run the same scenarios.
//!
//! - On Unix systems other than Linux and Android, a process that leaves the child's process group
//!   is not killed with the child, and the children of a killed runner keep running.
//!
//! - If the runner is killed, the directory of a running child stays; on Linux and Android an empty
//!   directory is removed.
//!
//! - cargo-nextest shows a scenario that cannot run on the target as skipped, because the listing
//!   contains the reason. cargo-nextest shows a scenario that skips while it runs as passed.
//!
//! - cargo-nextest starts a runner for each case, so a [serial](Scenario::serial) scenario can run
//!   beside other cases, and a [set-up](suite::SetUp) runs once for each case.
//!
//! - cargo-nextest shows a scenario with a known bug as passed if the bug is still there. The name
//!   of a test with a known bug begins with `[known bug]`.

mod answer;
pub mod capability;
pub mod child;
#[cfg(feature = "libtest")]
mod command_line;
pub mod expectation;
mod hidden;
#[doc(hidden)]
pub mod in_child;
pub mod limit;
#[cfg(feature = "manifest")]
pub mod manifest;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod packet;
pub mod protocol;
pub mod report;
pub mod scenario;
pub mod signal;
pub mod spawn;
mod status;
pub mod suite;
#[cfg(feature = "libtest")]
mod test_functions;
#[cfg(feature = "libtest")]
#[doc(hidden)]
pub mod test_target;
#[cfg(not(feature = "libtest"))]
mod test_target_absent;
pub mod text;
#[cfg(feature = "libtest")]
pub mod trials;
pub mod variables;
pub mod verdict;
#[cfg(windows)]
mod wine;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod zygote_messages;

pub use answer::{Answer, IntoAnswer, Skip, skip};
pub use capability::{Capability, Target};
pub use child::CHILD_FLAG;
pub use expectation::{Alternative, Class, Content, Expectation, Statuses};
pub use limit::Limit;
pub use protocol::Case;
pub use scenario::{Inspection, Mutant, Scenario, Source};
pub use signal::Signal;
pub use spawn::Program;
pub use suite::Suite;
#[cfg(feature = "libtest")]
pub use trials::self_exec;
pub use verdict::Verdict;

// This constant is not in `capability.rs`, because build scripts that include `capability.rs` have
// no variable `TESTPROG_TARGET`.
impl Target {
    /// Target triple that this library is compiled for, in `rustc`'s spelling.
    pub const TRIPLE: &'static str = env!("TESTPROG_TARGET");
}
