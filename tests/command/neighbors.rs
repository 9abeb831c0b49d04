//! Tests runs that share the directory for temporary files, a run of a user who may have only few
//! processes, and children's directories that cannot be removed in the usual way.
#![expect(unsafe_code, reason = "sets a limit between fork and exec")]

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use crate::end::numbered;
use crate::script::Script;
use crate::trial::scratch::scratch;
use crate::trial::tools::Missing;

const TESTPROG: &str = env!("CARGO_BIN_EXE_cargo-testprog");

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        crate::test_functions::gated_trial!(
            two_runs_in_two_pid_namespaces_share_a_directory,
            need_namespaces
        ),
        crate::test_functions::gated_trial!(
            a_user_with_few_processes_runs_every_case,
            need_another_user
        ),
        crate::test_functions::gated_trial!(
            an_immutable_file_is_removed_by_a_privileged_user,
            need_attributes
        ),
        crate::test_functions::gated_trial!(a_mounted_directory_is_left_alone, need_mounts),
    ]
}

/// Returns a command that runs another command in a new PID namespace with its own `/proc`.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc"]);
    command
}

pub(crate) fn need_namespaces() -> Option<Missing> {
    let output = unshare().arg("true").output();
    let is_there = output.is_ok_and(|output| output.status.success());
    (!is_there).then(|| Missing::Ability("this process may not create a PID namespace".to_owned()))
}

/// In two PID namespaces, two runners and their children have the same process IDs, so process IDs
/// alone would not make the names of the children's directories unique.
fn two_runs_in_two_pid_namespaces_share_a_directory() {
    const CASES: usize = 60;
    let shared = scratch("shared");
    fs::create_dir(&shared).unwrap();
    // Each case creates files, waits while the other run creates files, and checks that the case's
    // directory contains only the case's own files.
    let body = r#"mkdir d && echo "$1 $2" >d/f && : >g && sleep 0.01 && [ "$(cat d/f)" = "$1 $2" ] && [ "$(echo *)" = "d g" ] && echo OK"#;
    let script = numbered("files.sh", CASES, body);
    let runs = [0; 2].map(|_| {
        let mut command = unshare();
        command.arg(TESTPROG).arg("--prog").arg(&script.path).args(["-j4", "--format", "tap"]);
        command.env("TMPDIR", &shared).stdout(Stdio::piped()).spawn().unwrap()
    });
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{stdout}");
        assert_eq!(stdout.lines().filter(|line| line.starts_with("ok ")).count(), CASES);
    }
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
}

/// Returns an invocation of the command as a user who may have at most `most` processes, and who
/// has no other process.
fn of_another_user(most: libc::rlim_t) -> Command {
    let user = 60_000 + std::process::id() % 5_000;
    let mut command = Command::new(TESTPROG);
    let limit = move || {
        let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
        // SAFETY: the variable `limit` is initialized memory of the type that `setrlimit` reads.
        match unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &raw const limit) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    };
    // SAFETY: the closure makes one system call and does not allocate, so the closure may run
    // between `fork` and `execve`.
    unsafe { command.uid(user).gid(user).current_dir("/").pre_exec(limit) };
    command
}

fn need_another_user() -> Option<Missing> {
    let output = of_another_user(20).arg("--version").output();
    let is_there = output.is_ok_and(|output| output.status.success());
    let reason = "only root can run the command as another user, who must be able to execute it";
    (!is_there).then(|| Missing::Ability(reason.to_owned()))
}

fn a_user_with_few_processes_runs_every_case() {
    let script = numbered("user.sh", 100, "echo OK");
    let folder = scratch("tmp");
    fs::create_dir(&folder).unwrap();
    let set_mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(&folder, 0o777);
    // The directory of this test must be accessible to the other user.
    set_mode(folder.parent().unwrap(), 0o755);
    for (most, jobs) in [(20, "-j32"), (6, "-j8")] {
        let mut command = of_another_user(most);
        command.env("TMPDIR", &folder).arg("--prog").arg(&script.path).arg(jobs);
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.success() && stdout.contains("100 passed, 0 failed\n"),
            "{stdout}{stderr}"
        );
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
}

/// Runs a shell script in a new directory of the test, and returns whether the script succeeds.
fn succeeds(script: &str) -> bool {
    let folder = scratch("probe");
    let output = fs::create_dir(&folder)
        .and_then(|()| Command::new("sh").args(["-ec", script]).current_dir(&folder).output());
    let _ = fs::remove_dir_all(&folder);
    output.is_ok_and(|output| output.status.success())
}

fn need_attributes() -> Option<Missing> {
    let is_there = succeeds("touch f; chattr +i f; chattr -i f");
    let reason = "this user or this file system has no immutable files";
    (!is_there).then(|| Missing::Ability(reason.to_owned()))
}

fn an_immutable_file_is_removed_by_a_privileged_user() {
    let folder = scratch("tmp");
    fs::create_dir(&folder).unwrap();
    let body = "mkdir d && touch d/f && chattr +i d/f && chattr +a d && chattr +i . && echo OK";
    let script = Script::new("immutable.sh", body);
    let mut command = script.command(&[]);
    let assert = command.env("TMPDIR", &folder).assert().code(0);
    let stdout = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(!stdout.contains("failed to remove"), "{stdout}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

fn need_mounts() -> Option<Missing> {
    let is_there = succeeds("mkdir a b; mount --bind a b; umount b");
    (!is_there).then(|| Missing::Ability("this user cannot mount".to_owned()))
}

fn a_mounted_directory_is_left_alone() {
    let (folder, source) = (scratch("tmp"), scratch("source"));
    for folder in [&folder, &source] {
        fs::create_dir(folder).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::write(source.join("precious"), "").unwrap();
    let body =
        format!("mkdir -p d/e && touch d/f && mount --bind '{}' d/e && echo OK", source.display());
    let script = Script::new("mounts.sh", &body);
    let mut command = script.command(&[]);
    let output = command.env("TMPDIR", &folder).output().unwrap();
    let umount = "umount */e || umount */*/e || umount */*/*/e";
    let umounted = Command::new("sh").args(["-c", umount]).current_dir(&folder).output().unwrap();
    assert!(umounted.status.success(), "{umounted:?}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}");
    assert!(stdout.contains("failed to remove") && stdout.contains("busy"), "{stdout}");
    assert!(source.join("precious").exists());
    assert_eq!(fs::metadata(&source).unwrap().permissions().mode() & 0o777, 0o755);
}
