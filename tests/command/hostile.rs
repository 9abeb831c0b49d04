//! Tests children that attack their supervisor (the process that starts and cleans up children):
//! they stop, kill, trace, imitate and change the supervisor. Each case must get the right verdict
//! or the verdict *unresolved*, and no process may survive the run.
//!
//! If its first argument is [`CHILD`], this executable runs as a child that attacks its supervisor.
#![expect(unsafe_code, reason = "does what no well-behaved program does")]
#![expect(clippy::unnecessary_wraps, reason = "every scenario has the same type")]

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd as _, RawFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, mem, process, ptr, thread};

use libtest_mimic::Trial;
use serde_json::Value;
use testprog_harness::spawn::{self, End, Options};
use testprog_harness::{Program, Scenario, child};

use crate::neighbors::need_namespaces;
use crate::schema;
use crate::test_functions::{gated_trial, trials as all};
use crate::trial::scratch::{executable, scratch};
use crate::trial::tools::{Missing, missing_tool};
use crate::trial::{Check, Stop};

/// First argument that makes this executable run as a child.
const CHILD: &str = "--hostile-child";

/// Deadline of the cases that the runner must kill because they hang.
const SHORT: Duration = Duration::from_millis(500);

/// Deadline of the cases that must stop their supervisor before the deadline, long enough for a busy
/// computer to start the child.
const LONG: Duration = Duration::from_secs(5);

/// User ID and group ID of an unprivileged user. If root runs these tests, some of the tests start
/// the command as this unprivileged user.
const NOBODY: u32 = 65_534;

pub(crate) fn answer() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1).peekable();
    arguments.next_if(|first| first == CHILD)?;
    Some(child::answer(&scenarios(), arguments))
}

fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("stops_its_supervisor", stops_its_supervisor),
        Scenario::new("stops_its_supervisor_again_and_again", stops_again_and_again),
        Scenario::new("stops_its_supervisor_and_hangs", || -> Result<(), String> {
            stops_its_supervisor()?;
            forever()
        })
        .deadline(SHORT),
        Scenario::new("stops_supervisor_and_guard", stops_supervisor_and_guard).deadline(LONG),
        Scenario::new("stops_both_after_its_end", stops_both_after_its_end),
        Scenario::new("traces_its_supervisor", traces_its_supervisor).deadline(LONG),
        Scenario::new("kills_its_guard", kills_its_guard),
        Scenario::new("hunts_supervisors", hunts_supervisors).deadline(SHORT),
        Scenario::new("kills_its_supervisor", kills_its_supervisor),
        Scenario::new("kills_guard_and_supervisor", kills_guard_and_supervisor),
        Scenario::new("kills_guard_and_supervisor_and_hides", || {
            hides()?;
            kills_guard_and_supervisor()
        }),
        Scenario::new("limits_its_supervisor", || limits(parent(), 64)),
        Scenario::new("limits_its_guard", || {
            limits(guard()?, 3).and_then(|()| limits(parent(), 3))
        }),
        Scenario::new("slows_its_supervisor", slows_its_supervisor),
        Scenario::new("binds_its_supervisor", binds_its_supervisor),
        Scenario::new("is_as_started", is_as_started),
        Scenario::new("limits_its_supervisor_and_leaves_a_daemon", || -> Result<(), String> {
            limits(guard()?, 0)?;
            limits(parent(), 0)?;
            daemon();
            Ok(())
        }),
        Scenario::new("meets_no_daemon", meets_no_daemon),
        Scenario::new("answers_in_advance", answers_in_advance),
        Scenario::new("cannot_reach_its_parent", cannot_reach_its_parent),
        Scenario::new("reads_its_own_output", reads_its_own_output).deadline(SHORT),
        Scenario::new("leaves_another_users_process", leaves_another_users_process),
        Scenario::new(
            "leaves_another_users_process_and_hangs",
            leaves_another_users_process_and_hangs,
        ),
        Scenario::new("leaves_a_daemon", || -> Result<(), String> {
            daemon();
            Ok(())
        }),
        Scenario::new("leaves_a_pid_namespace", leaves_a_pid_namespace),
        Scenario::new("leaves_a_pid_namespace_and_hangs", || -> Result<(), String> {
            leaves_a_pid_namespace()?;
            forever()
        })
        .deadline(SHORT),
        Scenario::new("forks_as_a_runner", forks_as_a_runner),
        Scenario::new("starts_from_a_dead_file_system", starts_from_a_dead_file_system),
        Scenario::new("kills_zygote_and_supervisor", kills_zygote_and_supervisor),
        Scenario::new("traces_its_zygote", traces_its_zygote).deadline(SHORT),
        // Cases run in the order of the listing, so `passes` and `fails` run after an attack.
        Scenario::new("passes", || {}),
        Scenario::new("fails", || Err("it must fail".to_owned())),
    ]
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = all![
        a_stopped_supervisor_goes_on,
        a_stopped_supervisor_does_not_keep_a_child_alive,
        a_stopped_guard_and_supervisor_are_told_of,
        a_supervisor_stopped_after_the_end_answers_all_the_same,
        a_killed_supervisor_leaves_nothing,
        a_killed_guard_is_replaced,
        a_killed_guard_and_supervisor_leave_nothing_that_names_the_directory,
        a_killed_guard_and_supervisor_leave_no_hidden_process,
        a_killed_zygote_and_supervisor_leave_nothing,
        a_changed_supervisor_is_replaced,
        a_supervisor_that_may_open_no_file_kills_a_daemon,
        a_changed_zygote_is_replaced,
        a_child_that_reads_its_own_output_ends_at_its_deadline,
        a_denied_subreaper_is_told_of,
        a_call_that_the_guard_cannot_make_is_named,
        a_fork_of_a_runner_has_supervisors_of_its_own,
    ];
    trials.push(gated_trial!(a_pid_namespace_leaves_nothing, need_namespaces));
    trials.push(gated_trial!(a_traced_supervisor_is_told_of, need_root));
    trials.push(gated_trial!(a_hunt_for_supervisors_ends, need_root));
    trials.push(gated_trial!(a_traced_zygote_does_not_keep_its_fork_alive, need_root));
    trials.push(gated_trial!(a_program_on_a_dead_file_system_ends_at_its_deadline, need_fuse));
    trials.push(gated_trial!(an_answer_in_advance_is_no_answer, need_root));
    trials.push(gated_trial!(a_child_cannot_reach_its_parent, need_a_user));
    trials.push(gated_trial!(another_users_process_is_told_of, need_root));
    trials.push(gated_trial!(another_users_process_of_an_interrupted_case_is_told_of, need_root));
    trials
}

fn is_root() -> bool {
    // SAFETY: the function `geteuid` takes no arguments and accesses no memory of this process.
    unsafe { libc::geteuid() == 0 }
}

fn need_root() -> Option<Missing> {
    (!is_root()).then(|| Missing::Ability("only root may do it to its supervisor".to_owned()))
}

fn need_fuse() -> Option<Missing> {
    let has_fuse = is_root() && fs::OpenOptions::new().read(true).write(true).open(FUSE).is_ok();
    (!has_fuse).then(|| Missing::Ability(format!("needs root and {FUSE}")))
}

/// Device file for file systems in user space (fuse(4)).
const FUSE: &str = "/dev/fuse";

/// Returns the missing ability if the test runs as root and an unprivileged user cannot execute
/// this executable. A test that runs as root starts the command as an unprivileged user.
fn need_a_user() -> Option<Missing> {
    let reached = |path: &Path| {
        path.ancestors().skip(1).all(|folder| {
            fs::metadata(folder).is_ok_and(|folder| folder.permissions().mode() & 0o001 != 0)
        })
    };
    let is_reached = !is_root() || reached(&env::current_exe().unwrap_or_default());
    (!is_reached).then(|| Missing::Ability("another user cannot execute this program".to_owned()))
}

// The items below belong to the tests, which start the command.

/// Invocation of the command that runs cases one at a time, in the order of the listing.
struct Run {
    command: Command,
    temporary: PathBuf,
    /// Environment variable, as `NAME=VALUE`, that every process of the run inherits.
    mark: String,
}

impl Run {
    fn new(arguments: &[&str]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("hostile-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let temporary = scratch(&name);
        fs::create_dir_all(&temporary).unwrap();
        let this = env::current_exe().unwrap();
        let prog = scratch(format!("{name}.sh"));
        let body = format!("#!/bin/sh\nexec '{}' {CHILD} \"$@\"\n", this.display());
        executable(&prog, body.as_bytes());
        let mut command = Command::new("timeout");
        command.args(["--kill-after=1", "60", env!("CARGO_BIN_EXE_cargo-testprog"), "run"]);
        if !arguments.iter().any(|argument| argument.starts_with("-j")) {
            command.arg("-j1");
        }
        command.args(["--format", "json", "--exact", "--prog"]).arg(prog).args(arguments);
        command.env("TMPDIR", &temporary).env("HOME", &temporary);
        let mark = format!("HOME={}", temporary.display());
        Self { command, temporary, mark }
    }

    /// Runs the command, checks that no process and no file is left, and returns the command's
    /// output.
    fn output(&mut self) -> Result<Output, Stop> {
        let output = self.command.output()?;
        no_process_has(&self.mark)?;
        let left: Vec<_> = fs::read_dir(&self.temporary)?.flatten().map(|it| it.path()).collect();
        if left.is_empty() { Ok(output) } else { wrong(format!("files are left: {left:?}")) }
    }

    fn cases(&mut self) -> Result<Vec<Value>, Stop> {
        let output = self.output()?;
        let report: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
        if let Some(error) = schema::errors(&schema::read("report.schema.json"), &report).first() {
            return wrong(error);
        }
        Ok(report["cases"].as_array().cloned().unwrap_or_default())
    }

    /// Checks that each case has the expected verdict, and that the reason of the verdict contains
    /// the expected text.
    fn expect(&mut self, expected: &[(&str, &str, &str)]) -> Check {
        let cases = self.cases()?;
        for (name, verdict, reason) in expected {
            let case = cases.iter().find(|case| case["name"] == *name);
            let is_right = case.is_some_and(|case| {
                case["verdict"] == *verdict
                    && case["reason"].as_str().is_some_and(|text| text.contains(reason))
            });
            if !is_right {
                return wrong(format!("{name}: {case:?}"));
            }
        }
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "callers pass temporary values")]
fn wrong<T>(cause: impl ToString) -> Result<T, Stop> {
    Err(Stop::Wrong(cause.to_string()))
}

/// Waits until no process has `variable` in its environment or as an argument, because a killed
/// process takes a moment to disappear.
fn no_process_has(variable: &str) -> Check {
    const LONGEST: Duration = Duration::from_secs(60);
    let start = Instant::now();
    let has_it = |path: &Path| {
        ["environ", "cmdline"].iter().any(|file| {
            let text = fs::read(path.join(file)).unwrap_or_default();
            text.split(|byte| *byte == 0).any(|each| each == variable.as_bytes())
        })
    };
    loop {
        let processes = fs::read_dir("/proc")?.flatten().map(|entry| entry.path());
        let left: Vec<_> = processes.filter(|path| has_it(path)).collect();
        match left.is_empty() {
            true => return Ok(()),
            false if start.elapsed() > LONGEST => {
                return wrong(format!("processes are left: {left:?}"));
            }
            // Without a pause, reading `/proc` would take the processor time that dying processes need
            // to exit.
            false => thread::sleep(Duration::from_millis(2)),
        }
    }
}

const TIMED_OUT: &str = "did not end within 0.500 s";

fn a_stopped_supervisor_goes_on() -> Check {
    let names = ["stops_its_supervisor", "stops_its_supervisor_again_and_again", "passes"];
    let mut run = Run::new(&names);
    run.expect(&names.map(|name| (name, "pass", "")))
}

fn a_stopped_supervisor_does_not_keep_a_child_alive() -> Check {
    let name = "stops_its_supervisor_and_hangs";
    Run::new(&[name, "passes"]).expect(&[(name, "fail", TIMED_OUT), ("passes", "pass", "")])
}

fn a_stopped_guard_and_supervisor_are_told_of() -> Check {
    let (name, why) = ("stops_supervisor_and_guard", "supervisor process was stopped by SIGSTOP");
    Run::new(&[name, "passes"]).expect(&[(name, "unresolved", why), ("passes", "pass", "")])
}

fn a_supervisor_stopped_after_the_end_answers_all_the_same() -> Check {
    let name = "stops_both_after_its_end";
    Run::new(&[name, "passes"]).expect(&[(name, "pass", ""), ("passes", "pass", "")])
}

fn a_pid_namespace_leaves_nothing() -> Check {
    let (name, hangs) = ("leaves_a_pid_namespace", "leaves_a_pid_namespace_and_hangs");
    let expected = [(name, "pass", ""), (hangs, "fail", TIMED_OUT), ("passes", "pass", "")];
    Run::new(&[name, hangs, "passes"]).expect(&expected)?;
    Run::new(&[name, hangs, "passes", "--zygote"]).expect(&expected)
}

fn a_traced_supervisor_is_told_of() -> Check {
    let (name, why) = ("traces_its_supervisor", "was stopped by a tracer (ptrace)");
    Run::new(&[name, "passes"]).expect(&[(name, "unresolved", why), ("passes", "pass", "")])
}

fn a_killed_supervisor_leaves_nothing() -> Check {
    let (name, why) =
        ("kills_its_supervisor", "the child's supervisor process was killed by SIGKILL");
    Run::new(&[name, "passes"]).expect(&[(name, "unresolved", why), ("passes", "pass", "")])
}

fn a_killed_guard_is_replaced() -> Check {
    let names = ["kills_its_guard", "kills_its_supervisor", "passes"];
    let why = "the child's supervisor process was killed by SIGKILL";
    Run::new(&names).expect(&[
        (names[0], "pass", ""),
        (names[1], "unresolved", why),
        (names[2], "pass", ""),
    ])
}

fn a_killed_guard_and_supervisor_leave_nothing_that_names_the_directory() -> Check {
    let (name, why) = ("kills_guard_and_supervisor", "and the guard process is not available");
    Run::new(&[name, "passes"]).expect(&[(name, "unresolved", why), ("passes", "pass", "")])
}

fn a_killed_guard_and_supervisor_leave_no_hidden_process() -> Check {
    let name = "kills_guard_and_supervisor_and_hides";
    let why = "and the guard process is not available";
    let mut run = Run::new(&[name, "passes", "fails", "-j2", "--repeat", "3"]);
    for case in run.cases()? {
        let verdict = case["verdict"].as_str().unwrap_or_default();
        let reason = case["reason"].as_str().unwrap_or_default();
        let is_right = match case["name"].as_str() {
            Some("passes") => verdict == "pass",
            Some("fails") => verdict == "fail",
            _ => verdict == "unresolved" && reason.contains(why),
        };
        if !is_right {
            return wrong(&case);
        }
    }
    Ok(())
}

/// Checks that a case that kills all supervisors gives no other case a wrong verdict. The verdict
/// *unresolved* is allowed for the other cases.
fn a_hunt_for_supervisors_ends() -> Check {
    let mut run = Run::new(&["hunts_supervisors", "passes", "fails", "-j3", "--repeat", "5"]);
    for case in run.cases()? {
        let verdict = case["verdict"].as_str().unwrap_or_default();
        let is_right = match case["name"].as_str() {
            Some("passes") => ["pass", "unresolved", "flaky"].contains(&verdict),
            Some("fails") => ["fail", "unresolved"].contains(&verdict),
            // On a busy computer, the case `hunts_supervisors` may reach its deadline before it
            // kills a supervisor.
            _ => ["unresolved", "fail"].contains(&verdict),
        };
        if !is_right {
            return wrong(&case);
        }
    }
    Ok(())
}

const CHANGES: [&str; 4] =
    ["limits_its_supervisor", "limits_its_guard", "slows_its_supervisor", "binds_its_supervisor"];

/// Runs each case that changes its supervisor or guard before a case that would notice the change.
fn a_changed_supervisor_is_replaced() -> Check {
    changed(&[])
}

fn a_supervisor_that_may_open_no_file_kills_a_daemon() -> Check {
    let names = ["limits_its_supervisor_and_leaves_a_daemon", "meets_no_daemon"];
    Run::new(&names).expect(&names.map(|name| (name, "pass", "")))
}

fn a_changed_zygote_is_replaced() -> Check {
    changed(&["--zygote"])
}

fn changed(arguments: &[&str]) -> Check {
    for change in &CHANGES {
        let names = [&[change, "is_as_started"], arguments].concat();
        Run::new(&names).expect(&[(change, "pass", ""), ("is_as_started", "pass", "")])?;
    }
    Ok(())
}

fn a_killed_zygote_and_supervisor_leave_nothing() -> Check {
    let (name, why) = ("kills_zygote_and_supervisor", "zygote process ended unexpectedly");
    let mut run = Run::new(&["--zygote", name, "passes"]);
    run.expect(&[(name, "unresolved", why), ("passes", "pass", "")])
}

fn a_traced_zygote_does_not_keep_its_fork_alive() -> Check {
    let name = "traces_its_zygote";
    let mut run = Run::new(&["--zygote", name, "passes"]);
    run.expect(&[(name, "fail", TIMED_OUT), ("passes", "pass", "")])
}

fn a_program_on_a_dead_file_system_ends_at_its_deadline() -> Check {
    let name = "starts_from_a_dead_file_system";
    Run::new(&[name]).expect(&[(name, "pass", "")])
}

/// Checks a child that sends a forged message, which reports that the child exited with status 0.
fn an_answer_in_advance_is_no_answer() -> Check {
    let (name, why) = ("answers_in_advance", "another process has written");
    Run::new(&[name, "fails"]).expect(&[(name, "unresolved", why), ("fails", "fail", "")])
}

fn a_child_cannot_reach_its_parent() -> Check {
    for arguments in [&[][..], &["--zygote", "--repeat", "2"]] {
        let name = "cannot_reach_its_parent";
        let mut run = Run::new(&[&[name], arguments].concat());
        run.as_a_user()?;
        run.expect(&[(name, "pass", "")])?;
    }
    Ok(())
}

impl Run {
    /// Makes the command run as the user [`NOBODY`] if this process runs as root.
    fn as_a_user(&mut self) -> Check {
        if is_root() {
            let folder = self.temporary.parent().unwrap_or(Path::new("/"));
            for path in [folder, &self.temporary] {
                fs::set_permissions(path, fs::Permissions::from_mode(0o777))?;
            }
            self.command.uid(NOBODY).gid(NOBODY);
        }
        Ok(())
    }
}

fn a_child_that_reads_its_own_output_ends_at_its_deadline() -> Check {
    let name = "reads_its_own_output";
    Run::new(&[name]).expect(&[(name, "fail", TIMED_OUT)])
}

/// Runs the command under a seccomp filter that denies `PR_SET_CHILD_SUBREAPER`.
fn a_denied_subreaper_is_told_of() -> Check {
    let mut run = Run::new(&["leaves_a_daemon"]);
    // SAFETY: the function `deny_subreapers`, which runs between `fork` and `execve`, only makes
    // system calls.
    unsafe { run.command.pre_exec(deny_subreapers) };
    let why =
        "failed to adopt `processes that leave the child's process group`: Operation not permitted";
    let told = run.command.output()?;
    // Without a child subreaper (prctl(2)), the runner cannot kill the daemon, so this test finds
    // the daemon by its environment and kills the daemon.
    let report: Value = serde_json::from_slice(&told.stdout)?;
    let case = &report["cases"][0];
    kill_with(&run.mark)?;
    if case["verdict"] != "pass" || !case["not_killed"].as_str().unwrap_or_default().contains(why) {
        return wrong(case);
    }
    Ok(())
}

fn deny_subreapers() -> io::Result<()> {
    #[expect(clippy::cast_possible_truncation, reason = "system calls have small numbers")]
    const PRCTL: u32 = libc::SYS_prctl as u32;
    const FIRST_ARGUMENT: u32 = if cfg!(target_endian = "little") { 16 } else { 20 };
    install(&mut [
        step(LOAD, NUMBER, 0),
        step(JUMP_IF_EQUAL, PRCTL, 3),
        step(LOAD, FIRST_ARGUMENT, 0),
        step(JUMP_IF_EQUAL, libc::PR_SET_CHILD_SUBREAPER.unsigned_abs(), 1),
        step(RETURN, libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs(), 0),
        step(RETURN, libc::SECCOMP_RET_ALLOW, 0),
    ])
}

/// Runs the command under seccomp filters that each deny one system call of the guard.
fn a_call_that_the_guard_cannot_make_is_named() -> Check {
    for (number, name) in [
        (libc::SYS_getppid, "getppid"),
        (libc::SYS_signalfd4, "signalfd4"),
        (libc::SYS_recvmsg, "recvmsg"),
        (libc::SYS_sendto, "sendto"),
    ] {
        let mut run = Run::new(&["passes"]);
        let number = u32::try_from(number)?;
        // SAFETY: the function `install`, which runs between `fork` and `execve`, only makes system
        // calls.
        unsafe {
            run.command.pre_exec(move || {
                install(&mut [
                    step(LOAD, NUMBER, 0),
                    step(JUMP_IF_EQUAL, number, 1),
                    step(RETURN, libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs(), 0),
                    step(RETURN, libc::SECCOMP_RET_ALLOW, 0),
                ])
            })
        };
        let told = run.command.output()?;
        let told = String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).into_owned();
        let why = format!(
            "the guard process of the supervisors failed to call `{name}`: Operation not permitted"
        );
        if !told.contains(&why) {
            return wrong(told);
        }
    }
    Ok(())
}

// The instruction codes are those of `linux/bpf_common.h`, and the offset is that of `seccomp_data`
// in `linux/seccomp.h`.
const LOAD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;
const NUMBER: u32 = 0;

fn step(code: u16, k: u32, jf: u8) -> libc::sock_filter {
    libc::sock_filter { code, jt: 0, jf, k }
}

/// Installs a seccomp filter in this process.
fn install(filter: &mut [libc::sock_filter]) -> io::Result<()> {
    let len = u16::try_from(filter.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let program = libc::sock_fprog { len, filter: filter.as_mut_ptr() };
    // SAFETY: with `PR_SET_NO_NEW_PRIVS`, `prctl` takes only integers.
    unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    let mode = libc::SECCOMP_MODE_FILTER;
    // SAFETY: the variable `program` points to the array `filter`, and contains the array's length.
    match unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Kills the processes that have `variable` in their environment.
fn kill_with(variable: &str) -> Check {
    for process in fs::read_dir("/proc")?.flatten() {
        let text = fs::read(process.path().join("environ")).unwrap_or_default();
        let pid = process.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(pid) =
            pid.filter(|_| text.split(|it| *it == 0).any(|it| it == variable.as_bytes()))
        {
            kill(pid, libc::SIGKILL);
        }
    }
    no_process_has(variable)
}

/// Checks an unprivileged user's child that leaves behind a process of root, which the child
/// started from a set-user-ID program.
fn another_users_process_is_told_of() -> Check {
    let mut run = Run::new(&["leaves_another_users_process"]);
    start_as_root(&mut run)?;
    let output = run.command.output()?;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let case = &report["cases"][0];
    kill_with(&run.mark)?;
    let told = case["not_killed"].as_str().unwrap_or_default();
    if case["verdict"] != "pass" || !told.ends_with("Operation not permitted (os error 1)") {
        return wrong(case);
    }
    if case["reason"] == told { Ok(()) } else { wrong(case) }
}

/// Checks a child that leaves behind a process of root and then hangs until a signal interrupts the
/// run.
fn another_users_process_of_an_interrupted_case_is_told_of() -> Check {
    let mut run = Run::new(&["leaves_another_users_process_and_hangs"]);
    start_as_root(&mut run)?;
    // The child creates the file `hangs` when the process of root runs.
    let runner = run.command.stdout(process::Stdio::piped()).stderr(process::Stdio::piped());
    let runner = runner.spawn()?;
    let sign = run.temporary.join("hangs");
    let start = Instant::now();
    while !sign.exists() && start.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(1));
    }
    // The program `timeout` would pass a signal on twice, to the command and to its process group,
    // and the second signal ends the command at once.
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", runner.id()))?;
    kill(children.trim().parse()?, libc::SIGINT);
    let output = runner.wait_with_output()?;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let case = &report["cases"][0];
    kill_with(&run.mark)?;
    let reason = case["reason"].as_str().unwrap_or_default();
    let (begin, told) = reason.split_once("; ").unwrap_or_default();
    if case["verdict"] != "not_run"
        || begin != "the run was interrupted before this case ended"
        || !told.starts_with("failed to kill `process ")
        || !told.ends_with("Operation not permitted (os error 1)")
    {
        return wrong(case);
    }
    let stderr = String::from_utf8(output.stderr)?;
    // The line about the process that could not be killed may be before or after the line about the
    // signal that interrupted the run.
    let line = format!("leaves_another_users_process_and_hangs: {told}");
    if stderr.lines().any(|printed| printed == line) { Ok(()) } else { wrong(stderr) }
}

/// Prepares the command to run as an unprivileged user, with a set-user-ID program of root for the
/// child.
fn start_as_root(run: &mut Run) -> Check {
    run.as_a_user()?;
    let paths = env::var_os("PATH").unwrap_or_default();
    let tool = env::split_paths(&paths).map(|folder| folder.join("setpriv")).find(|it| it.exists());
    let tool = tool.ok_or_else(|| Stop::Missing(missing_tool("setpriv", "util-linux")))?;
    let as_root = run.temporary.with_extension("root");
    // A separate process copies the file, because no process of another test may have the file open
    // for writing when the child executes the file; see the function `executable`.
    let copied = Command::new("cp").arg(tool).arg(&as_root).status()?;
    if !copied.success() {
        return wrong(format!("cp: {copied}"));
    }
    fs::set_permissions(&as_root, fs::Permissions::from_mode(0o4755))?;
    run.command.env("USER", &as_root);
    Ok(())
}

fn a_fork_of_a_runner_has_supervisors_of_its_own() -> Check {
    Run::new(&["forks_as_a_runner"]).expect(&[("forks_as_a_runner", "pass", "")])
}

// The functions below belong to the scenarios, which run in a child process.

fn kill(pid: libc::pid_t, signal: i32) {
    // SAFETY: the function `kill` takes only integers and accesses no memory of this process.
    unsafe { libc::kill(pid, signal) };
}

fn parent() -> libc::pid_t {
    // SAFETY: the function `getppid` takes no arguments and accesses no memory of this process.
    unsafe { libc::getppid() }
}

/// Returns the process ID of the guard, which is the parent of this process's supervisor. In a fork
/// of a zygote, returns the process ID of the supervisor, which is the parent of the zygote.
///
/// # Errors
///
/// Fails if the guard has ended. The supervisor's parent is then the runner, which no case may kill.
fn guard() -> Result<libc::pid_t, String> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", parent())).map_err(text)?;
    let rest = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let guard = rest.split_whitespace().nth(1).and_then(|word| word.parse().ok()).ok_or(stat)?;
    let name = fs::read_to_string(format!("/proc/{guard}/comm")).map_err(text)?;
    if name.starts_with("testprog-") { Ok(guard) } else { Err(format!("the guard is `{name}`")) }
}

#[expect(clippy::needless_pass_by_value, reason = "a function for `map_err`")]
fn text(error: impl ToString) -> String {
    error.to_string()
}

fn forever() -> ! {
    loop {
        // SAFETY: the function `pause` takes no arguments and accesses no memory of this process.
        unsafe { libc::pause() };
    }
}

fn forks() -> bool {
    // SAFETY: this process has one thread, so the forked process may run any code.
    unsafe { libc::fork() == 0 }
}

/// Leaves behind a process in a new session, with closed standard streams.
fn daemon() {
    if forks() {
        run_on()
    }
}

/// Creates a session, closes the standard streams, and never returns.
fn run_on() -> ! {
    // SAFETY: the function `setsid` takes no arguments and accesses no memory of this process.
    unsafe { libc::setsid() };
    for stream in 0..3 {
        // SAFETY: no code of this process uses the standard streams any more.
        unsafe { libc::close(stream) };
    }
    forever()
}

/// Leaves behind two processes in a new PID namespace. One of the processes is the first process of
/// the namespace.
fn leaves_a_pid_namespace() -> Result<(), String> {
    // SAFETY: the function `unshare` accesses no memory of this process.
    if unsafe { libc::unshare(libc::CLONE_NEWPID) } != 0 {
        return Err(text(io::Error::last_os_error()));
    }
    if forks() {
        daemon();
        run_on()
    }
    Ok(())
}

fn stops_its_supervisor() -> Result<(), String> {
    kill(parent(), libc::SIGSTOP);
    Ok(())
}

fn stops_again_and_again() -> Result<(), String> {
    for _ in 0..100 {
        kill(parent(), libc::SIGSTOP);
    }
    Ok(())
}

fn stops_supervisor_and_guard() -> Result<(), String> {
    kill(guard()?, libc::SIGSTOP);
    kill(parent(), libc::SIGSTOP);
    Ok(())
}

/// Leaves behind a process that stops the supervisor and the guard after the supervisor has waited
/// for this child.
fn stops_both_after_its_end() -> Result<(), String> {
    let (supervisor, guard) = (parent(), guard()?);
    // SAFETY: the function `getpid` takes no arguments and accesses no memory of this process.
    let this = unsafe { libc::getpid() };
    if forks() {
        // SAFETY: the function `setsid` takes no arguments and accesses no memory of this process.
        unsafe { libc::setsid() };
        for stream in 0..3 {
            // SAFETY: no code of this process uses the standard streams any more.
            unsafe { libc::close(stream) };
        }
        while Path::new(&format!("/proc/{this}")).exists() {
            thread::yield_now();
        }
        kill(guard, libc::SIGSTOP);
        kill(supervisor, libc::SIGSTOP);
        forever()
    }
    Ok(())
}

fn traces_its_supervisor() -> Result<(), String> {
    let nothing = ptr::null_mut::<libc::c_void>();
    for request in [libc::PTRACE_SEIZE, libc::PTRACE_INTERRUPT] {
        // SAFETY: the requests `PTRACE_SEIZE` and `PTRACE_INTERRUPT` take a process ID, and use no
        // pointer.
        if unsafe { libc::ptrace(request, parent(), nothing, nothing) } == -1 {
            return Err(io::Error::last_os_error().to_string());
        }
    }
    forever()
}

/// Kills the supervisor of this process, and makes sure that this process and its daemon survive
/// the supervisor's death.
fn kills_its_supervisor() -> Result<(), String> {
    // SAFETY: with `PR_SET_PDEATHSIG`, `prctl` takes only integers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, 0) };
    // SAFETY: the function `setsid` takes no arguments and accesses no memory of this process. For
    // the leader of a process group, `setsid` fails without effect.
    unsafe { libc::setsid() };
    daemon();
    kill(parent(), libc::SIGKILL);
    forever()
}

fn kills_its_guard() -> Result<(), String> {
    let guard_before = guard()?;
    kill(guard_before, libc::SIGKILL);
    while guard() == Ok(guard_before) {
        thread::yield_now();
    }
    Ok(())
}

/// Stops and kills every supervisor and guard of this run until something kills this process.
fn hunts_supervisors() -> Result<(), String> {
    // SAFETY: with `PR_SET_PDEATHSIG`, `prctl` takes only integers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, 0) };
    let home = env::var("HOME").map_err(text)?;
    loop {
        let processes = fs::read_dir("/proc").map_err(text)?.flatten();
        for pid in processes.filter_map(|it| it.file_name().to_str()?.parse().ok()) {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            let is_one = name.starts_with("testprog-superv") || name.starts_with("testprog-guard");
            // Only a process whose `HOME` is that of this run is killed, so the supervisors of
            // other runs survive.
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let is_of_this_run = environment.windows(home.len()).any(|it| it == home.as_bytes());
            if is_one && is_of_this_run {
                kill(pid, libc::SIGSTOP);
                kill(pid, libc::SIGKILL);
            }
        }
    }
}

/// Starts a process without environment variables, in the directory `/` and in a process group of
/// its own. An argument of the process is the mark of the run, by which the test finds the process.
fn hides() -> Result<(), String> {
    let home = env::var("HOME").map_err(text)?;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "sleep 1000; :"]).arg(format!("HOME={home}")).env_clear().current_dir("/");
    let null = process::Stdio::null;
    shell.stdin(null()).stdout(null()).stderr(null());
    shell.process_group(0).spawn().map(drop).map_err(text)
}

fn kills_guard_and_supervisor() -> Result<(), String> {
    // Another case of this run may have killed the guard.
    if let Ok(guard) = guard() {
        kill(guard, libc::SIGKILL);
    }
    kills_its_supervisor()
}

/// Sets the limit on open files for the process `pid`.
fn limits(pid: libc::pid_t, files: libc::rlim64_t) -> Result<(), String> {
    let limit = libc::rlimit64 { rlim_cur: files, rlim_max: 64 };
    // SAFETY: the function `prlimit64` reads the initialized `limit`, and accepts a null pointer in
    // place of the old limit.
    match unsafe { libc::prlimit64(pid, libc::RLIMIT_NOFILE, &raw const limit, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(text(io::Error::last_os_error())),
    }
}

fn slows_its_supervisor() -> Result<(), String> {
    // SAFETY: the function `setpriority` takes only integers and accesses no memory of this
    // process.
    match unsafe { libc::setpriority(libc::PRIO_PROCESS, parent().unsigned_abs(), 19) } {
        0 => Ok(()),
        _ => Err(text(io::Error::last_os_error())),
    }
}

/// Restricts the supervisor of this process to the first processor that this process may use.
fn binds_its_supervisor() -> Result<(), String> {
    let mut processors = affinity();
    let first = (0..1024).find(|cpu| {
        // SAFETY: the variable `processors` is initialized.
        unsafe { libc::CPU_ISSET(*cpu, &processors) }
    });
    // SAFETY: the variable `processors` is initialized.
    unsafe { libc::CPU_ZERO(&mut processors) };
    // SAFETY: the variable `processors` is initialized.
    unsafe { libc::CPU_SET(first.unwrap_or(0), &mut processors) };
    let size = size_of_val(&processors);
    // SAFETY: the variable `size` is the size of `processors` in bytes.
    match unsafe { libc::sched_setaffinity(parent(), size, &raw const processors) } {
        0 => Ok(()),
        _ => Err(text(io::Error::last_os_error())),
    }
}

fn affinity() -> libc::cpu_set_t {
    // SAFETY: the type `cpu_set_t` consists of integers, for which zeros are valid.
    let mut processors: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the function `sched_getaffinity` writes at most the given number of bytes to
    // `processors`.
    unsafe { libc::sched_getaffinity(0, size_of_val(&processors), &raw mut processors) };
    processors
}

fn is_as_started() -> Result<(), String> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the function `getrlimit` writes only to a local variable of the right type.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    // SAFETY: the function `getpriority` takes only integers and accesses no memory of this
    // process.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    // SAFETY: the function `affinity` returns an initialized set of processors.
    let processors = unsafe { libc::CPU_COUNT(&affinity()) };
    let online = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let online = online.lines().filter(|line| line.starts_with("processor")).count();
    let is_bound = online > 1 && processors == 1;
    if limit.rlim_max == 64 || nice == 19 || is_bound {
        return Err(format!("{} files, nice {nice}, {processors} processors", limit.rlim_max));
    }
    Ok(())
}

/// Returns an error if another process of this run executes a scenario.
fn meets_no_daemon() -> Result<(), String> {
    let home = env::var("HOME").map_err(text)?;
    for process in fs::read_dir("/proc").map_err(text)?.flatten() {
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let has = |all: &[u8], part: &str| all.windows(part.len()).any(|it| it == part.as_bytes());
        let pid = process.file_name().to_str().and_then(|name| name.parse().ok());
        let is_other = pid.is_some_and(|pid: u32| pid != process::id());
        if is_other && has(&environment, &home) && has(&command, CHILD) {
            return Err(format!("{} runs", String::from_utf8_lossy(&command)));
        }
    }
    Ok(())
}

/// Copies a file descriptor of the parent process into this process.
fn parents_descriptor(number: RawFd) -> io::Result<RawFd> {
    // SAFETY: the function `pidfd_open` takes only integers and accesses no memory of this process.
    let parent = unsafe { libc::syscall(libc::SYS_pidfd_open, parent(), 0) };
    // SAFETY: the function `pidfd_getfd` takes only integers and accesses no memory of this
    // process.
    match unsafe { libc::syscall(libc::SYS_pidfd_getfd, parent, number, 0) } {
        -1 => Err(io::Error::last_os_error()),
        descriptor => RawFd::try_from(descriptor).map_err(io::Error::other),
    }
}

fn answers_in_advance() -> Result<(), String> {
    const SOCKET: RawFd = 3;
    let socket = parents_descriptor(SOCKET).map_err(text)?;
    // In every version of the supervisor's message format, zeros mean that a child exited with
    // status 0.
    let zeros = [0_u8; 4096];
    // SAFETY: the pointer and the length are those of the array `zeros`.
    unsafe { libc::send(socket, zeros.as_ptr().cast(), zeros.len(), 0) };
    Ok(())
}

fn cannot_reach_its_parent() -> Result<(), String> {
    let parent = parent();
    for name in ["environ", "mem", "maps", "auxv"] {
        if fs::read(format!("/proc/{parent}/{name}")).is_ok_and(|text| !text.is_empty()) {
            return Err(format!("/proc/{parent}/{name} can be read"));
        }
        let mut options = fs::OpenOptions::new();
        if name == "mem" && options.write(true).open(format!("/proc/{parent}/{name}")).is_ok() {
            return Err("the memory can be written".to_owned());
        }
    }
    if fs::read_dir(format!("/proc/{parent}/fd")).is_ok() {
        return Err("the descriptors can be listed".to_owned());
    }
    for number in 0..16 {
        if parents_descriptor(number).is_ok() {
            return Err(format!("descriptor {number} can be copied"));
        }
    }
    let nothing = ptr::null_mut::<libc::c_void>();
    // SAFETY: the request `PTRACE_SEIZE` takes a process ID, and uses no pointer.
    match unsafe { libc::ptrace(libc::PTRACE_SEIZE, parent, nothing, nothing) } {
        -1 => Ok(()),
        _ => Err("the parent can be traced".to_owned()),
    }
}

/// Several processes read the output pipe, so the pipe may be empty again after `poll` has reported
/// output to the runner.
fn reads_its_own_output() -> Result<(), String> {
    let mut pipe = fs::File::open("/proc/self/fd/1").map_err(text)?;
    for _ in 0..3 {
        if forks() {
            break;
        }
    }
    loop {
        // SAFETY: the function `write` reads one byte of the string `x`.
        unsafe { libc::write(libc::STDOUT_FILENO, c"x".as_ptr().cast(), 1) };
        let _ = io::Read::read(&mut pipe, &mut [0; 64]);
    }
}

/// Starts the set-user-ID program whose path the trial puts into `USER`, a variable that the runner
/// passes to its children.
fn leaves_another_users_process() -> Result<(), String> {
    let as_root = env::var_os("USER").ok_or("no program")?;
    let mut command = Command::new(as_root);
    command.args(["--ruid=0", "--euid=0", "sleep", "60"]).stdin(process::Stdio::null());
    command.stdout(process::Stdio::null()).stderr(process::Stdio::null());
    let mut child = command.spawn().map_err(text)?;
    // `kill` fails as soon as the started process runs as root. The trial kills the started process
    // at the end. SAFETY: the function `kill` takes only integers and accesses no memory of this
    // process.
    while unsafe { libc::kill(child.id().try_into().map_err(text)?, 0) } == 0 {
        if child.try_wait().map_err(text)?.is_some() {
            return Err("the process has ended".to_owned());
        }
    }
    Ok(())
}

fn leaves_another_users_process_and_hangs() -> Result<(), String> {
    leaves_another_users_process()?;
    // The variable HOME names the directory in which the runner creates the child's directory.
    fs::write(Path::new(&env::var_os("HOME").ok_or("no HOME")?).join("hangs"), "").map_err(text)?;
    forever()
}

fn kills_zygote_and_supervisor() -> Result<(), String> {
    // SAFETY: with `PR_SET_PDEATHSIG`, `prctl` takes only integers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, 0) };
    daemon();
    let supervisor = guard()?;
    kill(supervisor, libc::SIGKILL);
    kill(parent(), libc::SIGKILL);
    forever()
}

/// Leaves behind a process that traces and thereby stops the zygote, so that the zygote cannot
/// report the exit of this process.
fn traces_its_zygote() -> Result<(), String> {
    let zygote = parent();
    let (mut ready, done) = UnixStream::pair().map_err(text)?;
    if forks() {
        for request in [libc::PTRACE_SEIZE, libc::PTRACE_INTERRUPT] {
            let nothing = ptr::null_mut::<libc::c_void>();
            // SAFETY: the requests `PTRACE_SEIZE` and `PTRACE_INTERRUPT` take a process ID, and use
            // no pointer.
            unsafe { libc::ptrace(request, zygote, nothing, nothing) };
        }
        for stream in 0..3 {
            // SAFETY: no code of this process uses the standard streams any more.
            unsafe { libc::close(stream) };
        }
        drop(done);
        forever()
    }
    drop(done);
    // The read call returns when the forked process traces the zygote and has closed `done`.
    io::Read::read(&mut ready, &mut [0]).map(drop).map_err(text)
}

/// Acts as a runner, and runs a script whose interpreter is on a file system that never responds.
fn starts_from_a_dead_file_system() -> Result<(), String> {
    // SAFETY: the function `unshare` takes only an integer and accesses no memory of this process.
    // After `unshare`, only this process sees the file systems that it mounts.
    if unsafe { libc::unshare(libc::CLONE_NEWNS) } == -1 {
        return Err(text(io::Error::last_os_error()));
    }
    let mount = |source: &CStr, target: &CStr, kind: &CStr, flags, options: &CStr| {
        let [source, target, kind] = [source, target, kind].map(CStr::as_ptr);
        // SAFETY: every string that `mount` receives ends with a zero byte.
        match unsafe { libc::mount(source, target, kind, flags, options.as_ptr().cast()) } {
            0 => Ok(()),
            _ => Err(text(io::Error::last_os_error())),
        }
    };
    mount(c"none", c"/", c"", libc::MS_REC | libc::MS_PRIVATE, c"")?;
    let device = fs::OpenOptions::new().read(true).write(true).open(FUSE).map_err(text)?;
    fs::create_dir("dead").map_err(text)?;
    let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", device.as_raw_fd());
    mount(c"dead", c"dead", c"fuse", 0, &CString::new(options).map_err(text)?)?;
    let here = env::current_dir().map_err(text)?;
    let program = here.join("program");
    fs::write(&program, format!("#!{}/dead/interpreter\n", here.display())).map_err(text)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).map_err(text)?;
    let mut options = Options::default();
    options.deadline = Duration::from_millis(200);
    options.grace = Duration::from_millis(200);
    let outcome = spawn::run(&Program::new(program), "", &options);
    // SAFETY: the path that `umount2` receives ends with a zero byte.
    unsafe { libc::umount2(c"dead".as_ptr(), libc::MNT_DETACH) };
    fs::remove_dir("dead").map_err(text)?;
    match outcome.map_err(text)?.end {
        End::TimedOut => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// Starts children from this process and, at the same time, from a fork of this process.
fn forks_as_a_runner() -> Result<(), String> {
    let run = |status: i32| {
        let mut program = Program::new("/bin/sh");
        program.args = vec!["-c".into(), format!("exit {status}").into()];
        let outcome = spawn::run(&program, "", &Options::default()).map_err(text)?;
        match outcome.end {
            End::Exited(exited) if exited == status => Ok(()),
            other => Err(format!("{other:?} instead of {status}")),
        }
    };
    run(1)?;
    // SAFETY: no other thread of this process runs, so the forked process may run any code.
    let fork = unsafe { libc::fork() };
    if fork == 0 {
        let ran = (2..6).try_for_each(run);
        process::exit(ran.is_err().into());
    }
    let ran = (2..6).try_for_each(run);
    let mut status = 0;
    // SAFETY: the function `waitpid` writes to the local variable `status`, and `fork` is a child
    // of this process.
    unsafe { libc::waitpid(fork, &raw mut status, 0) };
    ran.and_then(|()| if status == 0 { run(7) } else { Err(format!("status {status}")) })
}
