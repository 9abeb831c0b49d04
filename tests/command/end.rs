//! Tests how `cargo testprog run` ends: by a signal, after a suspension, and with outputs that
//! cannot be written.

#![expect(unsafe_code, reason = "sends signals, resets signals and waits for a stopped process")]

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, is_empty, starts_with};
use serde_json::Value;

use crate::script::{Script, command, refused, testprog};
use crate::trial::scratch::scratch;
use crate::trial::tools::Missing;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = crate::test_functions::trials![
        a_signal_ends_the_run_and_every_report_is_written,
        a_signal_that_reaches_the_whole_group_does_the_same,
        a_second_signal_ends_the_run_at_once,
        a_signal_that_nohup_ignores_ends_nothing,
        a_run_that_is_continued_at_once_does_not_stay_stopped,
        an_interrupted_retry_keeps_the_attempt_that_failed,
        a_matrix_that_is_interrupted_is_reported,
        a_matrix_that_is_interrupted_while_it_builds_is_reported,
        a_port_that_is_interrupted_reports_what_it_has_probed,
        an_interrupted_row_of_a_compiler_keeps_what_it_has_probed,
        a_directory_for_a_report_must_be_there_before_the_run,
        two_outputs_that_are_one_file_are_refused,
        an_output_that_is_an_input_is_refused,
        an_output_that_is_standard_output_is_refused,
        a_report_to_a_descriptor_is_appended,
        a_pipe_has_its_report,
        a_pipe_without_a_reader_keeps_no_report_from_being_written,
        a_scale_multiplies_every_deadline,
        a_leak_timeout_can_be_set,
        few_descriptors_are_enough_for_many_jobs,
    ];
    trials.push(crate::test_functions::gated_trial!(
        few_processes_are_enough_for_many_jobs,
        need_pids
    ));
    trials
        .push(crate::test_functions::gated_trial!(a_suspended_run_stops_its_children, need_procfs));
    // The two tests that wait 10 s come first, so that other tests run during the wait.
    let mut first = vec![
        crate::test_functions::gated_trial!(
            a_suspension_by_sigstop_does_not_count_for_a_deadline,
            need_procfs
        ),
        crate::test_functions::gated_trial!(
            a_suspension_by_sigtstp_does_not_count_for_a_deadline,
            need_procfs
        ),
    ];
    first.append(&mut trials);
    first
}

fn need_procfs() -> Option<Missing> {
    let is_there = Path::new("/proc/self/task").exists();
    (!is_there).then(|| Missing::Ability("this system has no /proc".to_owned()))
}

/// Child whose case `a` passes. Each case except `a` writes its process ID to the named pipe `up`,
/// and then runs the shell code `body`.
pub(crate) struct Hanging {
    pub(crate) script: Script,
    pub(crate) up: PathBuf,
}

impl Drop for Hanging {
    /// Removes the named pipe, so that a test can create the pipe again.
    fn drop(&mut self) {
        // A test that has failed may have removed the pipe, so the error is ignored.
        let _ = fs::remove_file(&self.up);
    }
}

impl Hanging {
    pub(crate) fn new(body: &str) -> Self {
        Self::after("", body)
    }

    /// Returns a child whose cases, except `a`, run the shell code `first` before they write their
    /// process ID.
    fn after(first: &str, body: &str) -> Self {
        let up = pipe("up");
        let body = format!(
            "[ $1 = a ] && {{ echo OK; exit; }}; {first} echo $$ >'{}'; {body}",
            up.display()
        );
        Self { script: Script::listing("hanging.sh", "testprog 1\\na\\nb\\nc\\n", &body), up }
    }

    fn start(&self, arguments: &[&str]) -> Runner {
        Runner::start(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        command.env_remove("GITHUB_STEP_SUMMARY").arg("run").arg("--prog").arg(&self.script.path);
        command.args(["-j1"]).args(arguments);
        command
    }

    /// Waits until a case has started, and returns its process ID.
    pub(crate) fn started(&self) -> i32 {
        started(&self.up)
    }
}

/// Waits until a process has written its process ID to the named pipe `up`, and returns the process
/// ID.
pub(crate) fn started(up: &Path) -> i32 {
    let up = up.to_owned();
    let text = within_ten_minutes(move || fs::read_to_string(up)).unwrap();
    text.lines().next().unwrap().parse().unwrap()
}

/// Returns the result of `call`, which may wait for another process. Panics if `call` takes more
/// than ten minutes.
fn within_ten_minutes<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(call()));
    receiver.recv_timeout(Duration::from_secs(600)).expect("the other process does its part")
}

/// Creates a named pipe, and returns its path.
fn pipe(name: &str) -> PathBuf {
    let path = scratch(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Process of the running command, in a process group of its own.
pub(crate) struct Runner(Child);

impl Drop for Runner {
    fn drop(&mut self) {
        // A failed test may leave the process running.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

impl Runner {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_with(Stdio::piped(), command)
    }

    fn start_with(stdout: impl Into<Stdio>, command: &mut Command) -> Self {
        // `nohup cargo test` ignores SIGHUP, and a shell script ignores SIGINT for `cargo test &`. A
        // new process inherits ignored signals, so the signals of these tests get their default
        // actions again.
        let restore = || {
            for number in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM] {
                // SAFETY: the function `signal` receives a constant, so it installs no handler
                // function.
                unsafe { libc::signal(number, libc::SIG_DFL) };
            }
            Ok(())
        };
        // SAFETY: the function `restore`, which runs between `fork` and `execve`, only makes system
        // calls.
        unsafe { command.pre_exec(restore) };
        let command = command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        Self(command.process_group(0).spawn().unwrap())
    }

    pub(crate) fn pid(&self) -> i32 {
        self.0.id().try_into().unwrap()
    }

    pub(crate) fn end(mut self) -> Output {
        let read = |stream: Option<Box<dyn Read + Send>>| {
            thread::spawn(move || {
                let mut text = Vec::new();
                stream.map_or(Ok(0), |mut stream| stream.read_to_end(&mut text)).unwrap();
                text
            })
        };
        let stdout = read(self.0.stdout.take().map(|stream| Box::new(stream) as _));
        let stderr = read(self.0.stderr.take().map(|stream| Box::new(stream) as _));
        let status = self.0.wait().unwrap();
        Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    }

    /// Waits until the process has stopped.
    fn stopped(&self) {
        let mut status = 0;
        // SAFETY: the waited-for process is a child of this process, and `status` is writable
        // memory.
        let pid = unsafe { libc::waitpid(self.pid(), &raw mut status, libc::WUNTRACED) };
        assert!(pid == self.pid() && libc::WIFSTOPPED(status), "{status}");
    }
}

/// Writes a line to a named pipe as soon as a process reads the pipe.
fn write(pipe: &Path) {
    let pipe = pipe.to_owned();
    within_ten_minutes(move || fs::write(pipe, "\n")).unwrap();
}

pub(crate) fn signal(pid: i32, signal: i32) {
    // SAFETY: the function `kill` takes only integers and accesses no memory of this process.
    assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
}

/// Waits until the process `pid` no longer exists.
pub(crate) fn gone(pid: i32) {
    let clock = Instant::now();
    // SAFETY: with signal 0, the function `kill` only checks whether the process exists.
    while unsafe { libc::kill(pid, 0) } == 0 {
        assert!(clock.elapsed() < Duration::from_secs(60), "{pid} is still there");
        thread::sleep(Duration::from_millis(10));
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns the flags for three reports, and a function that checks that all three reports are
/// complete.
pub(crate) fn reports() -> ([String; 3], impl Fn() -> Value) {
    let paths = ["json", "junit", "html"].map(|format| (format, scratch(format!("r.{format}"))));
    let flags = paths.clone().map(|(format, path)| format!("-o{format}={}", path.display()));
    let check = move || {
        let junit = fs::read_to_string(&paths[1].1).unwrap();
        assert_eq!(quick_junit::Report::deserialize_from_str(&junit).unwrap().tests, 3);
        assert!(fs::read_to_string(&paths[2].1).unwrap().ends_with("</html>"));
        json(&paths[0].1)
    };
    (flags, check)
}

fn a_signal_ends_the_run_and_every_report_is_written() {
    let hanging = Hanging::new("exec sleep 1000");
    for (number, name) in
        [(libc::SIGINT, "SIGINT"), (libc::SIGTERM, "SIGTERM"), (libc::SIGHUP, "SIGHUP")]
    {
        let (flags, check) = reports();
        let runner = hanging.start(&flags.each_ref().map(String::as_str));
        let child = hanging.started();
        signal(runner.pid(), number);
        let output = runner.end();
        assert_eq!(output.status.code(), Some(128 + number));
        gone(child);
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(stdout.contains(": 1 passed, 0 failed, 2 not run\n"), "{stdout}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with(&format!("{name}: ending")), "{stderr}");
        let report = check();
        assert_eq!(report["counts"]["not_run"], 2, "{report}");
        for (case, reason) in [
            (1, "the run was interrupted before this case ended"),
            (2, "the run stopped before this case started"),
        ] {
            let case = &report["cases"][case];
            assert_eq!((&case["verdict"], &case["reason"]), (&"not_run".into(), &reason.into()));
        }
    }
}

/// Checks a signal to the whole process group, which Ctrl-C on a terminal sends. The shell plays
/// the role of Cargo, which starts the command in real use.
fn a_signal_that_reaches_the_whole_group_does_the_same() {
    let hanging = Hanging::new("exec sleep 1000");
    let (flags, check) = reports();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", r#""$0" "$@"; exit $?"#, env!("CARGO_BIN_EXE_cargo-testprog"), "testprog"]);
    shell.arg("--prog").arg(&hanging.script.path).arg("-j1").args(&flags);
    let runner = Runner::start(&mut shell);
    let child = hanging.started();
    signal(-runner.pid(), libc::SIGINT);
    let status = runner.end().status;
    // If its command exits with status 130, a shell either dies of SIGINT too or exits with status
    // 130.
    assert!(status.signal() == Some(libc::SIGINT) || status.code() == Some(130), "{status}");
    gone(child);
    assert_eq!(check()["counts"]["not_run"], 2);
}

fn a_second_signal_ends_the_run_at_once() {
    let hanging = Hanging::after("trap '' TERM;", "while :; do sleep 1000; done");
    let report = scratch("second.json");
    let mut command = hanging.command(&["-o", &format!("json={}", report.display())]);
    let (_unread, stdout) = UnixStream::pair().unwrap();
    let theirs = OwnedFd::from(stdout.try_clone().unwrap());
    let mut runner = Runner::start_with(theirs, &mut command);
    drop(command);
    let child = hanging.started();
    // One second after the first signal, the command kills the child and would end by itself.
    // Nobody reads the command's standard output, so after `fill` the command cannot end by itself,
    // however late the second signal is.
    fill(&stdout);
    signal(runner.pid(), libc::SIGTERM);
    let mut line = String::new();
    BufReader::new(runner.0.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("SIGTERM: "), "{line}");
    signal(runner.pid(), libc::SIGTERM);
    let clock = Instant::now();
    let status = loop {
        match runner.0.try_wait().unwrap() {
            Some(status) => break status,
            None => thread::sleep(Duration::from_millis(10)),
        }
        assert!(clock.elapsed() < Duration::from_secs(60), "the command still runs");
    };
    assert_eq!(status.signal(), Some(libc::SIGTERM));
    gone(child);
    assert!(!report.exists());
}

/// Writes to the stream until a further write would block.
fn fill(mut stream: &UnixStream) {
    stream.set_nonblocking(true).unwrap();
    for size in [4096, 1] {
        while stream.write(&[0; 4096][..size]).is_ok() {}
    }
    stream.set_nonblocking(false).unwrap();
}

fn a_signal_that_nohup_ignores_ends_nothing() {
    let down = pipe("down");
    let hanging = Hanging::new(&format!("read x <'{}'; echo OK", down.display()));
    let mut nohup = Command::new("/bin/sh");
    nohup.args(["-c", r#"trap '' HUP; exec "$0" "$@""#, env!("CARGO_BIN_EXE_cargo-testprog")]);
    nohup.arg("--prog").arg(&hanging.script.path).args(["-j1", "b"]);
    let runner = Runner::start(&mut nohup);
    hanging.started();
    signal(runner.pid(), libc::SIGHUP);
    write(&down);
    assert!(runner.end().status.success());
}

fn an_interrupted_retry_keeps_the_attempt_that_failed() {
    let mark = scratch("mark").display().to_string();
    let first = format!("[ -e '{mark}' ] || {{ : >'{mark}'; exit 3; }};");
    let hanging = Hanging::after(&first, "exec sleep 1000");
    let report = scratch("retry.json");
    let output = format!("json={}", report.display());
    let runner = hanging.start(&["b", "--retries", "1", "-o", &output]);
    hanging.started();
    signal(runner.pid(), libc::SIGINT);
    assert_eq!(runner.end().status.code(), Some(130));
    let case = &json(&report)["cases"][0];
    assert_eq!((&case["verdict"], &case["end"]["status"]), (&"fail".into(), &3.into()));
}

fn a_matrix_that_is_interrupted_is_reported() {
    let hanging = Hanging::new("exec sleep 1000");
    let (file, report) = (scratch("matrix.toml"), scratch("matrix.json"));
    let prog = hanging.script.path.display();
    let row = |name: &str| format!("[[row]]\nname = \"{name}\"\nprog = \"{prog}\"\n");
    fs::write(&file, row("first") + &row("second")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    command.arg("matrix").arg(&file).args(["-j1", "-o"]).arg(format!("json={}", report.display()));
    let runner = Runner::start(&mut command);
    let child = hanging.started();
    signal(runner.pid(), libc::SIGTERM);
    assert_eq!(runner.end().status.code(), Some(143));
    gone(child);
    let rows = &json(&report)["rows"];
    assert_eq!(rows[0]["report"]["counts"]["not_run"], 2, "{rows}");
    assert_eq!(rows[1]["reason"], "the run stopped before this row started", "{rows}");
}

/// Checks a signal to `matrix` while a row waits for Cargo, for a command that prints a report, or
/// for a C compiler.
fn a_matrix_that_is_interrupted_while_it_builds_is_reported() {
    let up = pipe("up");
    let hangs = format!("#!/bin/sh\necho $$ >'{}'; exec sleep 1000\n", up.display());
    let hangs = Script::executable("hangs", hangs.as_bytes()).path;
    let rows = [
        "name = \"first\"\n".to_owned(),
        format!("name = \"first\"\nreport = \"{} x\"\n", hangs.display()),
        format!("name = \"first\"\ncc = \"{}\"\n", hangs.display()),
    ];
    for row in rows {
        let (file, report) = (scratch("matrix.toml"), scratch("matrix.json"));
        fs::write(&file, format!("[[row]]\n{row}[[row]]\nname = \"second\"\n")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        command.env("CARGO", &hangs).current_dir(env!("CARGO_TARGET_TMPDIR"));
        command.arg("matrix").arg(&file).args(["-o", &format!("json={}", report.display())]);
        let runner = Runner::start(&mut command);
        let child = started(&up);
        signal(runner.pid(), libc::SIGHUP);
        let output = runner.end();
        assert_eq!(output.status.code(), Some(129), "{}", String::from_utf8_lossy(&output.stderr));
        gone(child);
        let rows = &json(&report)["rows"];
        for (row, reason) in [
            (0, "the run was interrupted before this row ended"),
            (1, "the run stopped before this row started"),
        ] {
            assert_eq!(rows[row]["state"], "not_run", "{rows}");
            assert_eq!(rows[row]["reason"], reason, "{rows}");
        }
    }
}

/// Checks a signal to `port` in six states: `port` compiles the first file, runs the first program,
/// compiles a probe, runs a probe, builds the cases, or lists the cases.
fn a_port_that_is_interrupted_reports_what_it_has_probed() {
    let up = pipe("up");
    let compiler = hanging_compiler(&up);
    let numbers = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP].into_iter().cycle();
    let stages = [
        ("*standalone/main.c*", "", Probed::None),
        ("", "--about", Probed::None),
        ("*csrc/probe/processes/atexit.c*", "", Probed::Some),
        ("", "atexit", Probed::Some),
        ("*scenarios/exit/segv_in_c.c*", "", Probed::All),
        ("", "--list", Probed::All),
    ];
    for ((compiled, run, probed), number) in stages.into_iter().zip(numbers) {
        let (directory, report) = (scratch("port"), scratch("port.json"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        command.env("COMPILED", compiled).env("RUN", run);
        command.args(["port", "-j1", "--name", "p"]).arg("--cc").arg(&compiler);
        command.arg("--dir").arg(directory).args(["-o", &format!("json={}", report.display())]);
        let runner = Runner::start(&mut command);
        let child = started(&up);
        signal(runner.pid(), number);
        let output = runner.end();
        let text = [output.stdout, b"stderr: ".into(), output.stderr].concat();
        let text = format!("{compiled}{run}: {}", String::from_utf8(text).unwrap());
        assert_eq!(output.status.code(), Some(128 + number), "{text}");
        gone(child);
        let report = json(&report);
        let mut found = report["probes"].as_array().unwrap().iter().map(|probe| &probe["state"]);
        let of_first = found.next().unwrap();
        assert_eq!(of_first == "not_run", probed == Probed::None, "{text}");
        assert_eq!(found.any(|state| state == "not_run"), probed != Probed::All, "{text}");
        let counts = &report["counts"];
        assert_eq!(counts["not_run"], counts["registered"], "{text}");
        assert!(text.contains(" not run\n") && text.contains("\nscore: "), "{text}");
        let (_, stderr) = text.split_once("stderr: ").unwrap();
        assert_eq!(stderr.lines().count(), 1, "{text}");
    }
}

/// Returns the path of a compiler that writes shell scripts instead of executables. The written
/// scripts act as probes whose checks hold, since `port` repeats other probes many times. The
/// compiler hangs if its arguments match the pattern in the variable `COMPILED`, and the written
/// scripts hang if their first argument is the value of the variable `RUN`. The first process that
/// hangs writes its process ID to the pipe `up`.
fn hanging_compiler(up: &Path) -> PathBuf {
    let compiler = format!(
        r#"#!/bin/sh
case "$*" in $COMPILED) echo $$ >'{up}'; exec sleep 1000;; esac
for word; do [ "$last" = -o ] && out=$word; last=$word; done
[ -n "$out" ] || exit 0
echo '#!/bin/sh' >"$out"
echo "[ \"\$1\" != '$RUN' ] || {{ echo \$\$ >'{up}'; exec sleep 1000; }}" >>"$out"
echo 'case $1 in --*) echo testprog 1;; *) echo held;; esac' >>"$out"
case $out in *.o) ;; *) chmod +x "$out";; esac
"#,
        up = up.display()
    );
    Script::executable("cc", compiler.as_bytes()).path
}

/// Checks that `matrix` reports the results of probes, if a signal arrives while a row with `cc`
/// runs a probe or a case.
fn an_interrupted_row_of_a_compiler_keeps_what_it_has_probed() {
    let up = pipe("up");
    let compiler = hanging_compiler(&up);
    for (compiled, run, all) in
        [("*csrc/probe/processes/atexit.c*", "", false), ("", "--list", true)]
    {
        let (file, report) = (scratch("matrix.toml"), scratch("matrix.json"));
        let row = format!("[[row]]\nname = \"first\"\ncc = \"{}\"\n", compiler.display());
        fs::write(&file, row).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        command.env("COMPILED", compiled).env("RUN", run);
        // The C-only child is built in the folder `target/port` of the working directory.
        command.current_dir(env!("CARGO_TARGET_TMPDIR"));
        // On a busy computer, the row needs more than 5 s to print its report.
        command.arg("matrix").arg(&file).args(["-j1", "--deadline-scale", "20", "-o"]);
        command.arg(format!("json={}", report.display()));
        let runner = Runner::start(&mut command);
        let child = started(&up);
        signal(runner.pid(), libc::SIGTERM);
        let output = runner.end();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(143), "{stderr}");
        gone(child);
        let row = &json(&report)["rows"][0];
        assert_eq!(row["state"], "ran", "{row} {stderr}");
        let probes = row["report"]["probes"].as_array().unwrap();
        assert_ne!(probes[0]["state"], "not_run", "{row}");
        assert_eq!(probes.iter().all(|probe| probe["state"] != "not_run"), all, "{row}");
    }
}

/// The probes that ran before the signal: no probe, some probes or all probes.
#[derive(Clone, Copy, PartialEq)]
enum Probed {
    None,
    Some,
    All,
}

fn a_suspended_run_stops_its_children() {
    let down = pipe("down");
    // The process `sleep` leaves the process group of its parent.
    let body =
        format!("setsid sleep 1000 & other=$!; read x <'{}'; kill $other; echo OK", down.display());
    let hanging = Hanging::new(&body);
    let runner = hanging.start(&["b", "--deadline", "1h"]);
    let child = hanging.started();
    signal(runner.pid(), libc::SIGTSTP);
    runner.stopped();
    let state = |pid: i32| {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        text.rsplit_once(") ").unwrap().1.chars().next()
    };
    // On a busy computer, a process needs a moment to stop after it has got SIGSTOP.
    let stops = |pid: i32| {
        let clock = Instant::now();
        while state(pid) != Some('T') {
            assert!(clock.elapsed() < Duration::from_secs(60), "{pid} is not stopped");
            thread::sleep(Duration::from_millis(10));
        }
    };
    stops(child);
    let children = fs::read_to_string(format!("/proc/{child}/task/{child}/children"));
    children.unwrap_or_default().split_whitespace().for_each(|it| stops(it.parse().unwrap()));
    signal(runner.pid(), libc::SIGCONT);
    write(&down);
    let output = runner.end();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn a_run_that_is_continued_at_once_does_not_stay_stopped() {
    const CASES: usize = 20;
    let [up, down] = ["up", "down"].map(pipe);
    let body = format!("echo $$ >'{}'; read x <'{}'; echo OK", up.display(), down.display());
    let script = numbered("continued.sh", CASES, &body);
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
    command.arg("--prog").arg(&script.path).args(["-j1", "--deadline", "1h"]);
    let runner = Runner::start(&mut command);
    for _ in 0..CASES {
        // The next case starts only if the run has not stayed stopped.
        started(&up);
        signal(runner.pid(), libc::SIGTSTP);
        signal(runner.pid(), libc::SIGCONT);
        write(&down);
    }
    let output = runner.end();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    fs::remove_file(up).unwrap();
}

fn a_suspension_by_sigstop_does_not_count_for_a_deadline() {
    does_not_count_for_a_deadline(libc::SIGSTOP);
}

fn a_suspension_by_sigtstp_does_not_count_for_a_deadline() {
    does_not_count_for_a_deadline(libc::SIGTSTP);
}

/// Suspends a run for as long as the deadline of its case. Before and after the suspension, the case
/// needs only a few milliseconds of the 10 s, which is enough even on a busy computer.
fn does_not_count_for_a_deadline(stop: i32) {
    const DEADLINE: Duration = Duration::from_secs(10);
    let down = pipe("down");
    let hanging = Hanging::new(&format!("read x <'{}'; echo OK", down.display()));
    let runner = hanging.start(&["b", "--deadline", "10s", "--slow", "9s"]);
    hanging.started();
    signal(runner.pid(), stop);
    runner.stopped();
    thread::sleep(DEADLINE);
    signal(runner.pid(), libc::SIGCONT);
    write(&down);
    let output = runner.end();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "the case is not slow");
}

fn a_directory_for_a_report_must_be_there_before_the_run() {
    let mark = scratch("mark");
    let script = Script::new("early.sh", &format!(": >'{}'; echo OK", mark.display()));
    let file = scratch("file");
    fs::write(&file, "").unwrap();
    for (path, cause) in [
        (scratch("no/such/dir/a.json"), "No such file or directory (os error 2)"),
        (file.join("a.json"), "Not a directory (os error 20)"),
    ] {
        let output = format!("json={}", path.display());
        let message = format!("failed to write `{}`: {cause}", path.display());
        refused(script.run(&["-o", &output]), 2, &message);
        assert!(!mark.exists(), "no case ran");
    }
}

fn two_outputs_that_are_one_file_are_refused() {
    let folder = scratch("names");
    fs::create_dir_all(folder.join("real/inner")).unwrap();
    symlink("real", folder.join("link")).unwrap();
    symlink("same", folder.join("to-same")).unwrap();
    symlink("to-same", folder.join("to-link")).unwrap();
    symlink("/dev/stdout", folder.join("out")).unwrap();
    symlink("loop", folder.join("loop")).unwrap();
    fs::write(folder.join("old"), "old").unwrap();
    fs::hard_link(folder.join("old"), folder.join("hard")).unwrap();
    let script = Script::new("names.sh", "echo OK");
    let run = |paths: [&str; 2]| {
        let mut command = script.command(&[]);
        command.current_dir(&folder).args(["-o", &format!("json={}", paths[0])]);
        command.args(["-o", &format!("tap={}", paths[1])]).assert()
    };
    let whole = folder.join("same").display().to_string();
    for paths in [
        ["same", "./same"],
        ["same", &whole],
        ["same", "real/../same"],
        ["same", "link/inner/../../same"],
        ["real/a", "link/a"],
        ["same", "to-same"], // the file `same` does not exist yet
        ["to-same", "to-link"],
        ["old", "hard"],
        ["/dev/stdout", "/dev/fd/1"],
        ["/dev/stdout", "out"],
        ["/dev/null", "/dev/../dev/null"],
    ] {
        let cause = format!(
            "failed to write `{}`: the path leads to the same file as `{}`",
            paths[1], paths[0]
        );
        refused(run(paths), 2, &cause);
    }
    refused(run(["a", "loop"]), 2, "failed to write `loop`: Too many levels of symbolic links");
    run(["same", "other"]).code(0).stderr(is_empty());
    run(["to-link", "hard"]).code(0).stderr(is_empty());
    assert!(fs::symlink_metadata(folder.join("to-link")).unwrap().is_symlink());
    assert_eq!(json(&folder.join("same"))["counts"]["pass"], 1);
}

fn an_output_that_is_an_input_is_refused() {
    let folder = scratch("inputs");
    fs::create_dir_all(folder.join(".config")).unwrap();
    let script = Script::new("own.sh", "echo OK");
    fs::copy(&script.path, folder.join("own.sh")).unwrap();
    symlink("own.sh", folder.join("link.sh")).unwrap();
    fs::hard_link(folder.join("own.sh"), folder.join("hard.sh")).unwrap();
    let run = |arguments: &[&str]| command().current_dir(&folder).args(arguments).assert();
    run(&["run", "--prog", "own.sh", "-o", "json=a.json"]).code(0);
    run(&["run", "--prog", "own.sh", "-o", "json=b.json"]).code(0);
    for (name, content) in [
        (".config/testprog.toml", "run = [\"--quiet\"]\n"),
        ("cases.toml", "[program.p]\npath = \"own.sh\"\n\n[case.a]\nprogram = \"p\"\n"),
        ("matrix.toml", "[[row]]\nname = \"a\"\nrun = [\"--prog\", \"own.sh\"]\n"),
        ("my.table", "ucontext: present\n"),
        ("emulator", "#!/bin/sh\nexec \"$@\"\n"),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
    let emulator = format!("/bin/sh {}", folder.join("emulator").display());
    let same = |name: &str| folder.join(name).display().to_string();
    let (own, config) = (["run", "--prog", "own.sh"], ".config/testprog.toml");
    for (arguments, output, input) in [
        (&own[..], "own.sh", "own.sh"),
        (&own, "link.sh", "own.sh"),
        (&own, "hard.sh", "own.sh"),
        (&["run", "--prog", "link.sh"], "./.config/../own.sh", "link.sh"),
        (&own, config, &same(config)),
        (&["run", "--prog", "own.sh", "--runner", &emulator], "emulator", &same("emulator")),
        (&["run", "--manifest", "cases.toml"], "cases.toml", "cases.toml"),
        (&["merge", "a.json", "b.json"], "b.json", "b.json"),
        (&["merge", "a.json", "--baseline", "b.json"], "b.json", "b.json"),
        (&["matrix"], "matrix.toml", "matrix.toml"),
        (&["matrix", "--baseline", "a.json"], "a.json", "a.json"),
        (&["port", "--cc", "cc", "--table", "my.table"], "my.table", "my.table"),
        (&["port", "--cc", "cc", "--baseline", "a.json"], "a.json", "a.json"),
    ] {
        let before = fs::read(folder.join(output)).unwrap();
        let cause = format!(
            "failed to write `{output}`: the path leads to `{input}`, which this command reads"
        );
        let output_flag = format!("json={output}");
        refused(run(&[arguments, &["-o", &output_flag]].concat()), 2, &cause);
        assert_eq!(fs::read(folder.join(output)).unwrap(), before, "{output}");
    }
}

fn an_output_that_is_standard_output_is_refused() {
    let script = Script::new("stdout.sh", "echo OK");
    let log = scratch("log");
    for (stream, name) in [(1, "output"), (2, "error")] {
        fs::write(&log, "before\n").unwrap();
        let file = File::options().append(true).open(&log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        command.arg("--prog").arg(&script.path).args(["-o", &format!("tap={}", log.display())]);
        match stream {
            1 => command.stdout(file),
            _ => command.stderr(file),
        };
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let stderr = match stream {
            1 => String::from_utf8(output.stderr).unwrap(),
            _ => fs::read_to_string(&log).unwrap(),
        };
        assert!(
            stderr.contains(&format!("the path leads to standard {name}; use /dev/std")),
            "{stderr}"
        );
        assert!(fs::read_to_string(&log).unwrap().starts_with("before\n"));
    }
}

fn a_report_to_a_descriptor_is_appended() {
    let script = Script::new("append.sh", "echo OK");
    let log = scratch("log");
    for (opened, path) in [
        (">>", "/dev/stdout"),
        (">", "/dev/stdout"),
        (">>", "/proc/self/fd/1"),
        ("3>>", "/dev/fd/3"),
        ("3>", "/dev/fd/3"),
    ] {
        fs::write(&log, "before\n").unwrap();
        let shell = format!(
            r#"{{ [ -e /dev/fd/3 ] && echo first >&3 || echo first; "$0" --prog "$1" -o tap={path}; }} 3>&- {opened}"$2""#
        );
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &shell, env!("CARGO_BIN_EXE_cargo-testprog")])
            .arg(&script.path)
            .arg(&log);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = fs::read_to_string(&log).unwrap();
        let (before, after) = text.split_once("first\n").unwrap();
        assert_eq!(before, if opened.ends_with(">>") { "before\n" } else { "" });
        assert!(after.ends_with("TAP version 13\n1..1\nok 1 - a\n"), "{text}");
        assert_eq!(after.contains("1 passed"), !opened.starts_with('3'), "{text}");
    }
    let closed = script.run(&["-o", "tap=/dev/fd/77"]);
    refused(closed, 2, "failed to write `/dev/fd/77`: Bad file descriptor");
}

fn a_pipe_has_its_report() {
    let script = Script::new("pipe.sh", "head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1");
    let pipe = pipe("report");
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe)
    });
    script.run(&["-o", &format!("json={}", pipe.display())]).code(1).stderr(is_empty());
    let report: Value = serde_json::from_str(&reader.join().unwrap().unwrap()).unwrap();
    assert_eq!(report["cases"][0]["stderr"].as_str().unwrap().len(), 100_000);
}

fn a_pipe_without_a_reader_keeps_no_report_from_being_written() {
    let script = Script::new("unread.sh", "echo OK");
    let (pipe, good) = (pipe("report"), scratch("good.tap"));
    let (bad, output) = (format!("json={}", pipe.display()), format!("tap={}", good.display()));
    let assert = script.run(&["-o", &bad, "-o", &output]).code(2).stdout(contains("1 passed"));
    assert.stderr(starts_with("failed to write").and(contains("no process reads it")));
    assert!(fs::read_to_string(&good).unwrap().ends_with("ok 1 - a\n"));
    let mut command = script.command(&["--format", "github"]);
    command.env("GITHUB_STEP_SUMMARY", &pipe).assert().code(2).stdout(contains("PASS  a"));
}

fn a_scale_multiplies_every_deadline() {
    let listing = "testprog 1\\nhangs\\tok\\t-\\t200ms\\nends\\tok\\t-\\t200ms\\n";
    let body = "[ $1 = ends ] || exec sleep 1000; sleep 0.6; echo OK";
    let script = Script::listing("scale.sh", listing, body);
    let hangs = |arguments: &[&str], cause| {
        script.run(&[&["hangs"], arguments].concat()).code(1).stdout(contains(cause));
    };
    hangs(&[], "did not end within 0.200 s");
    hangs(&["--deadline-scale", "0.5"], "did not end within 0.100 s");
    script.run(&["ends", "--deadline-scale", "500"]).code(0);
    let mut command = script.command(&["ends"]);
    command.env("TESTPROG_DEADLINE_SCALE", "500").assert().code(0);
    for scale in ["0", "-1", "x", "inf"] {
        script.run(&[&format!("--deadline-scale={scale}")]).code(2).stdout(is_empty());
    }
    // The flag `--deadline-scale` also multiplies the deadline of the listing (`--list`).
    let slow = Script::executable("slow.sh", b"#!/bin/sh\nsleep 1000\n");
    let assert =
        testprog(&["list", "--deadline-scale", "0.01", "--prog", slow.path.to_str().unwrap()]);
    refused(assert, 2, "--list did not end within 0.300 s");
}

fn a_leak_timeout_can_be_set() {
    let down = pipe("down");
    let script = Script::new("leak.sh", &format!("{{ read x; }} <'{}' & echo OK", down.display()));
    script.run(&["--leak-timeout", "20ms"]).code(1).stdout(contains("LEAK"));
    let writer = thread::spawn(move || fs::write(down, "\n"));
    script.run(&["--leak-timeout", "1h"]).code(0);
    writer.join().unwrap().unwrap();
}

pub(crate) fn numbered(name: &str, count: usize, body: &str) -> Script {
    let names = (1..=count).map(|number| format!("a{number}\\n"));
    Script::listing(name, &format!("testprog 1\\n{}", names.collect::<String>()), body)
}

fn few_descriptors_are_enough_for_many_jobs() {
    let script = numbered("descriptors.sh", 100, "echo OK");
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", r#"ulimit -n 40; exec "$0" "$@""#, env!("CARGO_BIN_EXE_cargo-testprog")]);
    let output = shell.arg("--prog").arg(&script.path).arg("-j64").output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && stdout.contains("100 passed, 0 failed\n"), "{stdout}");
}

/// Folder of the control groups that limit the number of processes (cgroups(7)).
const PIDS: &str = "/sys/fs/cgroup/pids";

fn need_pids() -> Option<Missing> {
    let probe = Path::new(PIDS).join(format!("testprog-probe-{}", std::process::id()));
    let is_allowed = fs::create_dir(&probe).and_then(|()| fs::remove_dir(&probe)).is_ok();
    (!is_allowed).then(|| Missing::Ability(format!("{PIDS} allows no new group")))
}

fn few_processes_are_enough_for_many_jobs() {
    /// Control group that is removed when this value is dropped, after all processes of the control
    /// group have ended.
    struct Group(PathBuf);

    impl Drop for Group {
        fn drop(&mut self) {
            let clock = Instant::now();
            while fs::remove_dir(&self.0).is_err() && clock.elapsed() < Duration::from_secs(10) {
                thread::sleep(Duration::from_millis(10));
            }
        }
    }

    let script = numbered("processes.sh", 100, "echo OK");
    for (most, jobs) in [("30", "-j12"), ("20", "-j32"), ("6", "-j8")] {
        let name = format!("testprog-{}-{most}", std::process::id());
        let group = Group(Path::new(PIDS).join(name));
        fs::create_dir(&group.0).unwrap();
        fs::write(group.0.join("pids.max"), most).unwrap();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", r#"echo $$ >"$0/cgroup.procs"; exec "$@""#]).arg(&group.0);
        shell.arg(env!("CARGO_BIN_EXE_cargo-testprog")).arg("--prog").arg(&script.path).arg(jobs);
        let output = shell.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && stdout.contains("100 passed, 0 failed\n"), "{stdout}");
    }
}
