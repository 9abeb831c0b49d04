//! Defines the tests, and two programs that this executable is under other names: the child
//! program, and a runner that uses the library.
#![expect(unsafe_code, reason = "forks, and waits without end")]

use std::collections::BTreeSet;
use std::env;
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::{Value, json};
use testprog_harness::spawn::{End, Outcome};
use testprog_harness::suite::{self, Settings};
use testprog_harness::{Program, Scenario, Suite, child, report};

use crate::calls::{self, Fault};
use crate::run::{self, Injection, NAMES, Runner};

pub(crate) fn main() -> ExitCode {
    let name = env::args_os().next().unwrap_or_default();
    match Path::new(&name).file_name().and_then(|name| name.to_str()) {
        Some("child") => return child::main(&scenarios()),
        Some("library") => return library(),
        _ => {}
    }
    let arguments = Arguments::from_args();
    let trials =
        [("command", Runner::Command), ("library", Runner::Library), ("zygote", Runner::Zygote)];
    let trials = trials.map(|(name, runner)| {
        Trial::ignorable_test(name, move || faults(name, runner).map_err(Failed::from))
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

/// Runs the five cases once for each chosen fault, with several runs at the same time.
fn faults(name: &str, runner: Runner) -> Result<Completion, String> {
    let fail = |error: io::Error| error.to_string();
    let parent = env!("CARGO_TARGET_TMPDIR");
    let folder = tempfile::Builder::new().prefix("faults-").tempdir_in(parent).map_err(fail)?;
    for link in ["child", "library"] {
        let this = env::current_exe().map_err(fail)?;
        symlink(this, folder.path().join(link)).map_err(fail)?;
    }
    let this = folder.path().join("this");
    let (counted, checked) = match run::run(runner, &this, &folder.path().join("counted"), None) {
        Ok(run) => run,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Ok(Completion::ignored_with("this process may not use ptrace"));
        }
        Err(error) => return Err(fail(error)),
    };
    checked.map_err(|cause| format!("without a fault: {cause}"))?;
    if !counted.unknown.is_empty() {
        return Err(format!("the faults of calls are unknown: {:?}", counted.unknown));
    }
    let all = counted.counts.iter().flat_map(|(&(role, call), &count)| {
        let faults = move |number| {
            let site = (role, call, number);
            calls::faults(call).map(move |fault| Injection { site, fault })
        };
        (1..=count).flat_map(faults)
    });
    let chosen = choose(all.collect());
    let next = AtomicUsize::new(0);
    let injected = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let threads = 4 * thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(&injection) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let folder = folder.path().join(injection.to_string().replace([' ', '/'], "-"));
                    let result = run::run(runner, &this, &folder, Some(injection));
                    let cause = match result {
                        Ok((traced, checked)) => {
                            let is_injected = usize::from(traced.is_injected);
                            injected.fetch_add(is_injected, Ordering::Relaxed);
                            checked.err()
                        }
                        Err(error) => Some(error.to_string()),
                    };
                    if let Some(cause) = cause {
                        let mut wrong = wrong.lock().expect("no thread panics");
                        wrong.push(format!("{injection}: {cause}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread panics");
    let injected = injected.into_inner();
    eprintln!(
        "{name}: {injected} faults injected in {} runs, {} found wrong",
        chosen.len(),
        wrong.len()
    );
    if wrong.is_empty() { Ok(Completion::Completed) } else { Err(wrong.join("\n")) }
}

/// Chooses the faults to inject, according to the environment variable `TESTPROG_FAULTS`. If the
/// variable is not set, chooses one fault of one call and one lasting fault for each process role
/// and system call, and keeps every [`STEP`]th of these faults.
fn choose(mut all: Vec<Injection>) -> Vec<Injection> {
    /// Without `TESTPROG_FAULTS`, the test injects every sixth of the chosen faults.
    const STEP: usize = 6;
    let word = env::var("TESTPROG_FAULTS").unwrap_or_default();
    if word.is_empty() {
        let mut seen = BTreeSet::new();
        all.retain(|Injection { site: (role, call, _), fault }| {
            let lasts = matches!(fault, Fault::Lasting(_) | Fault::OutOfMemory);
            seen.insert((*role, *call, lasts))
        });
        return all.into_iter().step_by(STEP).collect();
    }
    all.retain(|injection| word == "all" || injection.to_string().contains(&word));
    all
}

// The child.

fn scenarios() -> [Scenario; 5] {
    const SHORT: Duration = Duration::from_millis(100);
    let [pass, fails, leaks, crashes, hangs] = NAMES;
    [
        Scenario::new(pass, || {}),
        Scenario::new(fails, || Err("because".to_owned())),
        Scenario::new(leaks, || {
            // SAFETY: this process has one thread, so the forked process may run any code.
            if unsafe { libc::fork() } == 0 {
                forever();
            }
        }),
        Scenario::new(crashes, || std::process::abort()),
        Scenario::new(hangs, || forever()).deadline(SHORT),
    ]
}

fn forever() -> ! {
    loop {
        // SAFETY: the function `pause` takes no arguments and accesses no memory of this process.
        unsafe { libc::pause() };
    }
}

// The functions below are the runner that uses the library.

fn library() -> ExitCode {
    let program = PathBuf::from(env::args_os().nth(1).expect("the path of the child is given"));
    let suite = match Suite::load(Program::new(program)) {
        Ok(suite) => suite,
        Err(error) => return refuse(&error.to_string()),
    };
    for message in suite.left_behind() {
        // If standard error is closed, nobody reads the message, so the error is ignored.
        let _ = writeln!(io::stderr(), "{message}");
    }
    let settings = Settings::default();
    let judge = |case| judged(case, &suite.run(case, &settings));
    let cases: Vec<_> = suite.cases.iter().map(judge).collect();
    let text = json!({ "cases": cases }).to_string();
    match io::stdout().write_all(format!("{text}\n").as_bytes()) {
        Ok(()) => ExitCode::FAILURE,
        Err(error) => refuse(&error.to_string()),
    }
}

fn refuse(cause: &str) -> ExitCode {
    // If standard error is closed, the exit status still reports the failure.
    let _ = writeln!(io::stderr(), "{cause}");
    ExitCode::from(2)
}

/// Returns a case in the form in which the command's JSON report contains a case.
fn judged(case: &testprog_harness::Case, trial: &suite::Trial) -> Value {
    let outcome = trial.outcome.as_ref();
    let end = outcome.map(|outcome| match outcome.end {
        End::Exited(status) => json!({ "kind": "exited", "status": status }),
        End::Signaled { signal, .. } => json!({ "kind": "signaled", "signal": signal.to_string() }),
        End::TimedOut => json!({ "kind": "timed_out" }),
        other => json!({ "kind": format!("{other:?}") }),
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    json!({
        "name": case.name,
        "verdict": report::word(&trial.verdict).to_lowercase(),
        "reason": report::reason(&trial.verdict),
        "end": end,
        "stdout": outcome.map(|outcome| text(&outcome.stdout.head)),
        "stderr": outcome.map(|outcome| text(&outcome.stderr.head)),
        "left": outcome.map(Outcome::left_behind),
    })
}
