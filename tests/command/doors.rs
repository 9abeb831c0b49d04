//! Tests signals to Cargo, to cargo-nextest and to a test executable, while the command or the
//! executable runs cases.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use testprog_harness::{Program, trials};

use crate::end::{Hanging, Runner, gone, reports, signal, started};
use crate::reuse;
use crate::script::Script;
use crate::trial::scratch::scratch;
use crate::trial::tools::{Missing, missing_tool};

/// Environment variable with the path of a child program. If the variable is set, this executable
/// runs the child's cases as trials (tests of libtest-mimic).
const DOOR: &str = "TESTPROG_TEST_DOOR";

/// Runs the cases of a child as trials if the environment variable [`DOOR`] is set.
pub(crate) fn answer() -> Option<ExitCode> {
    env::var_os(DOOR).map(|path| trials::run(Program::new(path)))
}

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = crate::test_functions::trials![
        a_signal_to_cargo_ends_the_run_with_its_reports,
        a_signal_to_a_test_executable_leaves_nothing,
        a_test_executable_prints_what_a_listing_leaves_behind,
    ];
    trials.push(crate::test_functions::gated_trial!(
        a_signal_to_nextest_ends_the_run_with_its_reports,
        need_nextest
    ));
    trials.push(crate::test_functions::gated_trial!(
        a_signal_to_nextest_leaves_nothing_of_a_test_executable,
        need_nextest
    ));
    trials
}

/// Cargo executes the command `cargo-testprog` in Cargo's own process, so a signal to Cargo reaches
/// the command.
fn a_signal_to_cargo_ends_the_run_with_its_reports() {
    let folder = Path::new(env!("CARGO_BIN_EXE_cargo-testprog")).parent().unwrap().to_owned();
    let paths = env::var_os("PATH").unwrap_or_default();
    let paths = env::join_paths([folder].into_iter().chain(env::split_paths(&paths))).unwrap();
    for number in [libc::SIGINT, libc::SIGTERM] {
        let hanging = Hanging::new("exec sleep 1000");
        let (flags, check) = reports();
        let mut command = Command::new(cargo());
        // The test runs Cargo outside of the repository, because an alias in the repository has the
        // name of the command. An installed command in CARGO_HOME would take precedence over the
        // command in PATH.
        command.current_dir("/").env("PATH", &paths).env("CARGO_HOME", scratch("cargo"));
        command.args(["testprog", "-j1"]).args(&flags).arg("--prog").arg(&hanging.script.path);
        let runner = Runner::start(command.env_remove("GITHUB_STEP_SUMMARY"));
        let child = hanging.started();
        signal(runner.pid(), number);
        assert_eq!(runner.end().status.code(), Some(128 + number));
        gone(child);
        assert_eq!(check()["counts"]["not_run"], 2);
    }
}

/// The signal kills the test executable, which has no handler for SIGINT and writes no reports. The
/// supervisors of the test executable then kill the child and remove the child's directory.
fn a_signal_to_a_test_executable_leaves_nothing() {
    for number in [libc::SIGINT, libc::SIGTERM] {
        let hanging = Hanging::new("exec sleep 1000");
        let folder = scratch("tmp");
        fs::create_dir(&folder).unwrap();
        let mut command = Command::new(env::current_exe().unwrap());
        without_nextest(command.env(DOOR, &hanging.script.path).env("TMPDIR", &folder));
        let runner = Runner::start(command.arg("--test-threads=1"));
        let child = hanging.started();
        signal(runner.pid(), number);
        let status = runner.end().status;
        assert_eq!(status.signal(), Some(number), "{status}");
        gone(child);
        emptied(&folder);
        fs::remove_dir(&folder).unwrap();
    }
}

/// The child that lists the cases replaces its directory by another directory, which the runner must
/// not remove.
fn a_test_executable_prints_what_a_listing_leaves_behind() {
    let folder = scratch("left-by-a-listing");
    fs::create_dir(&folder).unwrap();
    let text = r#"#!/bin/sh
case $1 in
--list) here=$PWD; cd /; mv "$here" "$here-old"; mkdir "$here"; printf 'testprog 1\na\n';;
*) echo OK;;
esac
"#;
    let script = Script::executable("leaves-behind.sh", text.as_bytes());
    let mut command = Command::new(env::current_exe().unwrap());
    without_nextest(command.env(DOOR, &script.path).env("TMPDIR", &folder));
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let start = format!("failed to remove `{}/testprog-", folder.display());
    assert!(stderr.starts_with(&start) && stderr.lines().count() == 1, "{stderr}");
}

/// Waits until a folder has no entries.
fn emptied(folder: &Path) {
    let clock = Instant::now();
    while fs::read_dir(folder).unwrap().next().is_some() {
        assert!(clock.elapsed() < Duration::from_secs(60), "the child's directory is still there");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Checks a signal to cargo-nextest, which then sends a signal to the process group of the test
/// executable. The child of the test executable is not in this process group.
fn a_signal_to_nextest_leaves_nothing_of_a_test_executable() {
    for number in [libc::SIGINT, libc::SIGTERM] {
        let hanging = Hanging::new("setsid sleep 1000 & exec sleep 1000");
        let folder = scratch("tmp");
        fs::create_dir(&folder).unwrap();
        let [metadata, binaries] = reuse::write(&scratch("reuse"), &env::current_exe().unwrap());
        let mut command = Command::new("cargo-nextest");
        command.args(["nextest", "run", "--user-config-file", "none", "-E", "test(=b)"]);
        command.arg("--cargo-metadata").arg(metadata).arg("--binaries-metadata").arg(binaries);
        command.env(DOOR, &hanging.script.path).env("TMPDIR", &folder);
        let runner = Runner::start(without_nextest(&mut command));
        let child = hanging.started();
        let others = fs::read_to_string(format!("/proc/{child}/task/{child}/children"));
        signal(runner.pid(), number);
        let output = runner.end();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains("1 failed"), "{stderr}");
        gone(child);
        // Systems other than Linux do not list the children of a process.
        let others = others.unwrap_or_default();
        others.split_whitespace().for_each(|other| gone(other.parse().unwrap()));
        emptied(&folder);
        fs::remove_dir(&folder).unwrap();
    }
}

/// cargo-nextest sends the signal to the process group of each running test. In this run, the only
/// test is a script that executes the command.
fn a_signal_to_nextest_ends_the_run_with_its_reports() {
    let hanging = Hanging::new("exec sleep 1000");
    let (flags, check) = reports();
    let script = format!(
        r#"#!/bin/sh
case "$*" in *--ignored*) exit;; *--list*) echo "run: test"; exit;; esac
exec '{}' run -j1 --prog '{}' {}
"#,
        env!("CARGO_BIN_EXE_cargo-testprog"),
        hanging.script.path.display(),
        flags.join(" ")
    );
    let script = Script::executable("test", script.as_bytes());
    let [metadata, binaries] = reuse::write(&scratch("reuse"), &script.path);
    let mut command = Command::new("cargo-nextest");
    command.args(["nextest", "run", "--user-config-file", "none"]);
    command.arg("--cargo-metadata").arg(metadata).arg("--binaries-metadata").arg(binaries);
    let runner = Runner::start(without_nextest(&mut command));
    let child = started(&hanging.up);
    signal(runner.pid(), libc::SIGINT);
    let output = runner.end();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && stderr.contains("1 failed"), "{stderr}");
    gone(child);
    assert_eq!(check()["counts"]["not_run"], 2);
}

fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Removes the environment variables that cargo-nextest sets for its tests, because this process
/// may run under cargo-nextest.
fn without_nextest(command: &mut Command) -> &mut Command {
    let names = env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.to_string_lossy().starts_with("NEXTEST")) {
        command.env_remove(name);
    }
    command
}

fn need_nextest() -> Option<Missing> {
    let version = Command::new("cargo-nextest").args(["nextest", "--version"]).output();
    let is_there = version.is_ok_and(|output| output.status.success());
    (!is_there).then(|| missing_tool("cargo-nextest", "cargo-nextest"))
}
