//! The result of a command that a matrix row started.

use testprog_harness::spawn::End;

/// How a command ended, and what it printed.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}
