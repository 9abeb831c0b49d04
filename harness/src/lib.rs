//! Runs scenarios that may crash, hang or exit, each in a process of its own, and judges how they ended.
//!
//! A test that crashes takes its test process down with it. Here every such behavior is a named [`Scenario`] of a *child*
//! program; the *runner* starts the child once for each scenario, waits for its end within a deadline, and compares that
//! end with the scenario's [`Expectation`]. One executable can be both:
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
//! Put that in `tests/crash.rs`, name it in `Cargo.toml` with `harness = false`, and `cargo test` runs it.
//!
//! # The way of a scenario
//!
//! [`scenario`] describes it, [`child`] lists, gates and runs it, [`protocol`] carries the listing and the answer,
//! [`spawn`] starts the process and says how it ended, [`verdict`] judges that end, [`report`] puts it into words.
//! [`suite`] holds these together for a runner. The child's wing (`child`) and the runner's (`spawn`, `verdict`,
//! `report`, `suite`) do not know each other.
//!
//! # Features
//!
//! - `libtest`: the module `trials` and the function `self_exec`, for `cargo test` and cargo-nextest.
//!
//! # Known limits
//!
//! - A gate is decided for the whole target. What differs between two machines of one target is not for a gate.
//! - On Unix systems other than Linux, a process that leaves the child's process group is not ended with it, and a runner that
//!   is killed leaves its children behind.
//! - A runner that is killed leaves the directory of a child behind if the child has put something into it.
//! - Under cargo-nextest, a skip is shown as such only when it is known at listing time, which is so for every gate.

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
