//! Holds what differs between the systems that the runner runs on.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) use self::unix::clear;
#[cfg(unix)]
pub(super) use self::unix::{
    HAS_CORE_FILES, Identity, identity, is_wrong_format, remove_tree, runs_programs_itself,
};
#[cfg(windows)]
pub(super) use self::windows::{
    HAS_CORE_FILES, Identity, identity, is_wrong_format, remove_tree, runs_programs_itself,
};
