//! `cargo testprog port`: what a C library can do, asked with nothing but its C compiler.
//!
//! First the probes, a program for each capability; then a child without Rust, made of every C half
//! that can stand alone, whose cases are run like any others. Only here do probes decide what is
//! gated; the platform table is compared with them.

pub(crate) mod build;
mod cases;
mod child;
pub(crate) mod compiler;
mod messages;
mod parallel;
mod probe;
mod sources;
