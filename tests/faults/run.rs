//! Runs the five cases with at most one injected fault, and checks the reports and what the run has
//! left behind.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::calls::{self, Fault};
use crate::schema;
use crate::tracer::{self, Role, Site, Traced};

/// Time after which the tracer kills a run. The library's longest wait is 30 s, for the first
/// message of a zygote. On a busy computer, a traced run takes many times as long as on an idle
/// computer.
const LIMIT: Duration = Duration::from_secs(300);

/// Program that runs the cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    Command,
    Zygote,
    Library,
}

/// Names of the five cases.
pub(crate) const NAMES: [&str; 5] = ["pass", "fails", "leaks", "crashes", "hangs"];

/// A fault, and the system call into which the tracer injects the fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Injection {
    pub(crate) site: Site,
    pub(crate) fault: Fault,
}

impl std::fmt::Display for Injection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (role, call, number) = self.site;
        let fault = match self.fault {
            Fault::Error(error) => std::io::Error::from_raw_os_error(error).to_string(),
            Fault::Lasting(error) => {
                format!("{} from then on", std::io::Error::from_raw_os_error(error))
            }
            Fault::Short => "transfers a part".to_owned(),
            Fault::NoMemory => "no memory".to_owned(),
            Fault::OutOfMemory => "no memory from then on".to_owned(),
        };
        let role = match role {
            Role::Runner => "runner",
            Role::Guard => "guard",
            Role::Supervisor => "supervisor",
            Role::Child => "child",
            Role::Zygote => "zygote",
            Role::Fork => "fork",
        };
        write!(f, "{role}: {} no. {number}: {fault}", calls::name(call))
    }
}

/// Runs the five cases in the new directory `folder`, with a fault in one system call if
/// `injection` is given. Returns the tracer's observations, and an error message if the run broke a
/// rule.
pub(crate) fn run(
    runner: Runner,
    this: &Path,
    folder: &Path,
    injection: Option<Injection>,
) -> std::io::Result<(Traced, Result<(), String>)> {
    fs::create_dir_all(folder.join("tmp"))?;
    let path = |name: &str| folder.join(name);
    // The child and the runner that uses the library are this executable under other names
    // (symbolic links).
    let mut command = match runner {
        Runner::Library => {
            let mut command = Command::new(this.with_file_name("library"));
            command.arg(this.with_file_name("child"));
            command
        }
        Runner::Command | Runner::Zygote => {
            let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
            command.arg("run").arg("--prog").arg(this.with_file_name("child"));
            // A busy computer makes cases slow, and the note about a slow case would count as a
            // message about the fault.
            command.args(["-j1", "--slow", "1h", "--format", "json", "-o"]);
            command.arg(format!("json={}", path("report").display()));
            if runner == Runner::Zygote {
                command.arg("--zygote");
            }
            command
        }
    };
    for variable in ["TESTPROG_MUTANT", "GITHUB_STEP_SUMMARY", "RUST_BACKTRACE"] {
        command.env_remove(variable);
    }
    command.env("TMPDIR", path("tmp")).env("HOME", folder);
    command.stdin(Stdio::null());
    command.stdout(File::create(path("stdout"))?).stderr(File::create(path("stderr"))?);
    let traced = tracer::trace(command, injection.map(|it| (it.site, it.fault)), LIMIT)?;
    let checked = check(runner, folder, injection, &traced);
    kill_processes(folder);
    fs::remove_dir_all(folder)?;
    Ok((traced, checked))
}

fn check(
    runner: Runner,
    folder: &Path,
    injection: Option<Injection>,
    traced: &Traced,
) -> Result<(), String> {
    let fault = injection.map(|injection| injection.fault);
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let errors = text("stderr");
    if traced.was_killed {
        return Err(format!("the run did not end within {LIMIT:?}: {errors}"));
    }
    let status = ExitStatus::from_raw(traced.status);
    // If a new thread cannot allocate a signal stack, Rust's standard library aborts the process
    // before the thread runs any code of this repository.
    let is_std = errors.contains("alternative stack");
    // If the crate signal-hook cannot receive a signal, it panics in its own thread, and the run
    // continues.
    let panicked = errors.contains("panicked at") && !errors.contains("/signal-hook-");
    // If an allocation fails, Rust's standard library prints a message and aborts the process.
    let lacks_memory = [Fault::OutOfMemory, Fault::Lasting(libc::ENOMEM)];
    let is_aborted = fault.is_some_and(|fault| lacks_memory.contains(&fault))
        && status.signal() == Some(libc::SIGABRT)
        && errors.contains("memory allocation of");
    let is_std = is_std || is_aborted;
    if !is_std && (panicked || !matches!(status.code(), Some(0..=4))) {
        return Err(format!("{status}: {errors}"));
    }
    let processes = processes_that_stay(folder);
    if !processes.is_empty() {
        return Err(format!("processes are left: {processes:?}"));
    }
    let names = |folder: &Path| -> Vec<_> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    let mut left = names(&folder.join("tmp"));
    left.extend(names(folder));
    left.retain(|name| !["tmp", "stdout", "stderr", "report"].contains(&name.as_str()));
    // The report of a case or a message names each directory that could not be removed.
    let told = [errors.as_str(), &text("stdout"), &text("report")].concat();
    left.retain(|name| !told.contains(&format!("/{name}`: ")));
    if !left.is_empty() && !errors.contains("failed to remove") {
        return Err(format!("files are left without a word: {left:?}; {errors}"));
    }
    if is_std {
        return Ok(());
    }
    // If the command cannot list the cases, it prints the cause and writes no report.
    let is_cause = |text: &str| injection.is_some_and(|injection| is_cause(injection, text));
    let (printed, written) = (text("stdout"), text("report"));
    let reports: &[_] = match runner {
        Runner::Library => &[printed],
        Runner::Command | Runner::Zygote => &[printed, written],
    };
    let is_mute = injection.is_some_and(|Injection { site: (role, call, _), fault }| {
        (role, call) == (Role::Runner, libc::SYS_write) && matches!(fault, Fault::Lasting(_))
    });
    let mut judged = false;
    for report in reports {
        match serde_json::from_str::<Value>(report) {
            Ok(report) => {
                judged = true;
                check_report(runner, &report, injection)
                    .map_err(|cause| format!("{cause}; {errors}"))?;
            }
            Err(_) if is_cause(&errors) && status.code() == Some(2) => {}
            // A runner that can write nothing at all can only report by its exit status.
            Err(_) if is_mute && errors.is_empty() && status.code() == Some(2) => {}
            Err(error) => return Err(format!("a report is incomplete: {error}: {errors}{report}")),
        }
    }
    let expected = if judged && errors.is_empty() { 1 } else { 2 };
    let has_cause = errors.is_empty() || is_cause(&errors);
    if has_cause && (status.code() == Some(expected) || fault.is_some()) {
        return Ok(());
    }
    Err(format!("{status}: {errors}"))
}

fn check_report(
    runner: Runner,
    report: &Value,
    injection: Option<Injection>,
) -> Result<(), String> {
    if runner != Runner::Library {
        let errors = schema::errors(&schema::read("report.schema.json"), report);
        errors.into_iter().next().map_or(Ok(()), Err)?;
    }
    let cases = report["cases"].as_array().ok_or("a report has no cases")?;
    let names: Vec<_> =
        cases.iter().map(|case| case["name"].as_str().unwrap_or_default()).collect();
    if names != NAMES {
        return Err(format!("the report has the cases {names:?}"));
    }
    for case in cases {
        let is_right = match case["verdict"].as_str().unwrap_or_default() {
            "unresolved" => {
                let reason = case["reason"].as_str().unwrap_or_default();
                // At a case's deadline, the runner may inspect the supervisor while this test's
                // tracer has stopped the supervisor for a moment.
                let is_traced = reason.contains("was stopped by a tracer (ptrace)");
                is_traced || injection.is_some_and(|injection| is_cause(injection, reason))
            }
            "not_run" => injection.is_some(),
            _ => is_right(case),
        };
        if !is_right {
            return Err(format!("judged wrong: {case}"));
        }
    }
    Ok(())
}

/// Returns whether a case has the right verdict, end and output.
fn is_right(case: &Value) -> bool {
    let end = |kind: &str| case["end"]["kind"] == kind;
    let exited = |status: i32| end("exited") && case["end"]["status"] == status;
    let (verdict, stdout, stderr) = (&case["verdict"], &case["stdout"], &case["stderr"]);
    match case["name"].as_str().unwrap_or_default() {
        "pass" => verdict == "pass" && exited(0) && stdout == "OK\n" && stderr == "",
        "fails" => verdict == "fail" && exited(1) && stdout == "" && stderr == "fails: because\n",
        "leaks" => verdict == "leak" && exited(0) && stdout == "OK\n" && stderr == "",
        "crashes" => {
            let is_abort = end("signaled") && case["end"]["signal"] == "SIGABRT";
            verdict == "fail" && is_abort && stdout == "" && stderr == ""
        }
        "hangs" => verdict == "fail" && end("timed_out") && stdout == "" && stderr == "",
        _ => false,
    }
}

/// Returns whether a message names the injected fault, or a consequence of the fault.
///
/// No message may name an interrupted system call (EINTR), because the runner repeats such a call.
fn is_cause(Injection { site: (role, call, _), fault }: Injection, text: &str) -> bool {
    let error = match fault {
        Fault::Error(libc::EINTR) => return false,
        Fault::Error(error) | Fault::Lasting(error) => error,
        Fault::Short => libc::EIO,
        Fault::NoMemory | Fault::OutOfMemory => libc::ENOMEM,
    };
    // The runner gets these errors from a socket only if the process at the other end is gone.
    let seems_gone = role == Role::Runner && matches!(error, libc::ECONNRESET | libc::EPIPE);
    let follows = [
        ("supervisor process ended unexpectedly", seems_gone || role == Role::Supervisor),
        // A guard names the call that failed, unless the guard cannot send the message.
        (
            "guard process of the supervisors ended unexpectedly",
            seems_gone || (role, call) == (Role::Guard, libc::SYS_sendto),
        ),
        // A supervisor gets ECHILD only if its zygote is gone.
        (
            "zygote process ended unexpectedly",
            seems_gone || role == Role::Zygote || (role, error) == (Role::Supervisor, libc::ECHILD),
        ),
        // pthread_create(3) returns EAGAIN for every error, so the message cannot name the injected
        // error.
        ("failed to start more than 0 of 1 worker threads", role == Role::Runner),
    ];
    text.contains(&format!("(os error {error})"))
        || follows.iter().any(|(it, may_follow)| *may_follow && text.contains(it))
}

/// Returns the processes that have `folder` in their environment and do not end within 60 s. The
/// kernel needs a moment to remove a killed process.
fn processes_that_stay(folder: &Path) -> Vec<i32> {
    const SOON: Duration = Duration::from_secs(60);
    let start = Instant::now();
    loop {
        let left = processes(folder);
        if left.is_empty() || start.elapsed() > SOON {
            return left;
        }
        // Without a pause, reading `/proc` would take the processor time that dying processes need
        // to exit.
        thread::sleep(Duration::from_millis(2));
    }
}

fn processes(folder: &Path) -> Vec<i32> {
    let variable = format!("HOME={}", folder.display());
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &i32| {
        let text = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        text.split(|byte| *byte == 0).any(|each| each == variable.as_bytes())
    })
    .collect()
}

fn kill_processes(folder: &Path) {
    for pid in processes(folder) {
        // The result of `kill` is ignored, because the process may have ended since the search.
        let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
    }
}
