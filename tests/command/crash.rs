//! Tests what the command reports and keeps of a child that crashes or hangs: core files,
//! directories and backtraces. The executable of these tests is also the child process that the
//! tests start.
#![expect(unsafe_code, reason = "crashes in several ways")]
#![expect(clippy::unnecessary_wraps, reason = "every scenario has the same type")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, ptr, thread};

use libtest_mimic::Trial;
use serde_json::Value;
use testprog_harness::{CHILD_FLAG, Expectation, Scenario, Signal, child};

use crate::schema;
use crate::trial::scratch::executable;
use crate::trial::tools::{Missing, need_tool};
use crate::trial::{self, Check, Stop};

/// Each entry has the name of a case, the signal code that Linux records for its crash (`si_code`,
/// sigaction(2)), and the fault's address or the signal's sender.
const FAULTS: &[(&str, &str, Detail)] = &[
    ("writes_nowhere", "SEGV_MAPERR", Detail::Address(Some(NOWHERE))),
    ("writes_what_is_read_only", "SEGV_ACCERR", Detail::Address(None)),
    ("reads_past_a_file", "BUS_ADRERR", Detail::Address(None)),
    ("sends_itself_a_signal", "SI_USER", Detail::Sender),
    ("aborts", "SI_TKILL", Detail::Sender),
    #[cfg(target_arch = "x86_64")]
    ("divides_by_zero", "FPE_INTDIV", Detail::Address(None)),
    #[cfg(target_arch = "x86_64")]
    ("runs_what_is_no_code", "ILL_ILLOPN", Detail::Address(None)),
];

enum Detail {
    /// Address of the fault, or `None` if any address is right.
    Address(Option<usize>),
    Sender,
}

const NOWHERE: usize = 0x40;

fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("writes_nowhere", writes_nowhere),
        Scenario::new("writes_what_is_read_only", writes_what_is_read_only),
        Scenario::new("reads_past_a_file", reads_past_a_file),
        Scenario::new("sends_itself_a_signal", sends_itself_a_signal),
        Scenario::new("aborts", || process::abort()),
        #[cfg(target_arch = "x86_64")]
        Scenario::new("divides_by_zero", divides_by_zero),
        #[cfg(target_arch = "x86_64")]
        Scenario::new("runs_what_is_no_code", runs_what_is_no_code),
        Scenario::new("must_crash", writes_nowhere).expect(Expectation::dies([Signal::Segv], "")),
        Scenario::new("hangs", hangs).deadline(SHORT),
        #[cfg(target_os = "linux")]
        Scenario::new("hangs_traced", hangs_traced).deadline(SHORT),
        #[cfg(target_os = "linux")]
        Scenario::new("hangs_without_main", hangs_without_main).deadline(SHORT),
        Scenario::new("writes_a_file", writes_a_file),
        Scenario::new("writes_a_file_and_fails", || {
            writes_a_file().and_then(|()| Err("it must fail".to_owned()))
        }),
        Scenario::new("fails", || Err("it must fail".to_owned())),
    ]
}

/// Deadline of a child that hangs, long enough for a busy computer to start the child.
const SHORT: Duration = Duration::from_secs(3);

/// Runs this executable as the child if the first argument is [`CHILD_FLAG`].
pub(crate) fn answer() -> Option<ExitCode> {
    let mut arguments = env::args_os().skip(1).peekable();
    arguments.next_if(|first| first == CHILD_FLAG)?;
    Some(child::answer(&scenarios(), arguments))
}

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, missing: fn() -> Option<Missing>, test: fn() -> Check| {
        trial::trial(&format!("crash::{name}"), missing, test)
    };
    let mut trials = vec![
        trial("core::tells_the_fault", need_core_files, tells_the_fault),
        trial("core::is_kept_of_a_failure", need_core_files, core_is_kept_of_a_failure),
        trial("core::is_missed_in_words", || None, core_is_missed_in_words),
        trial("core::is_off", need_procfs, core_is_off),
        trial("keep::of_a_failure_alone", || None, keep_of_a_failure_alone),
        trial("keep::of_the_reported_round", || None, keep_of_the_reported_round),
        trial("zygote::keeps_what_a_fork_left", need_core_files, zygote_keeps_what_a_fork_left),
        trial("zygote::merges_output", need_zygotes, zygote_merges_output),
        trial("zygote::is_told_of", need_zygotes, zygote_is_told_of),
        trial("debugger::is_not_there", || None, debugger_is_not_there),
        trial("debugger::ends_with_the_runner", need_procfs, debugger_ends_with_the_runner),
    ];
    for name in ["gdb", "lldb"] {
        let mut add = |what: &str, ability: fn() -> Option<Missing>, test: fn(&str) -> Check| {
            let missing = move || need_tool(name, name).or_else(ability);
            let name_of_trial = format!("crash::{name}::{what}");
            trials.push(trial::trial(&name_of_trial, missing, move || test(name)));
        };
        add("sees_all_threads_of_a_hang", || None, sees_all_threads_of_a_hang);
        add("sees_all_threads_of_a_forked_hang", need_forks, sees_all_threads_of_a_forked_hang);
        add("reads_a_core_file", need_core_files, reads_a_core_file);
        add("runs_a_crash_again", || None, runs_a_crash_again);
        add("ignores_what_the_child_prints", || None, ignores_what_the_child_prints);
        add("says_why_it_sees_nothing", need_seizing, says_why_it_sees_nothing);
        if name == "lldb" {
            let test = says_that_main_has_exited;
            add("says_that_main_has_exited", need_seizing, test);
        }
        if name == "gdb" {
            add("sees_threads_after_main_has_exited", need_seizing, sees_threads_without_main);
            add("takes_no_frames_from_a_process_of_the_child", need_procfs, takes_no_forged_frames);
            add("folds_the_frames_of_std", || None, folds_the_frames_of_std);
        }
    }
    trials
}

fn ability(is_there: bool, reason: &str) -> Option<Missing> {
    (!is_there).then(|| Missing::Ability(reason.to_owned()))
}

fn need_zygotes() -> Option<Missing> {
    let is_there = cfg!(any(target_os = "linux", target_os = "android"));
    ability(is_there, "only on Linux and Android a program can be forked")
}

/// Returns the missing system feature if a debugger cannot trace a child that a zygote forked. With
/// Yama's restrictions, a debugger can trace a child that the runner started, but no child that a
/// zygote forked.
fn need_forks() -> Option<Missing> {
    let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope");
    let has_yama = scope.is_ok_and(|scope| scope.trim() != "0");
    need_zygotes().or_else(|| ability(!has_yama, "Yama lets no debugger look at a forked child"))
}

fn need_seizing() -> Option<Missing> {
    ability(cfg!(target_os = "linux"), "only on Linux a process can be traced by its child")
}

fn need_procfs() -> Option<Missing> {
    let is_there = fs::metadata("/proc/self/limits").is_ok();
    ability(is_there, "without /proc, limits and leftover processes cannot be seen")
}

fn need_core_files() -> Option<Missing> {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the function `getrlimit` writes only to a local variable of the right type.
    unsafe { libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit) };
    let is_local = !pattern.starts_with(['|', '/']) && !pattern.is_empty();
    ability(limit.rlim_max != 0, "the hard limit on core files is 0").or_else(|| {
        ability(is_local, "core files go elsewhere: sysctl -w kernel.core_pattern=core")
    })
}

/// Returns a failure of the trial with `cause` as the message.
fn wrong<T>(cause: &(impl ToString + ?Sized)) -> Result<T, Stop> {
    Err(Stop::Wrong(cause.to_string()))
}

// The functions below belong to the tests, which start the command.

/// Invocation of the command with a separate `TMPDIR`, so that a test sees every file that the
/// command leaves behind.
struct Runner {
    temporary: PathBuf,
    command: Command,
}

impl Runner {
    fn new(arguments: &[&str]) -> Self {
        let prog = script("child", &format!("exec '{}' {CHILD_FLAG} \"$@\"", this().display()));
        Self::of(prog, arguments)
    }

    fn of(prog: PathBuf, arguments: &[&str]) -> Self {
        let temporary = scratch("tmp");
        fs::create_dir_all(&temporary).expect("the folder for tests can be written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        command.args(["run", "--exact", "--prog"]).arg(prog).args(arguments);
        command.env("TMPDIR", &temporary).env_remove("TESTPROG_MUTANT");
        Self { temporary, command }
    }

    fn output(&mut self) -> Result<Output, Stop> {
        Ok(self.command.output()?)
    }

    /// Runs the command with `--format json`, and returns the list of cases from the JSON report.
    fn cases(&mut self) -> Result<Vec<Value>, Stop> {
        let output = self.command.args(["--format", "json"]).output()?;
        let report: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
        if let Some(error) = schema::errors(&schema::read("report.schema.json"), &report).first() {
            return wrong(error);
        }
        Ok(report["cases"].as_array().cloned().unwrap_or_default())
    }

    fn case(&mut self) -> Result<Value, Stop> {
        Ok(self.cases()?.remove(0))
    }

    /// Returns the paths in the command's `TMPDIR`.
    fn left(&self) -> Result<Vec<PathBuf>, Stop> {
        let entries = fs::read_dir(&self.temporary)?;
        Ok(entries.flatten().map(|entry| entry.path()).collect())
    }

    /// Checks that the expected paths, and no others, are in the command's `TMPDIR`.
    fn leaves(&self, expected: &[&str]) -> Check {
        let mut left = self.left()?;
        left.retain(|path| !expected.contains(&path.to_str().unwrap_or_default()));
        if !left.is_empty() {
            return wrong(&format!("{left:?} are left"));
        }
        if let Some(gone) = expected.iter().find(|path| !Path::new(path).exists()) {
            return wrong(&format!("{gone} is not there"));
        }
        Ok(())
    }
}

fn this() -> PathBuf {
    env::current_exe().expect("the path of a running executable is known")
}

/// Returns a path in the trial's directory, different at each call.
fn scratch(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    trial::scratch::scratch(format!("{}-{name}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn script(name: &str, body: &str) -> PathBuf {
    let path = scratch(name);
    executable(&path, format!("#!/bin/sh\n{body}\n").as_bytes());
    path
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn tells_the_fault() -> Check {
    let names: Vec<_> = FAULTS.iter().map(|(name, ..)| *name).collect();
    let mut runner = Runner::new(&[&["--core", "keep"], &*names].concat());
    let cases = runner.cases()?;
    for (name, code, detail) in FAULTS {
        let Some(case) = cases.iter().find(|case| case["name"] == *name) else {
            return wrong(&format!("{name} is not in the report"));
        };
        let fault = &case["fault"];
        let is_right = match detail {
            Detail::Address(None) => fault["address"].is_string() && fault["sender"].is_null(),
            Detail::Address(Some(at)) => fault["address"] == format!("{at:#x}"),
            Detail::Sender => fault["address"].is_null() && fault["sender"].is_i64(),
        };
        if fault["code"] != *code || !is_right {
            return wrong(&format!("{name}: {fault}, {}", case["artifacts"]["core_file"]));
        }
    }
    let files: Vec<_> =
        cases.iter().map(|case| text(&case["artifacts"]["core_file"]["path"])).collect();
    runner.leaves(&files)
}

fn core_is_kept_of_a_failure() -> Check {
    let mut runner = Runner::new(&["--core", "keep", "must_crash", "writes_nowhere"]);
    let output = runner.output()?;
    let report = String::from_utf8(output.stdout)?;
    let path = report.lines().find_map(|line| line.trim().strip_prefix("core:"));
    let Some(path) = path.map(str::trim) else { return wrong(&report) };
    if !report.contains("fault:    SEGV_MAPERR at 0x40") {
        return wrong(&report);
    }
    runner.leaves(&[path])
}

fn core_is_missed_in_words() -> Check {
    let mut runner = Runner::new(&["--core", "keep", "--limit", "core=0", "writes_nowhere"]);
    let case = runner.case()?;
    if !case["artifacts"]["core_file"]["path"].is_null()
        || text(&case["artifacts"]["core_file"]["absent"]).is_empty()
    {
        return wrong(&case);
    }
    runner.leaves(&[])
}

/// Checks the limit on core files that a child gets.
///
/// By default, the limit on core files prevents a child from writing a core file: the limit is 0,
/// or 1 if Linux pipes core files to a program (core(5)). A core file limit from the command line
/// reaches the child unchanged.
fn core_is_off() -> Check {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let off = if pattern.starts_with('|') { "1" } else { "0" };
    for (flags, limit) in [
        (&[][..], off),
        (&["--limit", "core=0"], "0"),
        (&["--limit", "core=4096"], "4096"),
        (&["--limit", "core=0", "--core", "keep"], "0"),
    ] {
        let body = "case $1 in --list) printf 'testprog 1\\na\\n';; --about) exit 2;;\n\
            *) grep core /proc/self/limits;; esac";
        let flags = [flags, &["a"]].concat();
        let case = Runner::of(script("limits", body), &flags).case()?;
        let seen = case["stdout"].as_str().and_then(|text| text.split_whitespace().nth(4));
        if seen != Some(limit) {
            return wrong(&format!("{flags:?}: {limit} in {case}"));
        }
    }
    Ok(())
}

fn keep_of_a_failure_alone() -> Check {
    let mut runner = Runner::new(&["--keep", "writes_a_file", "writes_a_file_and_fails", "fails"]);
    let cases = runner.cases()?;
    let directory = text(&cases[1]["artifacts"]["directory"]);
    if fs::read_to_string(Path::new(directory).join("file"))? != "content" {
        return wrong("the file is not what was written");
    }
    if !cases[0]["artifacts"]["directory"].is_null()
        || !cases[2]["artifacts"]["directory"].is_null()
    {
        return wrong(&format!("{cases:?}"));
    }
    runner.leaves(&[directory])
}

fn keep_of_the_reported_round() -> Check {
    let mut runner = Runner::new(&["--keep", "--repeat", "5", "-j1", "writes_a_file_and_fails"]);
    let case = runner.case()?;
    runner.leaves(&[text(&case["artifacts"]["directory"])])
}

fn zygote_keeps_what_a_fork_left() -> Check {
    let flags = ["--zygote", "--keep", "--core", "keep", "-j1", "--repeat", "2"];
    let names = ["writes_a_file_and_fails", "writes_nowhere", "fails"];
    let mut runner = Runner::new(&[&flags[..], &names].concat());
    let cases = runner.cases()?;
    let found = |name: &str| cases.iter().find(|case| case["name"] == name);
    let (Some(writes), Some(crashes)) = (found(names[0]), found(names[1])) else {
        return wrong(&format!("{cases:?}"));
    };
    if crashes["fault"]["code"] != "SEGV_MAPERR" || writes["verdict"] != "fail" {
        return wrong(&format!("{cases:?}"));
    }
    runner.leaves(&[
        text(&writes["artifacts"]["directory"]),
        text(&crashes["artifacts"]["core_file"]["path"]),
    ])
}

fn zygote_merges_output() -> Check {
    let mut runner = Runner::new(&["--zygote", "--merge-output", "fails"]);
    let case = runner.case()?;
    if case["stdout"] != "fails: it must fail\n" || case["stderr"] != "" {
        return wrong(&case);
    }
    runner.leaves(&[])
}

fn zygote_is_told_of() -> Check {
    let told = |flags: &[&str]| -> Result<[bool; 3], Stop> {
        let junit = scratch("junit.xml");
        let output = format!("junit={}", junit.display());
        let flags = [flags, &["-o", &output, "fails"]].concat();
        let human = String::from_utf8(Runner::new(&flags).output()?.stdout)?;
        let junit = fs::read_to_string(junit)?;
        let json = Runner::new(&[&flags[..], &["--format", "json"]].concat()).output()?.stdout;
        let json: Value = serde_json::from_slice(&json)?;
        Ok([
            human.contains(" left out by the filter) forked from a zygote in "),
            junit.contains(r#"<property name="zygote" value="true"/>"#),
            json["zygote"] == true,
        ])
    };
    let (forked, started) = (told(&["--zygote"])?, told(&[])?);
    if forked != [true; 3] || started != [false; 3] {
        return wrong(&format!("{forked:?} {started:?}"));
    }
    Ok(())
}

fn debugger_is_not_there() -> Check {
    let mut named = Runner::new(&["--debugger", "gdb", "fails"]);
    let output = named.command.env("PATH", "").output()?;
    let error = String::from_utf8(output.stderr)?;
    let is_right = output.status.code() == Some(2)
        && output.stdout.is_empty()
        && error.starts_with("failed to find `gdb`: ")
        && error.contains("apt-get install gdb")
        && error.lines().count() == 1;
    if !is_right {
        return wrong(&error);
    }
    let mut auto = Runner::new(&["--debugger", "auto", "fails", "writes_nowhere"]);
    let output = auto.command.env("PATH", "").output()?;
    let error = String::from_utf8(output.stderr)?;
    if output.status.code() != Some(1)
        || !error.starts_with("no backtraces: ")
        || error.lines().count() != 1
    {
        return wrong(&error);
    }
    named.leaves(&[])?;
    auto.leaves(&[])
}

/// Checks that no process of a hanging debugger is left after the runner is killed.
fn debugger_ends_with_the_runner() -> Check {
    let folder = scratch("path");
    fs::create_dir_all(&folder)?;
    let started = folder.join("started");
    let body =
        format!("echo $$ > '{0}.new'; mv '{0}.new' '{0}'; exec sleep 600", started.display());
    fs::rename(script("gdb", &format!("PATH=/bin:/usr/bin; {body}")), folder.join("gdb"))?;
    let mut runner = Runner::new(&["--debugger", "gdb", "hangs"]);
    let mut command = runner.command.env("PATH", &folder).spawn()?;
    wait(|| started.exists())?;
    command.kill()?;
    command.wait()?;
    let pid = fs::read_to_string(&started)?;
    let status = Path::new("/proc").join(pid.trim()).join("stat");
    fs::remove_dir_all(folder)?;
    wait(|| !status.exists())?;
    wait(|| runner.left().is_ok_and(|left| left.is_empty()))
}

/// Waits up to 60 s until `is_done` returns true.
fn wait(is_done: impl Fn() -> bool) -> Check {
    const LONGEST: Duration = Duration::from_secs(60);
    let start = Instant::now();
    while !is_done() {
        if start.elapsed() > LONGEST {
            return wrong("nothing changed within 60 s");
        }
        thread::yield_now();
    }
    Ok(())
}

/// Returns the frames in the backtrace of a case. Returns [`Stop::Missing`] if the system forbids
/// tracing.
fn frames(case: &Value, of: &str) -> Result<String, Stop> {
    let backtrace = &case["backtrace"];
    let absent = text(&backtrace["absent"]);
    if absent.contains("not permitted") {
        return Err(Stop::Missing(Missing::Ability(absent.to_owned())));
    }
    match backtrace["frames"].as_str() {
        Some(frames) if backtrace["of"] == of => Ok(frames.to_owned()),
        _ => wrong(&format!("{backtrace}, {}", case["artifacts"]["core_file"])),
    }
}

fn sees_all_threads_of_a_hang(debugger: &str) -> Check {
    let mut runner = Runner::new(&["--debugger", debugger, "hangs"]);
    let case = runner.case()?;
    let frames = frames(&case, "hang")?;
    let is_timed_out = case["end"]["kind"] == "timed_out";
    if !is_timed_out || !frames.contains("wait_here") || !frames.contains("wait_there") {
        return wrong(&case);
    }
    runner.leaves(&[])
}

fn sees_all_threads_of_a_forked_hang(debugger: &str) -> Check {
    let mut forked = Runner::new(&["--zygote", "--debugger", debugger, "hangs"]);
    let case = forked.case()?;
    let frames = frames(&case, "hang")?;
    if !frames.contains("wait_here") || frames.contains("zygote::serve::wait_for") {
        return wrong(&case);
    }
    forked.leaves(&[])
}

fn reads_a_core_file(debugger: &str) -> Check {
    let mut runner = Runner::new(&["--debugger", debugger, "writes_nowhere"]);
    let case = runner.case()?;
    // Without `--core keep`, the runner removes the core file after the debugger has read it.
    if !frames(&case, "core_file")?.contains("write_to")
        || !case["artifacts"]["core_file"].is_null()
    {
        return wrong(&case);
    }
    runner.leaves(&[])
}

fn runs_a_crash_again(debugger: &str) -> Check {
    let limit = ["--limit", "core=0"];
    let mut runner =
        Runner::new(&[&["--debugger", debugger, "writes_nowhere"], &limit[..]].concat());
    let case = runner.case()?;
    if !frames(&case, "rerun")?.contains("write_to") {
        return wrong(&case);
    }
    if debugger == "gdb" && case["fault"]["code"] != "SEGV_MAPERR" {
        return wrong(&case);
    }
    runner.leaves(&[])
}

/// Checks that the runner does not mistake a child's output for a debugger's output. The child
/// crashes in the first run. In the second run, under the debugger, the child prints forged
/// debugger output.
fn ignores_what_the_child_prints(debugger: &str) -> Check {
    let flag = scratch("flag");
    let forged = "-- frames --\\n#0 forged\\n(lldb) thread backtrace\\n#0 forged\\n\
        ptrace: not permitted, forged\\n";
    let body = format!(
        "case $1 in --list) printf 'testprog 1\\na\\n'; exit 0;; --about) exit 2;; esac\n\
        if [ -e '{0}' ]; then printf '%b' '{forged}'; printf '%b' '{forged}' >&2; exit 1; fi\n\
        : > '{0}'; kill -SEGV $$",
        flag.display()
    );
    let prog = script("forger", &body);
    let mut runner = Runner::of(prog, &["--debugger", debugger, "--limit", "core=0", "a"]);
    let case = runner.case()?;
    fs::remove_file(flag)?;
    let absent = text(&case["backtrace"]["absent"]);
    if absent.is_empty() || absent.contains("forged") {
        return wrong(&case);
    }
    runner.leaves(&[])
}

/// Lets a debugger examine a child that another process already traces, and checks that the report
/// says why it has no stack frames. Linux allows one tracer for each process (ptrace(2)).
fn says_why_it_sees_nothing(debugger: &str) -> Check {
    let mut runner = Runner::new(&["--debugger", debugger, "hangs_traced"]);
    let case = runner.case()?;
    if !case["backtrace"].to_string().contains("no frames, ") {
        return wrong(&case);
    }
    runner.leaves(&[])
}

/// Checks that the debugger attaches to the living threads of a process whose main thread has exited.
fn sees_threads_without_main(debugger: &str) -> Check {
    let mut runner = Runner::new(&["--debugger", debugger, "hangs_without_main"]);
    let case = runner.case()?;
    if !frames(&case, "hang")?.contains("wait_there") {
        return wrong(&case);
    }
    runner.leaves(&[])
}

fn says_that_main_has_exited(debugger: &str) -> Check {
    let mut runner = Runner::new(&["--debugger", debugger, "hangs_without_main"]);
    let case = runner.case()?;
    let why = "lldb cannot attach to a process whose main thread has exited, but gdb can";
    if case["backtrace"]["absent"] != why {
        return wrong(&case);
    }
    runner.leaves(&[])
}

/// Checks that a process cannot write to the debugger's output. The child crashes, and a process
/// that the child has started writes forged stack frames to the output of the debugger, which is
/// the parent of the child.
fn takes_no_forged_frames(debugger: &str) -> Check {
    let body = "case $1 in --list) printf 'testprog 1\\na\\n'; exit 0;; --about) exit 2;; esac\n\
        (while [ -d /proc/$PPID ]; do\n\
        for stream in 1 2; do printf '\\n-- frames --\\n#0  forged ()\\n' > /proc/$PPID/fd/$stream; done\n\
        done) > /dev/null 2>&1 &\n\
        kill -SEGV $$";
    let prog = script("forger", body);
    let mut runner = Runner::of(prog, &["--debugger", debugger, "--limit", "core=0", "a"]);
    let case = runner.case()?;
    let frames = frames(&case, "rerun")?;
    if frames.contains("forged") || !frames.contains("#0") {
        return wrong(&case);
    }
    runner.leaves(&[])
}

fn folds_the_frames_of_std(debugger: &str) -> Check {
    let mut runner = Runner::new(&["--debugger", debugger, "--limit", "core=0", "writes_nowhere"]);
    let case = runner.case()?;
    let frames = frames(&case, "rerun")?;
    let is_folded = frames.contains("write_to")
        && frames.contains(" frames of std or testprog-harness]\n")
        && !frames.contains("testprog_harness::")
        && !frames.contains("lang_start");
    if !is_folded {
        return wrong(&frames);
    }
    runner.leaves(&[])
}

// The functions below belong to the scenarios, which run in a child process.

#[inline(never)]
fn write_to(place: *mut u8) {
    // SAFETY: the page at `place` is unmapped or read-only, so the write faults and changes no
    // memory.
    unsafe { place.write_volatile(1) };
}

fn writes_nowhere() -> Result<(), String> {
    write_to(ptr::without_provenance_mut(NOWHERE));
    Ok(())
}

/// Maps a page of anonymous memory, or of the file `file`.
fn page(protection: i32, flags: i32, file: i32) -> *mut u8 {
    const PAGE: usize = 4096;
    // SAFETY: with a null address, `mmap` creates a new mapping and changes no existing mapping.
    let page = unsafe { libc::mmap(ptr::null_mut(), PAGE, protection, flags, file, 0) };
    page.cast()
}

fn writes_what_is_read_only() -> Result<(), String> {
    write_to(page(libc::PROT_READ, libc::MAP_PRIVATE | libc::MAP_ANON, -1));
    Ok(())
}

fn reads_past_a_file() -> Result<(), String> {
    let file = fs::File::create_new("empty").map_err(|error| error.to_string())?;
    drop(file);
    let file = fs::File::open("empty").map_err(|error| error.to_string())?;
    let place = page(libc::PROT_READ, libc::MAP_SHARED, std::os::fd::AsRawFd::as_raw_fd(&file));
    // SAFETY: the page at `place` maps an empty file, so the read raises SIGBUS and yields no
    // value.
    let byte = unsafe { place.read_volatile() };
    Err(format!("it read {byte}"))
}

fn sends_itself_a_signal() -> Result<(), String> {
    // The SIGSEGV handler of Rust's standard library would change the cause that Linux records, so
    // the default action replaces the handler. SAFETY: the function `signal` receives the constant
    // `SIG_DFL`, so it installs no handler function.
    unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
    // SAFETY: the function `getpid` takes no arguments and accesses no memory of this process.
    let this = unsafe { libc::getpid() };
    // SAFETY: the function `kill` takes only integers and accesses no memory of this process.
    unsafe { libc::kill(this, libc::SIGSEGV) };
    Ok(())
}

#[cfg(target_arch = "x86_64")]
fn divides_by_zero() -> Result<(), String> {
    // SAFETY: the instruction raises a signal that kills this process.
    unsafe {
        std::arch::asm!("xor ecx, ecx", "div ecx", out("eax") _, out("ecx") _, out("edx") _);
    };
    Ok(())
}

#[cfg(target_arch = "x86_64")]
fn runs_what_is_no_code() -> Result<(), String> {
    // SAFETY: the instruction raises a signal that kills this process.
    unsafe { std::arch::asm!("ud2") };
    Ok(())
}

#[inline(never)]
fn wait_here() -> ! {
    forever()
}

#[inline(never)]
fn wait_there() -> ! {
    forever()
}

fn forever() -> ! {
    loop {
        // SAFETY: the function `pause` takes no arguments and accesses no memory of this process.
        unsafe { libc::pause() };
    }
}

fn hangs() -> Result<(), String> {
    thread::spawn(|| wait_there());
    wait_here()
}

/// Hangs in a second thread after the main thread has exited.
#[cfg(target_os = "linux")]
fn hangs_without_main() -> Result<(), String> {
    thread::spawn(|| wait_there());
    // SAFETY: the system call `exit` ends only this thread, and the thread's stack stays mapped.
    // The system call `exit` ends the main thread without running the thread's destructors.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    Ok(())
}

/// Hangs while a forked process traces this process.
#[cfg(target_os = "linux")]
fn hangs_traced() -> Result<(), String> {
    // SAFETY: the function `getpid` takes no arguments and accesses no memory of this process.
    let parent = unsafe { libc::getpid() };
    // SAFETY: this process has one thread, so the forked process may run any code.
    if unsafe { libc::fork() } == 0 {
        let nothing = ptr::null_mut::<libc::c_void>();
        // SAFETY: the request `PTRACE_SEIZE` ignores the address, and a null data pointer means
        // that no ptrace option is set.
        unsafe { libc::ptrace(libc::PTRACE_SEIZE, parent, nothing, nothing) };
        forever()
    }
    forever()
}

fn writes_a_file() -> Result<(), String> {
    fs::write("file", "content").map_err(|error| error.to_string())
}
