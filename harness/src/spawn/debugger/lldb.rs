//! Builds lldb's command lines.

use std::ffi::OsString;
use std::path::Path;

use super::words::{MOST_FRAMES, words};

/// Beginning of the line before the stack frames in lldb's output, which repeats the command that
/// prints the frames.
pub(super) const MARK: &str = "(lldb) thread backtrace";

pub(super) fn attach(pid: i32) -> Vec<OsString> {
    let frames = format!("thread backtrace --count {MOST_FRAMES} all");
    words(&["--no-lldbinit", "-p", &pid.to_string(), "-o", &frames, "-o", "detach", "--batch"])
}

/// Returns the lldb command line that reads a core file. The command line does not name the
/// executable, because lldb finds the executable through the core file.
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
        // Discard the child's output, so that the runner cannot mistake it for lldb's output.
        "output-path /dev/null",
        "error-path /dev/null",
    ] {
        command.extend(words(&["-o", &format!("settings set target.{setting}")]));
    }
    // lldb runs the command after `-k` when the program has crashed. lldb then reads further
    // commands from standard input, which is empty.
    command.extend(words(&["-o", "process launch", "-k", &frames, "--batch", "--"]));
    command.extend(words_of_program);
    command
}

/// Returns true if `line` is the first line after the stack frames in lldb's output.
pub(super) fn is_end(line: &str) -> bool {
    line.starts_with("(lldb)")
}
