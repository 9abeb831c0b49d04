//! Holds what differs between the systems that the runner runs on.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use self::unix::{HAS_CORE_FILES, give_access, is_wrong_format, runs_programs_itself};
#[cfg(windows)]
pub(super) use self::windows::{
    HAS_CORE_FILES, give_access, is_wrong_format, runs_programs_itself,
};
