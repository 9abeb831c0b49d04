//! Tests that a case forked from a zygote has the same verdict as in a newly started process, and
//! that no case affects the next case.
#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "does what no well-behaved program does")
)]
#![cfg_attr(
    target_os = "linux",
    expect(clippy::unnecessary_wraps, reason = "every scenario has the same type")
)]

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "other test executables use the rest of this module")]
mod trial;

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::hash::{BuildHasher as _, RandomState};
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::{Command, ExitCode};
    use std::sync::{Arc, Condvar, Mutex};
    use std::time::Duration;
    use std::{env, fs, mem, ptr, thread};

    use libtest_mimic::Trial;
    use testprog_harness::spawn::{Limit, Outcome};
    use testprog_harness::suite::{Settings, Trial as Came};
    use testprog_harness::verdict::Failure;
    use testprog_harness::{
        CHILD_FLAG, Program, Scenario, Signal, Suite, Verdict, child, protocol, report,
    };

    use crate::trial::scratch::{executable, scratch};
    use crate::trial::tools::need_tool;
    use crate::trial::{self, Stop, trial};

    /// Deadline of the scenarios that hang, long enough for a busy computer to start their threads.
    const DEADLINE: Duration = Duration::from_secs(6);
    /// Deadline of the scenarios that end by themselves, long enough for a busy computer.
    const PATIENCE: Duration = Duration::from_secs(120);

    type Run = fn() -> Result<(), String>;

    const SCENARIOS: &[(&str, Run)] = &[
        ("is_alone", is_alone),
        ("is_a_process_of_its_own", is_a_process_of_its_own),
        ("tells_its_parent", tells_its_parent),
        ("tells_random_keys", tells_random_keys),
        ("uses_processor_time", uses_processor_time),
        ("sees_its_limits", sees_its_limits),
        ("dies_of_the_signal", dies_of_the_signal),
        ("hangs", hangs),
        ("leaves_a_daemon", leaves_a_daemon),
        ("leaves_a_sibling", leaves_a_sibling),
        ("leaves_files", leaves_files),
        ("removes_its_directory", removes_its_directory),
        ("closes_its_directory", closes_its_directory),
        ("kills_its_parent", kills_its_parent),
        ("stops_its_parent", stops_its_parent),
    ];

    pub(super) fn main() -> ExitCode {
        let mut arguments = env::args_os().skip(1).peekable();
        if arguments.next_if(|first| first == CHILD_FLAG).is_some() {
            if mutant() == "threads" {
                thread::spawn(forever);
            }
            let scenarios: Vec<_> =
                SCENARIOS.iter().map(|(name, run)| Scenario::new(*name, *run)).collect();
            return child::answer(&scenarios, arguments);
        }
        let mut program = Program::of_this_target(
            env::current_exe().expect("the path of a running executable is known"),
        );
        program.args = vec![CHILD_FLAG.into()];
        let own = Arc::new(Suite::load(program).expect("the program lists its scenarios"));
        let compiler = || need_tool("cc", "gcc");
        // Tests start in the order of the list `trials`. The tests that wait for a deadline come
        // first in the list, so that other tests run while the first tests wait.
        let mut trials =
            vec![trial("a_child_in_plain_c_can_be_forked", compiler, || Ok(plain_c()?))];
        for (name, run) in WAITING {
            let own = Arc::clone(&own);
            trials.push(trial(name, || None, move || Ok(run(&own)?)));
        }
        let waiting = trials.len();
        trials.extend(same_verdicts());
        for (name, run) in OWN {
            let own = Arc::clone(&own);
            trials.push(trial(name, || None, move || Ok(on_a_core(|| run(&own))?)));
        }
        // Each waiting test has a thread in addition to the one thread for each processor core.
        trial::run(trials, trial::cores() + waiting)
    }

    /// Calls `test` as soon as fewer calls of this function run than the computer has processor
    /// cores.
    ///
    /// A scenario detects some mutants only if its threads run at the same time.
    fn on_a_core<T>(test: impl FnOnce() -> T) -> T {
        static RUNNING: Mutex<usize> = Mutex::new(0);
        static ENDED: Condvar = Condvar::new();

        /// Guard that counts the call as ended, even if the test panics.
        struct End;

        impl Drop for End {
            fn drop(&mut self) {
                *RUNNING.lock().expect("no thread panics while it changes the number") -= 1;
                ENDED.notify_one();
            }
        }

        let running = RUNNING.lock().expect("no thread panics while it changes the number");
        let running = ENDED.wait_while(running, |running| *running >= trial::cores());
        *running.expect("no thread panics while it changes the number") += 1;
        let _end = End;
        test()
    }

    /// Returns one test for each scenario of `testprog` without a mutant, and one test for each
    /// mutant of a scenario. A test runs its case once in a newly started process, and twice in a
    /// fork of a zygote.
    fn same_verdicts() -> Vec<Trial> {
        use std::mem::discriminant;

        let program = Program::of_this_target(env!("CARGO_BIN_EXE_testprog"));
        let suite = Arc::new(Suite::load(program).expect("the program lists its scenarios"));
        let mut trials = Vec::new();
        for case in &suite.cases {
            // A mutant of the C library works only in a process that was started with LD_PRELOAD.
            let mutants = case.mutants.iter().filter(|mutant| !mutant.name.starts_with("libc-"));
            for mutant in [None].into_iter().chain(mutants.map(Some)) {
                // If a case may end in several ways under a mutant, the mutant's expectation has
                // alternatives.
                let varies = mutant.is_some_and(|mutant| mutant.expect.alternatives().is_some());
                let mutant = mutant.map(|mutant| mutant.name.clone());
                let name = format!("same::{}::{}", case.name, mutant.as_deref().unwrap_or("plain"));
                let (suite, case) = (Arc::clone(&suite), case.clone());
                let test = move || {
                    let mut settings = Settings::default();
                    settings.mutant = mutant;
                    let started = suite.run(&case, &settings).verdict;
                    settings.zygote = true;
                    for _ in 0..2 {
                        let forked = suite.run(&case, &settings);
                        let is_same = forked.verdict == started
                            || varies && discriminant(&forked.verdict) == discriminant(&started);
                        if !is_same {
                            let text = report::failure(&suite.program, &case, &forked, &settings);
                            return Err(Stop::Wrong(format!("started: {started:?}\n{text}")));
                        }
                    }
                    Ok(())
                };
                trials.push(trial(&name, || None, || on_a_core(test)));
            }
        }
        trials
    }

    /// Tests a child written in C that implements the protocol without any code of this project.
    fn plain_c() -> Result<(), String> {
        let path = scratch("plain-c");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/zygote/plain.c");
        let flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", source, "-o"];
        let built = Command::new("cc").args(flags).arg(&path).output();
        let built = built.map_err(|error| error.to_string())?;
        if !built.status.success() {
            return Err(String::from_utf8_lossy(&built.stderr).into_owned());
        }
        let suite = Suite::load(Program::new(path)).map_err(|error| error.to_string())?;
        let parent = said(&suite, "tells_its_parent")?;
        passes(&suite, "crashes")?;
        let mut merged = settings();
        merged.merge_output = true;
        // The scenario `tells_its_parent` prints its parent's process ID on standard error, which
        // is merged into standard output. Because of the process ID, the output is no valid answer,
        // so this test checks only the output.
        let merged =
            fork(&suite, "tells_its_parent", &merged).outcome.ok_or("it was not forked")?;
        let both = String::from_utf8_lossy(&merged.stdout.head).into_owned();
        // Every fork of the zygote prints the zygote's process ID, because the zygote is the fork's
        // parent.
        if both != format!("{parent}OK\n") || said(&suite, "tells_its_parent")? != parent {
            return Err(format!("{parent} {both}"));
        }
        let leak = fork(&suite, "leaks", &settings()).verdict;
        if leak != Verdict::Leak {
            return Err(format!("{leak:?}"));
        }
        times_out(&suite, "hangs")?;
        passes(&suite, "leaves_a_daemon")?;
        passes(&suite, "is_alone")
    }

    type Check = fn(&Suite) -> Result<(), String>;

    /// Tests that wait for the deadline of a case and use little processor time.
    const WAITING: &[(&str, Check)] = &[
        ("a_zygote_that_was_stopped_goes_on", |suite| {
            for signal in [libc::SIGSTOP, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU] {
                let mut settings = settings();
                settings.mutant = Some(signal.to_string());
                let verdict = fork(suite, "stops_its_parent", &settings).verdict;
                if !matches!(verdict, Verdict::Pass { .. }) {
                    return Err(format!("{signal}: {verdict:?}"));
                }
            }
            passes(suite, "is_alone")
        }),
        ("a_hang_is_told_of_and_ended", |suite| {
            let hung = times_out(suite, "hangs")?;
            let told = hung.outcome.and_then(|outcome| outcome.hang).unwrap_or_default();
            // The hang report must name the two threads of the child, and no thread of the zygote.
            if told.lines().count() != 2 || !told.contains("sleeper") {
                return Err(told);
            }
            passes(suite, "is_alone")
        }),
    ];

    const OWN: &[(&str, Check)] = &[
        ("a_fork_is_like_a_process_that_was_started", |suite| {
            passes(suite, "is_a_process_of_its_own")
        }),
        ("a_daemon_does_not_meet_the_next", |suite| {
            passes(suite, "leaves_a_daemon")?;
            passes(suite, "is_alone")
        }),
        ("a_child_of_the_zygote_does_not_meet_the_next", |suite| {
            passes(suite, "leaves_a_sibling")?;
            passes(suite, "is_alone")
        }),
        ("files_do_not_meet_the_next", |suite| {
            passes(suite, "leaves_files")?;
            passes(suite, "is_a_process_of_its_own")
        }),
        ("a_directory_that_is_gone_is_made_again", |suite| {
            passes(suite, "removes_its_directory")?;
            passes(suite, "is_a_process_of_its_own")
        }),
        ("a_directory_that_was_closed_is_made_again", |suite| {
            passes(suite, "closes_its_directory")?;
            passes(suite, "is_a_process_of_its_own")
        }),
        ("a_zygote_that_was_killed_is_replaced", |suite| {
            let killed = fork(suite, "kills_its_parent", &settings()).verdict;
            if !matches!(killed, Verdict::Unresolved(_)) {
                return Err(format!("{killed:?}"));
            }
            passes(suite, "is_alone")
        }),
        ("every_signal_is_told_by_its_name", |suite| {
            for number in (1..32).filter(|number| kills(*number)) {
                let mut settings = settings();
                settings.mutant = Some(number.to_string());
                let verdict = fork(suite, "dies_of_the_signal", &settings).verdict;
                settings.zygote = false;
                let expected = fork(suite, "dies_of_the_signal", &settings).verdict;
                let is_named = matches!(&verdict, Verdict::Fail(Failure::Died(signal))
                    if !matches!(signal, Signal::Number(_)));
                if !is_named || verdict != expected {
                    return Err(format!("signal {number}: {verdict:?} instead of {expected:?}"));
                }
            }
            Ok(())
        }),
        ("processor_time_is_that_of_the_fork", |suite| {
            let used = outcome(fork(suite, "uses_processor_time", &settings()))?;
            let idle = outcome(fork(suite, "is_alone", &settings()))?;
            if used.user + used.system < SOME
                || idle.user + idle.system >= SOME
                || used.max_rss == 0
            {
                return Err(format!("{used:?} {idle:?}"));
            }
            Ok(())
        }),
        ("limits_are_those_of_the_case", |suite| {
            let mut settings = settings();
            settings.limits = vec![(Limit::OpenFiles, 32), (Limit::FileSize, 1 << 20)];
            let limited = fork(suite, "sees_its_limits", &settings).verdict;
            if !passed(&limited) {
                return Err(format!("{limited:?}"));
            }
            let unlimited = fork(suite, "sees_its_limits", &self::settings()).verdict;
            if passed(&unlimited) {
                Err("the case has limits that it did not ask for".into())
            } else {
                Ok(())
            }
        }),
        ("what_is_drawn_at_random_differs", |suite| {
            let told = || said(suite, "tells_random_keys");
            let (one, other) = (told()?, told()?);
            if one == other { Err(one) } else { Ok(()) }
        }),
        ("a_zygote_serves_no_more_than_a_thousand", |suite| {
            let mut forks = BTreeMap::new();
            for _ in 0..1001 {
                *forks.entry(said(suite, "tells_its_parent")?).or_insert(0) += 1;
            }
            if forks.values().all(|count| *count <= 1000) {
                Ok(())
            } else {
                Err(format!("{forks:?}"))
            }
        }),
        ("threads_before_main_are_refused", |suite| {
            let mut settings = settings();
            settings.mutant = Some("threads".into());
            let error = suite.prepare_zygote(&settings).map_err(|error| error.to_string());
            match error {
                Err(text) if text.ends_with("the process has 2 threads before `main` begins") => {
                    Ok(())
                }
                other => Err(format!("{other:?}")),
            }
        }),
        ("who_does_not_know_zygotes_is_told_so", |_| {
            for (name, body, cause) in [
                (
                    "status",
                    "echo no such word >&2; exit 2",
                    "ended with status 2, saying: no such word",
                ),
                ("ok", "echo OK", "ended with status 0, saying: OK"),
                ("signal", "kill -9 $$", "died of SIGKILL"),
                (
                    "other",
                    "printf 'testprog 2' >&3",
                    "greeted with `testprog 2` instead of `testprog 1`",
                ),
            ] {
                let path = scratch(name);
                // The socket to the runner preserves message boundaries, so a script must write its
                // whole message in one `write` call.
                executable(&path, format!("#!/bin/sh\n{body}\n").as_bytes());
                let mut options = testprog_harness::spawn::Options::default();
                options.zygote = true;
                let error = testprog_harness::spawn::prepare_zygote(&Program::new(&path), &options);
                let error = error.err().map(|error| error.to_string()).unwrap_or_default();
                let head =
                    format!("failed to fork `{}`: {} ", path.display(), protocol::ZYGOTE_FLAG);
                if error != head + cause {
                    return Err(error);
                }
            }
            Ok(())
        }),
    ];

    /// Returns settings with a mutant that only this thread uses. A zygote serves a single mutant,
    /// so no other test forks from this thread's zygote at the same time.
    fn settings() -> Settings {
        let mut settings = Settings::default();
        settings.deadline = PATIENCE;
        settings.mutant = Some(format!("{:?}", thread::current().id()));
        settings.zygote = true;
        settings
    }

    fn fork(suite: &Suite, name: &str, settings: &Settings) -> Came {
        let case =
            suite.cases.iter().find(|case| case.name == name).expect("the listing has the case");
        suite.run(case, settings)
    }

    fn passed(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Pass { .. })
    }

    fn passes(suite: &Suite, name: &str) -> Result<(), String> {
        let came = fork(suite, name, &settings());
        if passed(&came.verdict) { Ok(()) } else { Err(format!("{name}: {came:?}")) }
    }

    fn times_out(suite: &Suite, name: &str) -> Result<Came, String> {
        let mut settings = settings();
        settings.deadline = DEADLINE;
        let came = fork(suite, name, &settings);
        match came.verdict {
            Verdict::Fail(Failure::TimedOut(_)) => Ok(came),
            _ => Err(format!("{came:?}")),
        }
    }

    fn outcome(came: Came) -> Result<Outcome, String> {
        if passed(&came.verdict) {
            came.outcome.ok_or_else(String::new)
        } else {
            Err(format!("{came:?}"))
        }
    }

    fn said(suite: &Suite, name: &str) -> Result<String, String> {
        let outcome = outcome(fork(suite, name, &settings()))?;
        Ok(String::from_utf8_lossy(&outcome.stderr.head).into_owned())
    }

    fn kills(number: i32) -> bool {
        use libc::{SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH};
        ![SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH].contains(&number)
    }

    // The functions below belong to the scenarios, which run in a child process.

    fn mutant() -> String {
        env::var(protocol::MUTANT_ENV).unwrap_or_default()
    }

    fn forever() {
        loop {
            thread::park();
        }
    }

    fn parent() -> libc::pid_t {
        // SAFETY: the function `getppid` takes no arguments and accesses no memory of this process.
        unsafe { libc::getppid() }
    }

    /// Returns the IDs of the child processes of a process that has one thread.
    fn children(pid: libc::pid_t) -> Result<Vec<libc::pid_t>, String> {
        let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let list = list.map_err(|error| error.to_string())?;
        Ok(list.split_whitespace().filter_map(|word| word.parse().ok()).collect())
    }

    /// Checks that this process is the zygote's only child, and that the zygote is the supervisor's
    /// only child.
    fn is_alone() -> Result<(), String> {
        let zygote = parent();
        let stat = fs::read_to_string(format!("/proc/{zygote}/stat")).map_err(|e| e.to_string())?;
        // In `/proc/PID/stat`, the state and the parent follow the name, which may contain any
        // character (proc_pid_stat(5)).
        let supervisor =
            stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        let (of_keeper, of_zygote) = (children(supervisor.ok_or("no parent")?)?, children(zygote)?);
        if of_keeper.len() == 1 && of_zygote.len() == 1 {
            Ok(())
        } else {
            Err(format!("the supervisor has {of_keeper:?}, the zygote {of_zygote:?}"))
        }
    }

    fn is_a_process_of_its_own() -> Result<(), String> {
        let check = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
        // SAFETY: the function `getpid` takes no arguments and accesses no memory of this process.
        let pid = unsafe { libc::getpid() };
        // SAFETY: the function `getpgid` takes only an integer and accesses no memory of this
        // process.
        check(unsafe { libc::getpgid(0) } == pid, "it leads no group")?;
        let open = (3..64).find(|descriptor| {
            // SAFETY: the function `fcntl` takes only integers and accesses no memory of this
            // process.
            unsafe { libc::fcntl(*descriptor, libc::F_GETFD) != -1 }
        });
        check(open.is_none(), &format!("descriptor {open:?} is open"))?;
        let mut stdin = Vec::new();
        let read = std::io::Read::read_to_end(&mut std::io::stdin(), &mut stdin);
        check(read.is_ok_and(|length| length == 0), "its input is not empty")?;
        let here = env::current_dir().map_err(|error| error.to_string())?;
        check(env::var_os("TMPDIR").is_some_and(|path| path == *here), "it is elsewhere")?;
        check(fs::read_dir(&here).is_ok_and(|mut all| all.next().is_none()), "there are files")?;
        let mode = fs::metadata(&here).map_err(|error| error.to_string())?.permissions().mode();
        check(mode & 0o7777 == 0o700, "its directory is open to others")?;
        // SAFETY: the type `sigset_t` consists of integers, for which zeros are valid.
        let mut mask: libc::sigset_t = unsafe { mem::zeroed() };
        // SAFETY: the function `sigprocmask` receives a null pointer as new mask, and writes the
        // old mask to a local variable.
        unsafe { libc::sigprocmask(libc::SIG_SETMASK, ptr::null(), &raw mut mask) };
        // SAFETY: the function `sigismember` reads the mask that `sigprocmask` has filled.
        let blocked =
            (1..32).find(|number| unsafe { libc::sigismember(&raw const mask, *number) } == 1);
        check(blocked.is_none(), &format!("signal {blocked:?} is blocked"))?;
        let mut signal = 0;
        // SAFETY: the function `prctl` writes only to a local variable of the right type.
        unsafe { libc::prctl(libc::PR_GET_PDEATHSIG, &raw mut signal) };
        check(signal == libc::SIGKILL, "it would outlive its parent")
    }

    fn tells_its_parent() -> Result<(), String> {
        eprint!("{}", parent());
        Ok(())
    }

    fn tells_random_keys() -> Result<(), String> {
        eprint!("{}", RandomState::new().hash_one(1));
        Ok(())
    }

    /// Processor time that the scenario uses, which is far more than a fork of a zygote needs.
    const SOME: Duration = Duration::from_millis(300);

    fn uses_processor_time() -> Result<(), String> {
        let used = || {
            let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            // SAFETY: the function `clock_gettime` writes only to a local variable of the right
            // type.
            unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
            time
        };
        let some = SOME.subsec_nanos().into();
        while used().tv_sec == 0 && used().tv_nsec <= some {}
        Ok(())
    }

    fn sees_its_limits() -> Result<(), String> {
        let limit = |resource| {
            let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: the function `getrlimit` writes only to a local variable of the right type.
            unsafe { libc::getrlimit(resource, &raw mut limit) };
            limit.rlim_cur
        };
        let seen =
            [limit(libc::RLIMIT_NOFILE), limit(libc::RLIMIT_FSIZE), limit(libc::RLIMIT_CORE)];
        // If Linux pipes core files to a program, a limit of 1 turns core files off (core(5)).
        if matches!(seen, [32, 0x10_0000, 0 | 1]) { Ok(()) } else { Err(format!("{seen:?}")) }
    }

    fn dies_of_the_signal() -> Result<(), String> {
        let number = mutant().parse().map_err(|_| mutant())?;
        // Rust's standard library ignores or handles some signals, so this scenario restores the
        // signal's default action. SAFETY: the function `signal` receives the constant `SIG_DFL`,
        // so it installs no handler function.
        unsafe { libc::signal(number, libc::SIG_DFL) };
        // SAFETY: the function `raise` takes only an integer and accesses no memory of this
        // process.
        unsafe { libc::raise(number) };
        Ok(())
    }

    fn hangs() -> Result<(), String> {
        let other = thread::Builder::new().name("sleeper".into()).spawn(forever);
        other.map_err(|error| error.to_string())?.join().map_err(|_| "it broke".to_owned())
    }

    /// Leaves behind a daemon: a grandchild in a new session, without open descriptors of this
    /// process.
    fn leaves_a_daemon() -> Result<(), String> {
        let (mut reader, writer) =
            std::os::unix::net::UnixStream::pair().map_err(|e| e.to_string())?;
        // SAFETY: this process has one thread, so the forked process may run any code.
        if unsafe { libc::fork() } == 0 {
            // SAFETY: the function `setsid` takes no arguments and accesses no memory of this
            // process.
            unsafe { libc::setsid() };
            // SAFETY: this process has one thread, so the forked process may run any code.
            if unsafe { libc::fork() } == 0 {
                (0..3).for_each(close);
                drop(writer);
                forever();
            }
            std::process::exit(0);
        }
        drop(writer);
        // The read call returns when the daemon has closed its copies of the streams and of
        // `writer`.
        std::io::Read::read_to_end(&mut reader, &mut Vec::new())
            .map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Leaves behind a process whose parent is the zygote, not this process (`CLONE_PARENT`,
    /// clone(2)).
    fn leaves_a_sibling() -> Result<(), String> {
        let flags = libc::CLONE_PARENT | libc::SIGCHLD;
        // SAFETY: without CLONE_VM, the new process has a copy of this process's memory, as after
        // `fork`.
        if unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) } == 0 {
            (0..3).for_each(close);
            forever();
        }
        Ok(())
    }

    fn close(descriptor: libc::c_int) {
        // SAFETY: no other code of this process uses the descriptor.
        unsafe { libc::close(descriptor) };
    }

    fn leaves_files() -> Result<(), String> {
        let write = || {
            fs::create_dir("folder")?;
            fs::write("folder/file", "")?;
            fs::write("file", "")
        };
        write().map_err(|error| error.to_string())
    }

    fn removes_its_directory() -> Result<(), String> {
        let here = env::current_dir().map_err(|error| error.to_string())?;
        fs::remove_dir(here).map_err(|error| error.to_string())
    }

    fn closes_its_directory() -> Result<(), String> {
        fs::set_permissions(".", fs::Permissions::from_mode(0o000))
            .map_err(|error| error.to_string())
    }

    fn kills_its_parent() -> Result<(), String> {
        // SAFETY: the function `kill` takes only integers and accesses no memory of this process.
        unsafe { libc::kill(parent(), libc::SIGKILL) };
        forever();
        Ok(())
    }

    /// Sends the signal whose number is the mutant's name to the zygote many times, also shortly
    /// before this process ends.
    fn stops_its_parent() -> Result<(), String> {
        let signal = mutant().parse().map_err(|_| "the mutant is not a number")?;
        for _ in 0..100 {
            // SAFETY: the function `kill` takes only integers and accesses no memory of this
            // process.
            unsafe { libc::kill(parent(), signal) };
            thread::yield_now();
        }
        Ok(())
    }
}
