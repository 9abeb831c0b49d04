//! `cargo testprog port`: finds out what a C library can do, with nothing but its C compiler.
//!
//! First, a probe for each capability is compiled, linked and run. Then the C-only child is built
//! from the C halves that work without Rust, and its cases run like those of any program.
//!
//! In `port`, the probes decide which cases are gated. The platform table is only compared with
//! them.

pub(crate) mod build;
mod cases;
mod child;
pub(crate) mod compiler;
mod messages;
mod parallel;
mod probe;
mod sources;
