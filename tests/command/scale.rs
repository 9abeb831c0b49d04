//! Tests how many system calls, how much memory and how many open files `cargo testprog` needs for
//! many cases, many jobs and much output.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, ExitCode, Output};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, thread};

use libtest_mimic::Trial;
use serde_json::Value;
use testprog_harness::Program;
use testprog_harness::spawn::{self, End, Options};

use crate::script::{Script, refused, testprog};
use crate::trial::scratch::{executable, scratch};
use crate::trial::tools::{Missing, need_tool};

pub(crate) fn trials() -> Vec<Trial> {
    use crate::test_functions::{gated_trial, trials};
    // The two tests that wait several seconds come first, so that other tests run during the wait.
    let mut all = vec![
        gated_trial!(a_late_start_does_not_extend_the_deadline_further, need_strace),
        gated_trial!(a_late_start_does_not_count_for_the_deadline, need_strace),
    ];
    all.extend(trials![
        a_large_listing_is_printed_with_few_system_calls,
        a_listing_above_the_bound_is_refused,
        a_runner_command_is_searched_once,
        a_soft_limit_on_open_files_is_raised_for_the_jobs,
        a_hard_limit_on_open_files_bounds_the_jobs,
        a_hard_limit_on_open_files_can_be_too_low_for_one_job,
        a_child_gets_the_limit_before_all_reservations,
        more_jobs_than_runs_are_not_started,
        memory_does_not_grow_with_the_output_of_cases,
        memory_does_not_grow_with_the_output_that_the_page_shows,
        a_limit_on_the_size_of_files_loses_no_output,
    ]);
    all
}

/// Environment variable that makes this executable reserve open files and then run the program with
/// this path.
const RESERVE: &str = "TEST_OF_THE_RESERVATION";

pub(crate) fn answer() -> Option<ExitCode> {
    let program = Program::new(env::var_os(RESERVE)?);
    let reserved = [1, 10, 30].map(spawn::reserve);
    let outcome = spawn::run(&program, "a", &Options::default()).unwrap();
    println!("{reserved:?} {}", String::from_utf8(outcome.stdout.whole().unwrap()).unwrap());
    Some(ExitCode::SUCCESS)
}

fn need_strace() -> Option<Missing> {
    if cfg!(target_os = "linux") {
        need_tool("strace", "strace")
    } else {
        Some(Missing::Ability("only Linux has `strace`".to_owned()))
    }
}

/// Path of the command under test.
const COMMAND: &str = env!("CARGO_BIN_EXE_cargo-testprog");

/// Returns a child with `count` cases, `a1`, `a2` and so on, that runs the shell code `body`.
fn numbered(name: &str, count: usize, body: &str) -> Script {
    let names = (1..=count).map(|number| format!("a{number}\\n"));
    Script::listing(name, &format!("testprog 1\\n{}", names.collect::<String>()), body)
}

/// Runs the command, which must exit with `status`, and returns its largest resident set in bytes.
fn peak(script: &Script, arguments: &[&str], status: i32) -> u64 {
    let mut program = Program::new(COMMAND);
    let prog = script.path.to_str().unwrap();
    let (last, first) = [&["--prog", prog], arguments].concat().split_last().map(owned).unwrap();
    program.args = first;
    let mut options = Options::default();
    options.deadline = Duration::from_secs(300);
    let outcome = spawn::run(&program, &last, &options).unwrap();
    assert_eq!(outcome.end, End::Exited(status));
    outcome.max_rss
}

/// Returns the largest resident set of this process in bytes, or 0 if the system does not report it.
///
/// Linux counts the memory of the process that forked a child as memory of the child, also after the
/// child has executed another program (`setmax_mm_hiwater_rss` in fs/exec.c). A child's largest
/// resident set is therefore at least the resident set of this process at the time of the fork.
fn own_peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or(0, |kib| kib << 10)
}

fn owned((last, first): (&&str, &[&str])) -> (String, Vec<OsString>) {
    ((*last).to_owned(), first.iter().map(OsString::from).collect())
}

fn a_large_listing_is_printed_with_few_system_calls() {
    // Each line has 249 bytes, so the listing has 1.7 MB.
    const CASES: usize = 7_000;
    let text = format!(
        "#!/bin/sh\necho 'testprog 1'\nexec awk 'BEGIN {{ x = sprintf(\"%240s\", \"\"); gsub(/ /, \"x\", x)\n\
         for (i = 1; i <= {CASES}; i++) printf \"%s%08d\\n\", x, i }}'\n"
    );
    let child = Script::executable("listing", text.as_bytes());
    // Each write to a datagram socket sends a separate message, so the test can count the writes.
    let (stdout, messages) = UnixDatagram::pair().unwrap();
    let mut command = Command::new(COMMAND);
    command.arg("list").arg("--prog").arg(&child.path).stdout(OwnedFd::from(stdout));
    let mut listing = command.spawn().unwrap();
    drop(command);
    let mut room = vec![0; 1 << 20];
    let (mut writes, mut lines, mut end) = (0, 0, Vec::new());
    // A read fails after 10 min, or when the command has ended and no process has the other socket
    // open.
    messages.set_read_timeout(Some(Duration::from_secs(600))).unwrap();
    while !end.ends_with(b" on this target\n") {
        let length = match messages.recv(&mut room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            received => received.unwrap(),
        };
        writes += 1;
        lines += std::str::from_utf8(&room[..length]).unwrap().matches('\n').count();
        end = room[length.saturating_sub(30)..length].to_vec();
    }
    assert!(listing.wait().unwrap().success());
    assert_eq!(lines, 2 * CASES + 2);
    assert!(writes < 100, "{writes} writes for {lines} lines");
}

fn a_listing_above_the_bound_is_refused() {
    let script = Script::executable("endless", b"#!/bin/sh\nyes testprog | head -c 140000000\n");
    let refusal = testprog(&["list", "--prog", script.path.to_str().unwrap()]);
    refused(refusal, 2, "--list printed more than 128 MiB");
}

fn a_runner_command_is_searched_once() {
    let script = numbered("searched.sh", 3, "echo OK");
    let folders = ["first", "second"].map(scratch);
    let [first, second] = folders.map(|folder| fs::create_dir(&folder).map(|()| folder).unwrap());
    executable(&second.join("tp-runner"), b"#!/bin/sh\nexec \"$@\"\n");
    executable(&first.join("other"), b"#!/bin/sh\necho wrong >&2\nexit 1\n");
    let change = format!("mv -f '{0}/other' '{0}/tp-runner'", first.display());
    let changing = numbered("changing.sh", 3, &format!("{change} 2>/dev/null\necho OK"));
    let path = format!("{}:{}:/usr/bin:/bin", first.display(), second.display());
    for (child, is_right) in [(&changing, true), (&script, false)] {
        let mut command = child.command(&["-j1", "--runner", "tp-runner"]);
        let output = command.env("PATH", &path).output().unwrap();
        // In the first run, a case adds a wrong `tp-runner` to an earlier directory of `PATH`, but
        // the command does not search `PATH` again. In the second run, the command finds the wrong
        // `tp-runner` at its first search.
        assert_eq!(output.status.success(), is_right, "{output:?}");
    }
}

/// Runs `jobs` cases with `-j` under soft and hard limits on open files. Each case ends when
/// `at_once` cases have started, and prints the case's limits to the file `limits`.
fn run_at_once(jobs: usize, at_once: usize, soft: usize, hard: usize) -> Output {
    let [here, go] = ["here", "go"].map(scratch);
    for pipe in [&here, &go] {
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    let limits = scratch("limits");
    let body = format!(
        "echo here >'{}'\nread line <'{}'\necho \"$(ulimit -Sn) $(ulimit -Hn)\" >>'{}'\necho OK",
        here.display(),
        go.display(),
        limits.display()
    );
    let script = numbered("at-once.sh", jobs, &body);
    // If this process has a pipe open for reading and writing, opening the pipe blocks neither this
    // process nor a case.
    let open = |path: &Path| OpenOptions::new().read(true).write(true).open(path).unwrap();
    let (mut here, mut go) = (BufReader::new(open(&here)), open(&go));
    let mut shell = Command::new("/bin/sh");
    let limit = format!("ulimit -Sn {soft}; ulimit -Hn {hard}; exec \"$0\" \"$@\"");
    shell.args(["-c", &limit, COMMAND, "--deadline", "120s", "--prog"]).arg(&script.path);
    let (send, started) = mpsc::channel();
    // If fewer than `at_once` cases start, the thread waits until this process ends.
    thread::spawn(move || {
        here.by_ref().lines().take(at_once).for_each(|line| assert_eq!(line.unwrap(), "here"));
        go.write_all("go\n".repeat(jobs).as_bytes()).unwrap();
        send.send((here, go)).unwrap();
    });
    let output = shell.arg(format!("-j{jobs}")).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains(&format!("{jobs} passed, 0 failed\n")), "{output:?}");
    drop(started.recv().unwrap());
    let seen = fs::read_to_string(limits).unwrap();
    assert_eq!(seen, format!("{soft} {hard}\n").repeat(jobs));
    output
}

fn a_soft_limit_on_open_files_is_raised_for_the_jobs() {
    let output = run_at_once(30, 30, 64, 400);
    assert!(output.stderr.is_empty(), "{output:?}");
}

fn a_hard_limit_on_open_files_bounds_the_jobs() {
    let output = run_at_once(30, 2, 64, 80);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("failed to run 30 cases at once: the hard limit on open files")
            && stderr.ends_with(" is too low; at most 8 run at once\n")
            && stderr.lines().count() == 1,
        "{stderr}"
    );
}

fn a_hard_limit_on_open_files_can_be_too_low_for_one_job() {
    let script = numbered("too-low.sh", 2, "echo OK");
    // How many files a case needs open at once depends on which of the runner's processes is faster,
    // so limits that are nearly enough have two right results.
    for limit in 12..=24 {
        let mut shell = Command::new("/bin/sh");
        let ulimit = format!("ulimit -n {limit}; exec \"$0\" \"$@\"");
        shell.args(["-c", &ulimit, COMMAND, "-j2", "--prog"]).arg(&script.path);
        let output = shell.output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "failed to run 2 cases at once: the hard limit on open files (`ulimit -Hn`) is too \
             low; at most 1 run at once\n"
        );
        let stdout = String::from_utf8_lossy(&output.stdout);
        let is_enough = stdout.contains("2 passed, 0 failed\n");
        let is_told = stdout.contains(" 0 failed, ") && stdout.contains("(os error 24)");
        match limit {
            12 => assert!(is_told, "{limit}: {stdout}"),
            24 => assert!(is_enough, "{limit}: {stdout}"),
            _ => assert!(is_enough || is_told, "{limit}: {stdout}"),
        }
    }
}

fn a_child_gets_the_limit_before_all_reservations() {
    // In the command, the listing starts the guard before the reservation. In this process, the
    // reservations come first.
    let script = Script::new("limit", "echo \"$(ulimit -Sn) $(ulimit -Hn)\"");
    let mut shell = Command::new("/bin/sh");
    let limit = "ulimit -Sn 40; ulimit -Hn 400; exec \"$0\"";
    shell.args(["-c", limit]).arg(env::current_exe().unwrap()).env(RESERVE, &script.path);
    let output = shell.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "[1, 10, 30] 40 400\n\n", "{output:?}");
}

fn more_jobs_than_runs_are_not_started() {
    let script = numbered("jobs.sh", 2, "echo OK");
    for arguments in [&["-j65535"][..], &["-j65535", "--repeat", "2"]] {
        let peak = peak(&script, arguments, 0);
        // If the command started a thread for each of the 65,535 jobs, each thread would touch at
        // least 8 KiB of its stack.
        let most = (32 << 20).max(own_peak() + (8 << 20));
        assert!(peak < most, "{arguments:?}: {peak} bytes, more than {most}");
    }
}

fn a_late_start_does_not_count_for_the_deadline() {
    late_start("echo OK", true, "1 passed");
}

fn a_late_start_does_not_extend_the_deadline_further() {
    late_start("exec sleep 1000", false, "did not end within 5.000 s");
}

/// Runs a case, whose shell code is `body`, with a start that is later than the case's deadline.
/// Checks whether the run succeeds, and that the report contains `ended`.
fn late_start(body: &str, is_right: bool, ended: &str) {
    // The call of the child with `--list` creates a file in its directory, so the case does not get
    // the same directory, but a new one.
    let text = format!(
        "#!/bin/sh\n[ \"$1\" != --list ] || {{ : >file; printf 'testprog 1\\na\\n'; exit; }}\n{body}\n"
    );
    let child = Script::executable("late.sh", text.as_bytes());
    let mut strace = Command::new("strace");
    // The supervisor creates a directory before each start, so a delay of 6 s at the supervisor's
    // second `mkdir` delays the start of the case. The deadline of 5 s is long enough for the case,
    // whose system calls strace traces, even on a busy computer.
    let delay = "inject=mkdir,mkdirat:delay_enter=6000000:when=2";
    let log = scratch("log");
    strace.args(["-f", "-qq", "-e", "trace=mkdir,mkdirat", "-e", delay, "-o"]).arg(&log);
    strace.args([COMMAND, "--deadline", "5s", "--prog"]).arg(&child.path);
    let output = strace.output().unwrap();
    assert_eq!(output.status.success(), is_right, "{output:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    // The log of strace shows that the creation of the case's directory was delayed.
    assert_eq!(fs::read_to_string(log).unwrap().matches("(DELAYED)").count(), 1);
    assert!(stdout.contains(ended), "{stdout}");
}

fn memory_does_not_grow_with_the_output_of_cases() {
    const CASES: usize = 60;
    const BYTES: usize = 128 << 10;
    let print = format!("head -c {BYTES} /dev/zero | tr '\\0' x >&2");
    for (end, status) in [("echo OK", 0), ("exit 1", 1)] {
        let silent = numbered("silent.sh", CASES, end);
        let loud = numbered("loud.sh", CASES, &format!("{print}\n{end}"));
        let reports = ["json", "junit", "tap", "human", "github", "markdown", "html"].map(scratch);
        let outputs = reports.each_ref().map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            format!("-o{name}={}", path.display())
        });
        let outputs: Vec<_> = outputs.iter().map(String::as_str).collect();
        let (few, many) = (peak(&silent, &outputs, status), peak(&loud, &outputs, status));
        assert!(many < few + (4 << 20), "{few} bytes without output, {many} bytes with output");
        // Although the memory does not grow with the output, the reports contain the whole output.
        let [json, junit, ..] = reports.map(|path| fs::read_to_string(path).unwrap());
        let json: Value = serde_json::from_str(&json).unwrap();
        let cases = json["cases"].as_array().unwrap();
        let is_whole = |case: &Value| case["stderr"].as_str().is_some_and(|it| it.len() == BYTES);
        assert_eq!((cases.len(), cases.iter().all(is_whole)), (CASES, true));
        let whole = format!("<system-err>{}</system-err>", "x".repeat(BYTES));
        assert_eq!(junit.matches(&whole).count(), CASES);
    }
}

/// Shell code that prints 8 KiB to each stream. A page shows both streams as a whole.
const SHOWN: &str = "printf '%8192s' x; printf '%8192s' x >&2; exit 1";

/// Number of cases that print 8 MiB in total with [`SHOWN`].
const SHOWN_CASES: usize = 512;

/// Most additional memory that a run may need for the output of its cases, in bytes.
const FLAT: u64 = 4 << 20;

fn memory_does_not_grow_with_the_output_that_the_page_shows() {
    let page = scratch("page.html");
    let output = format!("-ohtml={}", page.display());
    let peaks = ["exit 1", SHOWN].map(|body| {
        let script = numbered("shown.sh", SHOWN_CASES, body);
        peak(&script, &[&output, "-q"], 1)
    });
    let [few, many] = peaks;
    assert!(many < few + FLAT, "{few} bytes without output, {many} bytes with output");
    let stream = format!(">{:8191}x</pre>", "");
    let page = fs::read_to_string(page).unwrap();
    assert_eq!(page.matches(&stream).count(), 2 * SHOWN_CASES);
}

fn a_limit_on_the_size_of_files_loses_no_output() {
    let script = numbered(
        "limited.sh",
        4,
        "head -c 60000 /dev/zero >&2; printf '\\nend of %s\\n' $1 >&2; exit 1",
    );
    let report = scratch("report");
    // The shell's command `ulimit -f` counts in blocks of 512 bytes (dash, POSIX) or of 1 KiB
    // (bash).
    let shell = r#"ulimit -f 4; exec "$0" "$@""#;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", shell, COMMAND, "-o"]).arg(format!("json={}", report.display()));
    let output = command.arg("--prog").arg(&script.path).output().unwrap();
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.starts_with("failed to write") && stderr.contains("File too large"), "{stderr}");
    for number in 1..=4 {
        assert!(stdout.contains(&format!("    | end of a{number}\n  rerun:")), "{stdout}");
    }
    assert!(!report.exists());
}
