//! Runs a debugger on a hung or crashed child.
//!
//! The runner starts the debugger like a child, so the debugger gets a working directory of its
//! own, bounded output and a deadline.

use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::backtrace::{Backtrace, Subject};
use super::tool::{Debugger, Kind};
use super::{fold, gdb, lldb, threads};
use crate::signal::Signal;
use crate::spawn::control::Control;
use crate::spawn::fault::Fault;
use crate::spawn::options::Options;
use crate::spawn::outcome::{End, Outcome};
use crate::spawn::program::Program;
#[cfg(unix)]
use crate::spawn::unix as system;
#[cfg(windows)]
use crate::spawn::windows as system;
use crate::text::excerpt;

/// Maximum number of a child's processes to inspect.
const MOST_PROCESSES: usize = 4;
/// Maximum number of threads that the debugger examines one by one.
const MOST_THREADS: usize = 8;

/// Returns a backtrace of all threads of running processes. The debugger stops each process, prints
/// the stack frames, and then lets the process continue.
pub(in crate::spawn) fn attach(
    debugger: &Debugger,
    program: &Program,
    processes: &[i32],
    control: Option<&Control>,
) -> Backtrace {
    if !program.runner.is_empty() {
        return Backtrace::new(Subject::Hang, Err(BY_RUNNER.to_owned()));
    }
    let seen = processes.iter().take(MOST_PROCESSES);
    let seen: Vec<_> = seen.map(|pid| (*pid, attach_to(debugger, *pid, control))).collect();
    Backtrace::new(Subject::Hang, together(&seen))
}

/// Returns the frames of all threads of a process.
///
/// If the main thread has exited, a debugger cannot attach to the process, so gdb attaches to each
/// of the other threads. lldb always attaches to all threads of a process, also to a main thread
/// that has exited, which the kernel refuses (EPERM, ptrace(2)).
fn attach_to(debugger: &Debugger, pid: i32, control: Option<&Control>) -> Result<String, String> {
    let threads = threads::living(pid);
    let is_whole = threads.as_ref().is_none_or(|threads| threads.contains(&pid));
    let threads = if is_whole { vec![pid] } else { threads.unwrap_or_default() };
    if !is_whole && !threads.is_empty() && debugger.kind == Kind::Lldb {
        let cause = "lldb cannot attach to a process whose main thread has exited, but gdb can";
        return Err(cause.to_owned());
    }
    let seen = threads.iter().take(MOST_THREADS).map(|thread| {
        let command = match debugger.kind {
            Kind::Gdb => gdb::attach(*thread),
            Kind::Lldb => lldb::attach(*thread),
        };
        ask(debugger, command, &options(debugger.limit, control)).0
    });
    let (mut frames, mut causes) = (Vec::new(), Vec::new());
    for seen in seen {
        match seen {
            Ok(text) => frames.push(text),
            Err(cause) => causes.push(cause),
        }
    }
    match threads.len().saturating_sub(MOST_THREADS) {
        0 => {}
        more => frames.push(format!("[{more} more threads]\n")),
    }
    if causes.len() < threads.len().min(MOST_THREADS) {
        return Ok(frames.join("\n"));
    }
    Err(causes.into_iter().next().unwrap_or_else(|| "the process has exited".to_owned()))
}

/// Examines a child that was killed by a signal. The debugger reads the child's core file, or runs
/// the case a second time if there is no core file. Returns the backtrace, and the cause of the
/// signal if the debugger prints the cause.
pub(in crate::spawn) fn look_at(
    debugger: &Debugger,
    program: &Program,
    argument: &str,
    outcome: &Outcome,
    of_child: &Options,
) -> Option<(Backtrace, Option<Fault>)> {
    let control = of_child.control.as_ref();
    let End::Signaled { signal, .. } = outcome.end else { return None };
    let path = std::path::absolute(&program.path).ok()?;
    let core_file = outcome.artifacts.core_file().and_then(Result::ok);
    let of = if core_file.is_some() { Subject::CoreFile } else { Subject::Rerun };
    let refused = |cause: &str| Some((Backtrace::new(of, Err(cause.to_owned())), None));
    if !program.runner.is_empty() {
        return refused(BY_RUNNER);
    }
    if signal == Signal::Kill {
        return refused("SIGKILL leaves no state for a debugger to examine");
    }
    let interpreter = interpreter(&path);
    let (command, options) = match (core_file, debugger.kind) {
        (Some(core_file), Kind::Gdb) => {
            let executable = match interpreter {
                None => path,
                Some(_) => executable(debugger, core_file, control).unwrap_or(path),
            };
            (gdb::read(core_file, &executable), options(debugger.limit, control))
        }
        (Some(core_file), Kind::Lldb) => (lldb::read(core_file), options(debugger.limit, control)),
        (None, kind) => {
            let mut words = interpreter.unwrap_or_default();
            words.push(path.into());
            words.extend(program.args.iter().cloned());
            words.extend(of_child.argument(argument).map(OsString::from));
            words.extend(of_child.args.iter().cloned());
            let command = match kind {
                Kind::Gdb => gdb::start(signal, words),
                Kind::Lldb => lldb::start(words),
            };
            let deadline = debugger.limit.saturating_add(outcome.wall.saturating_mul(2));
            let Options { env, working_directory, .. } = of_child.clone();
            (command, Options { env, working_directory, ..options(deadline, control) })
        }
    };
    let (frames, text) = ask(debugger, command, &options);
    let fault = gdb::fault(&text)
        .map(|(code, address, sender)| Fault::from_linux(signal, code, address, sender));
    Some((Backtrace::new(of, frames), fault))
}

/// Returns the path of the executable that crashed, as the core file records the path. The returned
/// path differs from the child's path if the child is a script that executes another program.
fn executable(debugger: &Debugger, core_file: &Path, control: Option<&Control>) -> Option<PathBuf> {
    let (_, text) = ask(debugger, gdb::auxv(core_file), &options(debugger.limit, control));
    gdb::executable(&text).map(Path::to_owned)
}

/// Runs the debugger with the command line `command`. Returns the stack frames, or the reason why
/// the debugger printed no frames, together with the debugger's output.
fn ask(
    debugger: &Debugger,
    mut command: Vec<OsString>,
    options: &Options,
) -> (Result<String, String>, String) {
    let last = command.pop().unwrap_or_default();
    let program = Program { args: command, ..Program::new(&debugger.path) };
    let outcome = match system::run(&program, &last.to_string_lossy(), options, &|_| None) {
        Ok(outcome) => outcome,
        Err(error) => return (Err(error.to_string()), String::new()),
    };
    let Outcome { end, stdout, .. } = outcome;
    let text = [&*stdout.head, &*stdout.tail].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let (mark, is_end): (_, fn(&str) -> bool) = match debugger.kind {
        Kind::Gdb => (gdb::MARK, gdb::is_end),
        Kind::Lldb => (lldb::MARK, lldb::is_end),
    };
    let frames = match frames(&text, mark, is_end) {
        Some(frames) => Ok(fold::fold(&frames)),
        None if end == End::TimedOut => {
            Err(format!("the debugger did not finish within {:?}", options.deadline))
        }
        None => Err(refusal(&text, mark)),
    };
    (frames, text)
}

/// Joins the frames of several processes, and names the reason for each process without frames. If
/// no process has frames, returns the first process's reason.
fn together(seen: &[(i32, Result<String, String>)]) -> Result<String, String> {
    match seen {
        [] => Err("the runner found no process of the child".to_owned()),
        [(_, only)] => only.clone(),
        [(_, first), ..] if seen.iter().all(|(_, frames)| frames.is_err()) => first.clone(),
        several => {
            let parts = several.iter().map(|(pid, frames)| match frames {
                Ok(frames) => format!("process {pid}:\n{frames}"),
                Err(cause) => format!("process {pid}: no frames, {cause}\n"),
            });
            Ok(parts.collect::<Vec<_>>().join("\n"))
        }
    }
}

const BY_RUNNER: &str = "a debugger cannot examine a child that a runner command executes";

fn options(deadline: Duration, control: Option<&Control>) -> Options {
    let control = control.cloned();
    Options { deadline, merge_output: true, by_socket: true, control, ..Options::default() }
}

/// Returns the interpreter command from the `#!` line of a script (execve(2)). A debugger cannot
/// start a script without the script's interpreter. Returns `None` if the program is not a script.
fn interpreter(path: &Path) -> Option<Vec<OsString>> {
    const LONGEST_LINE: usize = 256;
    let mut start = [0; LONGEST_LINE];
    let length = File::open(path).and_then(|mut file| file.read(&mut start)).ok()?;
    let line = start[..length].strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let (program, argument) =
        line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    let words = [program, argument.trim_start()].into_iter().filter(|word| !word.is_empty());
    Some(words.map(OsString::from).collect())
}

/// Returns the lines between the last line that starts with `mark` and the next line for which
/// `is_end` is true, or `None` if these lines contain no stack frame.
fn frames(text: &str, mark: &str, is_end: fn(&str) -> bool) -> Option<String> {
    let lines: Vec<_> = text.lines().collect();
    let after = lines.iter().rposition(|line| line.starts_with(mark))? + 1;
    let lines: Vec<_> = lines[after..].iter().copied().take_while(|line| !is_end(line)).collect();
    let frames = lines.join("\n");
    frames.contains("#0").then(|| frames.trim_matches('\n').to_owned() + "\n")
}

/// Extracts the reason why a debugger printed no frames from the debugger's output. If the system
/// forbids tracing, the result includes advice.
fn refusal(text: &str, mark: &str) -> String {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_cause = |line: &&str| line.contains("ptrace:") || line.contains("not permitted");
    let is_end = |line: &&str| line.contains("exited") || line.contains("terminated with");
    if let Some(line) = lines().rev().find(|line| line.contains("is a zombie")) {
        return excerpt(line.trim_start_matches("warning: "));
    }
    if let Some(line) =
        lines().rev().find(is_cause).or(lines().rev().find(|line| line.starts_with("error:")))
    {
        let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
        return excerpt(line) + hint(line, scope.trim(), is_container());
    }
    if let Some(line) = lines().rev().find(is_end) {
        return format!("could not reproduce the crash under the debugger: {}", excerpt(line));
    }
    let rest = lines().rev().find(|line| !line.starts_with(mark) && *line != "No stack.");
    rest.map_or_else(|| "the debugger printed neither frames nor an error".to_owned(), excerpt)
}

/// Returns advice if the debugger's message `line` says that the system forbids tracing a process
/// (ptrace(2), and Linux's documentation of Yama).
fn hint(line: &str, scope: &str, is_container: bool) -> &'static str {
    if !line.contains("permitted") && !line.contains("denied") {
        ""
    } else if scope == "2" {
        "; kernel.yama.ptrace_scope is 2, so a debugger needs CAP_SYS_PTRACE"
    } else if scope == "3" {
        "; kernel.yama.ptrace_scope is 3, so the system forbids every debugger"
    } else if is_container {
        "; in a container the debugger may need `--cap-add=SYS_PTRACE`"
    } else {
        ""
    }
}

fn is_container() -> bool {
    ["/.dockerenv", "/run/.containerenv"].iter().any(|path| Path::new(path).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_frames_are_taken_from_what_gdb_prints() {
        let text = "[New LWP 7]\n-- frames --\n#0  forged\n\n-- frames --\n#0  f () at a.c:1\n#1  main ()\n\n-- fault -- 1 64 64\n[Inferior 1 (process 7) detached]\n";
        assert_eq!(
            frames(text, gdb::MARK, gdb::is_end).unwrap(),
            "#0  f () at a.c:1\n#1  main ()\n"
        );
        assert_eq!(gdb::fault(text), Some((1, 64, 64)));
        assert_eq!(frames("-- frames --\nNo stack.\n", gdb::MARK, gdb::is_end), None);
    }

    #[test]
    fn only_frames_are_taken_from_what_lldb_prints() {
        let text = "(lldb) process attach\n  frame #0: x\n(lldb) thread backtrace --count 64 all\n* thread #1\n  * frame #0: f\n(lldb) detach\n";
        assert_eq!(
            frames(text, lldb::MARK, lldb::is_end).unwrap(),
            "* thread #1\n  * frame #0: f\n"
        );
    }

    #[test]
    fn of_several_processes_each_is_told() {
        let (frames, none) = (|| Ok("#0 f\n".to_owned()), || Err("no".to_owned()));
        assert_eq!(together(&[(1, frames())]), frames());
        assert_eq!(together(&[(1, none()), (2, none())]), none());
        let both = Ok("process 1: no frames, no\n\nprocess 2:\n#0 f\n".to_owned());
        assert_eq!(together(&[(1, none()), (2, frames())]), both);
    }

    #[test]
    fn it_is_said_why_there_are_no_frames() {
        let denied = "ptrace: Operation not permitted.\n\n-- frames --\nNo stack.\n";
        assert!(refusal(denied, gdb::MARK).starts_with("ptrace: Operation not permitted."));
        assert!(hint(denied, "3", true).contains("ptrace_scope"));
        assert!(hint(denied, "1", true).contains("SYS_PTRACE"));
        assert_eq!(hint("ptrace: No such process.", "3", true), "");
        let zombie = "warning: process 7 is a zombie - the process has already terminated\nptrace: Operation not permitted.\n";
        assert_eq!(
            refusal(zombie, gdb::MARK),
            "process 7 is a zombie - the process has already terminated"
        );
        let ran = "[Inferior 1 (process 7) exited normally]\n\n-- frames --\nNo stack.\n";
        assert_eq!(
            refusal(ran, gdb::MARK),
            "could not reproduce the crash under the debugger: [Inferior 1 (process 7) exited normally]"
        );
        assert_eq!(refusal("", gdb::MARK), "the debugger printed neither frames nor an error");
    }

    #[cfg(unix)]
    #[test]
    fn one_that_does_not_end_is_ended() {
        use std::process::Command;

        let folder = std::env::temp_dir().join(format!("debugger-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let script = |name: &str, text: &str| -> PathBuf {
            // A separate process writes the file, because a file cannot be executed while a process
            // has the file open for writing (ETXTBSY, execve(2)). A process that another test forks
            // has a copy of every descriptor of this process.
            let (path, text) = (folder.join(name), format!("#!/bin/sh\n{text}"));
            let write = r#"printf '%s\n' "$1" >"$0" && chmod 755 "$0""#;
            let shell = Command::new("/bin/sh").args(["-c", write]).arg(&path).arg(text).status();
            assert!(shell.unwrap().success());
            path
        };
        // The fake debugger of this test ignores SIGTERM, and prints a line that looks like a stack
        // frame but follows no mark.
        let path = script("gdb", "trap '' TERM; echo '#0 forged'; while :; do sleep 1000; done");
        let limit = Duration::from_millis(200);
        let said = Err("the debugger did not finish within 200ms".to_owned());

        let debugger = Debugger { kind: Kind::Gdb, path, limit };
        let program =
            Program::new(script("child", "[ $1 = hangs ] && exec sleep 1000; kill -9 $$"));
        let deadline = Duration::from_millis(100);
        let hung = Options { deadline, debugger: Some(debugger.clone()), ..Options::default() };
        let outcome = crate::spawn::run(&program, "hangs", &hung).unwrap();
        assert_eq!(outcome.end, End::TimedOut);
        assert_eq!(outcome.backtrace, Some(Backtrace::new(Subject::Hang, said.clone())));

        let crashed = End::Signaled { signal: Signal::Segv, core: false };
        let crashed = Outcome { end: crashed, wall: Duration::ZERO, ..outcome };
        let (backtrace, fault) = look_at(&debugger, &program, "crashes", &crashed, &hung).unwrap();
        assert_eq!(backtrace, Backtrace::new(Subject::Rerun, said));
        assert_eq!(fault, None);
        fs::remove_dir_all(folder).unwrap();
    }
}
