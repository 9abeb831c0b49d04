//! Contains the functions whose implementation depends on the operating system of the runner.

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
