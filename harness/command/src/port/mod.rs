//! `cargo testprog port`: finds out which capabilities a C library has, with only its C compiler.
//!
//! First, a probe for each capability is compiled, linked and run. After the probes, the C-only
//! child, a child program without Rust, is built from the scenarios' C files. The cases of the
//! C-only child run like the cases of any program.
//!
//! In `port`, the probes' results decide which cases cannot run. The platform table is only
//! compared with the probes' results.

pub(crate) mod build;
pub(crate) mod cases;
mod child;
pub(crate) mod choice;
pub(crate) mod compiler;
pub(crate) mod layout;
pub(crate) mod log;
pub(crate) mod messages;
mod parallel;
mod probe;
pub(crate) mod reference;
pub(crate) mod runner;
mod sources;
pub(crate) mod subject;
pub(crate) mod values;
