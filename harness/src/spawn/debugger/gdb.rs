//! The command lines of gdb, and what it prints of a fault.

use std::ffi::OsString;
use std::path::Path;

use super::words::{MOST_FRAMES, words};
use crate::scenario::Signal;

/// Comes before the frames in what is printed.
pub(super) const MARK: &str = "-- frames --";

/// Comes before the fields of the fault.
const FAULT: &str = "-- fault --";

/// No file configures it, neither a user's nor one that a program names; nothing is asked.
const QUIET: &[&str] = &["-nx", "-quiet", "-iex", "set auto-load off", "-iex", "set width 0"];

pub(super) fn attach(pid: i32) -> Vec<OsString> {
    let mut command = words(QUIET);
    command.extend(["-p".into(), pid.to_string().into()]);
    command.extend(mark());
    command.extend(words(&[
        "-ex",
        &format!("thread apply all -ascending bt {MOST_FRAMES}"),
        "-batch",
    ]));
    command
}

pub(super) fn read(core_file: &Path, program: &Path) -> Vec<OsString> {
    let mut command = words(QUIET);
    command.extend([program.into(), "-core".into(), core_file.into()]);
    command.extend(crash());
    command.push("-batch".into());
    command
}

/// Asks for what [`executable`] reads.
pub(super) fn auxv(core_file: &Path) -> Vec<OsString> {
    let mut command = words(QUIET);
    command.extend(["-core".into(), core_file.into()]);
    command.extend(words(&["-ex", &format!("echo \\n{MARK}\\n"), "-ex", "info auxv", "-batch"]));
    command
}

/// Returns the executable that the process of a core file was started with.
pub(super) fn executable(text: &str) -> Option<&Path> {
    let line = text.lines().find(|line| line.contains("AT_EXECFN"))?;
    Some(Path::new(line.split_once('"')?.1.strip_suffix('"')?))
}

pub(super) fn start(signal: Signal, words_of_program: Vec<OsString>) -> Vec<OsString> {
    let mut command = words(QUIET);
    let stop = format!("handle {signal} stop print pass");
    command.extend(words(&[
        "-ex",
        "set startup-with-shell off",
        "-ex",
        "set disable-randomization off",
        // What the child prints must not be taken for what gdb says.
        "-ex",
        "set inferior-tty /dev/null",
        "-ex",
        "handle all nostop noprint pass",
        "-ex",
        &stop,
        "-ex",
        "run",
    ]));
    command.extend(crash());
    command.extend(words(&["-batch", "--args"]));
    command.extend(words_of_program);
    command
}

fn mark() -> Vec<OsString> {
    words(&["-ex", &format!("echo \\n{MARK}\\n")])
}

/// Asks for the frames of the thread that crashed, and for the fault. Where the program is one of Rust, gdb reads expressions
/// as Rust's, so the language is set, but not before the frames are printed in their own.
fn crash() -> Vec<OsString> {
    let fields = "$_siginfo.si_code, \
        (unsigned long) $_siginfo._sifields._sigfault.si_addr, $_siginfo._sifields._kill.si_pid";
    let fault = format!("printf \"\\n{FAULT} %d %lu %d\\n\", {fields}");
    let mut command = mark();
    command.extend(words(&[
        "-ex",
        &format!("bt {MOST_FRAMES}"),
        "-ex",
        "set language c",
        "-ex",
        &fault,
    ]));
    command
}

/// Returns `si_code`, `si_addr` and `si_pid`, where gdb has printed them.
pub(super) fn fault(text: &str) -> Option<(i32, u64, i32)> {
    let mut fields =
        text.lines().rev().find_map(|line| line.strip_prefix(FAULT))?.split_whitespace();
    let mut next = || fields.next();
    Some((next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?))
}

/// Returns whether a line ends the frames.
pub(super) fn is_end(line: &str) -> bool {
    line.starts_with(FAULT) || (line.starts_with("[Inferior ") && line.ends_with(']'))
}
