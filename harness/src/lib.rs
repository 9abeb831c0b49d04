//! Runs scenarios that may crash, hang or exit, each in a process of its own, and judges how each
//! process ended.
//!
//! A test that crashes takes its test process down with it. Therefore each behavior that may crash
//! is a named [`Scenario`] of a *child* program. The *runner* starts the child once per scenario,
//! waits for it until a deadline, and compares its end with the scenario's [`Expectation`]. One
//! executable can be both runner and child:
//!
//! ```no_run
//! use testprog_harness::{Expectation, Scenario, Signal};
//!
//! fn adds_up() -> Result<(), String> {
//!     if 1 + 1 == 2 { Ok(()) } else { Err("1 + 1 is not 2".into()) }
//! }
//!
//! fn aborts() -> Result<(), String> {
//!     std::process::abort()
//! }
//!
//! # #[cfg(feature = "libtest")]
//! fn main() -> std::process::ExitCode {
//!     testprog_harness::self_exec(&[
//!         Scenario::new("adds_up", adds_up),
//!         Scenario::new("aborts", aborts).expect(Expectation::dies([Signal::Abrt], "")),
//!     ])
//! }
//! # #[cfg(not(feature = "libtest"))] fn main() {}
//! ```
//!
//! Save this as `tests/crash.rs`, add a `[[test]]` entry named `crash` with `harness = false` to
//! `Cargo.toml`, and `cargo test` runs the scenarios.
//!
//! # How a scenario runs
//!
//! 1. [`scenario`] describes it.
//! 2. [`child`] lists it, checks its gate and runs it, in the child process.
//! 3. [`protocol`] defines the listing and the answer.
//! 4. [`spawn`] starts the child process and reports how it ended.
//! 5. [`verdict`] judges that end, and [`report`] puts the verdict into words.
//!
//! [`suite`] combines these steps for a runner. The child's side (`child`) and the runner's side
//! (`spawn`, `verdict`, `report`, `suite`) do not depend on each other.
//!
//! # Features
//!
//! - `libtest`: adds the module `trials` and the function `self_exec`, for `cargo test` and
//!   cargo-nextest.
//!
//! # Known limits
//!
//! - A gate holds for a whole target, so it cannot tell apart two machines of the same target.
//! - On Unix systems other than Linux and Android, a process that leaves the child's process group
//!   is not killed with the child. If the runner is killed on such a system, its children keep
//!   running.
//! - If the runner is killed, the directory of a running child stays unless it is empty.
//! - cargo-nextest shows a skip as such only if the skip is known when the scenarios are listed.
//!   The skip by a gate is known then.

pub mod capability;
pub mod child;
pub mod limit;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod packet;
pub mod protocol;
pub mod report;
pub mod scenario;
pub mod spawn;
mod status;
pub mod suite;
pub mod text;
#[cfg(feature = "libtest")]
pub mod trials;
pub mod verdict;
#[cfg(windows)]
mod wine;

pub use capability::{Capability, Target};
pub use child::CHILD_FLAG;
pub use limit::Limit;
pub use protocol::Case;
pub use scenario::{Alternative, Class, Expectation, Mutant, Scenario, Signal};
pub use spawn::Program;
pub use suite::Suite;
#[cfg(feature = "libtest")]
pub use trials::self_exec;
pub use verdict::Verdict;
