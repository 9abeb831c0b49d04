//! Gets backtraces of hung and crashed children from a debugger.

pub(super) mod backtrace;
mod examine;
mod fold;
mod gdb;
mod lldb;
mod threads;
pub(super) mod tool;
mod words;

pub use self::backtrace::{Backtrace, NoFrames, Subject};
pub(super) use self::examine::{attach, look_at};
pub use self::tool::{Debugger, NoDebugger};
