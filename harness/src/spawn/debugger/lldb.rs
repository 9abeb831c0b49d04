//! The command lines of lldb.

use std::ffi::OsString;
use std::path::Path;

use super::words::{MOST_FRAMES, words};

/// Comes before the frames in what is printed: it repeats each command.
pub(super) const MARK: &str = "(lldb) thread backtrace";

pub(super) fn attach(pid: i32) -> Vec<OsString> {
    let frames = format!("thread backtrace --count {MOST_FRAMES} all");
    words(&["--no-lldbinit", "-p", &pid.to_string(), "-o", &frames, "-o", "detach", "--batch"])
}

/// It finds the executable by itself.
pub(super) fn read(core_file: &Path) -> Vec<OsString> {
    let frames = format!("thread backtrace --count {MOST_FRAMES}");
    let mut command = words(&["--no-lldbinit", "-o", &frames, "-c"]);
    command.extend([core_file.into(), "--batch".into()]);
    command
}

pub(super) fn start(words_of_program: Vec<OsString>) -> Vec<OsString> {
    let frames = format!("thread backtrace --count {MOST_FRAMES}");
    let mut command = words(&["--no-lldbinit"]);
    for setting in [
        "process.stop-on-exec false",
        "disable-aslr false",
        "input-path /dev/null",
        // What the child prints must not be taken for what lldb says.
        "output-path /dev/null",
        "error-path /dev/null",
    ] {
        command.extend(words(&["-o", &format!("settings set target.{setting}")]));
    }
    // `-k` is for when the program has crashed; what else there is to do then comes from an empty standard input.
    command.extend(words(&["-o", "process launch", "-k", &frames, "--batch", "--"]));
    command.extend(words_of_program);
    command
}

/// Returns whether a line ends the frames.
pub(super) fn is_end(line: &str) -> bool {
    line.starts_with("(lldb)")
}
