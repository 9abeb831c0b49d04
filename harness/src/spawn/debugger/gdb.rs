//! Builds gdb's command lines and reads the fault from gdb's output.

use std::ffi::OsString;
use std::path::Path;

use super::words::{MOST_FRAMES, words};
use crate::signal::Signal;

/// Line that gdb prints before the stack frames.
pub(super) const MARK: &str = "-- frames --";

/// Beginning of the line in which gdb prints `si_code`, `si_addr` and `si_pid` of the fatal signal.
const FAULT: &str = "-- fault --";

/// Options that keep gdb from reading the user's configuration or a script that the program names,
/// and from wrapping lines.
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

/// Returns the gdb command line whose output [`executable`] parses.
pub(super) fn auxv(core_file: &Path) -> Vec<OsString> {
    let mut command = words(QUIET);
    command.extend(["-core".into(), core_file.into()]);
    command.extend(words(&["-ex", &format!("echo \\n{MARK}\\n"), "-ex", "info auxv", "-batch"]));
    command
}

/// Parses the output of gdb's `info auxv` and returns the path of the executable that wrote the
/// core file.
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
        // Discard the child's output, so that the runner cannot mistake it for gdb's output.
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

/// Returns the gdb arguments that print the stack frames of the crashed thread and the cause of the
/// signal. gdb prints the frames in the program's language. The expressions for the signal's cause
/// are in C, so the arguments set gdb's language to C after the frames.
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

/// Returns the values of `si_code`, `si_addr` and `si_pid` from gdb's output, or `None` if gdb did
/// not print them.
pub(super) fn fault(text: &str) -> Option<(i32, u64, i32)> {
    let mut fields =
        text.lines().rev().find_map(|line| line.strip_prefix(FAULT))?.split_whitespace();
    let mut next = || fields.next();
    Some((next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?))
}

/// Returns true if `line` is the first line after the stack frames in gdb's output.
pub(super) fn is_end(line: &str) -> bool {
    // gdb prints a warning after the frames, because the arguments of `crash` change gdb's language
    // to C.
    let is_warning = line.starts_with("Warning: the current language");
    is_warning || line.starts_with(FAULT) || (line.starts_with("[Inferior ") && line.ends_with(']'))
}
