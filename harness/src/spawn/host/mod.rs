//! What holds for the system that the runner runs on.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use self::unix::{HAS_CORE_FILES, give_access, runs_programs_itself};
#[cfg(windows)]
pub(super) use self::windows::{HAS_CORE_FILES, give_access, runs_programs_itself};
