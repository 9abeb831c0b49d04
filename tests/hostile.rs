//! Tests the runner with hostile children. No child may survive its run, forge a verdict or exhaust
//! the runner's memory.
//!
//! The executable of these tests is both the runner and the child. Each scenario runs through the
//! library, through the command, and as a fork of a zygote.
#![cfg_attr(unix, expect(unsafe_code, reason = "does what no well-behaved program does"))]
#![cfg_attr(unix, expect(clippy::unnecessary_wraps, reason = "every scenario has the same type"))]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    unix::main()
}

#[cfg(unix)]
#[path = "trial/mod.rs"]
mod trial;

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::io::{Read as _, Write as _};
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;
    use std::process::{Command, ExitCode, Stdio, exit};
    use std::sync::Arc;
    use std::time::{Duration, Instant};
    use std::{env, fs, io, ptr, thread};

    use testprog_harness::spawn::{self, End, Limit, Options};
    use testprog_harness::suite::{Settings, Trial};
    use testprog_harness::verdict::Failure;
    use testprog_harness::{CHILD_FLAG, Case, Program, Scenario, Signal, Suite, Verdict, child};

    use crate::trial::scratch::{executable, scratch};
    use crate::trial::tools::{Missing, need_terminal};
    use crate::trial::{self, Check, Stop, trial};

    /// Deadline of the scenarios that hang.
    const DEADLINE: Duration = Duration::from_millis(1500);
    /// Deadline of the scenarios that end by themselves, long enough for a busy computer.
    const PATIENCE: Duration = Duration::from_secs(120);

    /// Scenario, and the condition that its verdict must satisfy.
    struct Hostile {
        name: &'static str,
        run: fn() -> Result<(), String>,
        is_right: fn(&Verdict) -> bool,
    }

    const ALL: &[Hostile] = &[
        hostile("ignores_sigterm", ignores_sigterm, timed_out),
        hostile("stops_itself", stops_itself, timed_out),
        hostile("leaves_its_group", leaves_its_group, timed_out),
        hostile("opens_the_terminal", opens_the_terminal, passed),
        hostile("closes_a_directory_to_its_owner", closes_a_directory, passed),
        hostile("forks_a_grandchild_that_keeps_the_pipes", keeps_the_pipes, leaked),
        hostile("becomes_a_daemon", becomes_a_daemon, leaked),
        hostile("becomes_a_quiet_daemon", becomes_a_quiet_daemon, passed),
        hostile("bombs_with_forks", bombs_with_forks, timed_out),
        hostile("kills_its_group", kills_its_group, |verdict| died(verdict, Signal::Kill)),
        hostile("kills_its_parent", kills_its_parent, unresolved),
        hostile("closes_its_streams", closes_its_streams, no_answer),
        hostile("floods_both_streams", floods_both_streams, no_answer),
        hostile("prints_one_endless_line", prints_one_endless_line, no_answer),
        hostile("prints_what_a_terminal_acts_on", prints_escapes, no_answer),
        hostile("forges_other_protocols", forges_other_protocols, no_answer),
        hostile("removes_its_directory", removes_its_directory, passed),
        hostile("fills_its_file_size_limit", fills_its_file_size_limit, |verdict| {
            died(verdict, Signal::Xfsz)
        }),
        hostile("exhausts_descriptors", exhausts_descriptors, passed),
        hostile("exhausts_threads", exhausts_threads, passed),
        hostile("exits_with_full_pipes", exits_with_full_pipes, no_answer),
        hostile("answers_after_its_deadline", answers_after_its_deadline, timed_out),
        hostile("sees_a_clean_signal_state", sees_a_clean_signal_state, passed),
        hostile("inherits_only_three_descriptors", inherits_only_three_descriptors, passed),
    ];

    impl Hostile {
        fn scenario(&self) -> Scenario {
            let scenario = Scenario::new(self.name, self.run);
            if self.hangs() { scenario } else { scenario.deadline(PATIENCE) }
        }

        /// Returns whether the scenario runs until its deadline.
        fn hangs(&self) -> bool {
            (self.is_right)(&Verdict::Fail(Failure::TimedOut(DEADLINE)))
        }
    }

    const fn hostile(
        name: &'static str,
        run: fn() -> Result<(), String>,
        is_right: fn(&Verdict) -> bool,
    ) -> Hostile {
        Hostile { name, run, is_right }
    }

    fn passed(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Pass { .. })
    }

    fn timed_out(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Fail(Failure::TimedOut(_)))
    }

    fn leaked(verdict: &Verdict) -> bool {
        *verdict == Verdict::Leak
    }

    fn no_answer(verdict: &Verdict) -> bool {
        *verdict == Verdict::Fail(Failure::NoAnswer)
    }

    fn died(verdict: &Verdict, signal: Signal) -> bool {
        *verdict == Verdict::Fail(Failure::Died(signal))
    }

    /// Returns true if the verdict is *unresolved*, for example because the case's supervisor died.
    fn unresolved(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Unresolved(_))
    }

    pub(super) fn main() -> ExitCode {
        let mut scenarios: Vec<_> = ALL.iter().map(Hostile::scenario).collect();
        scenarios.push(Scenario::new("sees_its_limits", sees_its_limits));
        let own = Scenario::new("sees_its_own_limit", sees_its_own_limit);
        scenarios.push(own.limit(Limit::OpenFiles, 48));
        scenarios.push(Scenario::new("sees_its_core_limit", sees_its_core_limit));
        let signals: Vec<_> = (1..=31).filter(|number| kills(*number)).collect();
        for number in &signals {
            let name: &'static str = format!("dies_of_signal_{number}").leak();
            let scenario = Scenario::new(name, dies_of_the_signal_in_its_name);
            scenarios.push(scenario.deadline(PATIENCE));
        }
        let mut arguments = env::args_os().skip(1).peekable();
        if arguments.next_if(|first| first == CHILD_FLAG).is_some() {
            // The argument after `CHILD_FLAG` marks the processes of one trial (see the function
            // `mark`).
            arguments.next();
            return child::answer(&scenarios, arguments);
        }
        // nohup and shells start programs with ignored signals, so this runner ignores four signals
        // as well. A child that inherited an ignored signal would survive its scenario
        // `dies_of_signal_N`.
        for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGUSR1] {
            // SAFETY: the function `signal` receives a constant, so it installs no handler
            // function.
            unsafe { libc::signal(signal, libc::SIG_IGN) };
        }
        block_a_few_signals();
        let suite = Suite::load(program("-".into())).expect("this executable lists its scenarios");
        let cases: Arc<[Case]> = suite.cases.into();
        // Most tests spend most of their time waiting for a child, so the run has four threads for
        // each processor core. Each scenario that hangs has three tests, which do nothing but wait
        // for a deadline, so the run has an additional thread for each of these tests.
        let hanging = 3 * ALL.iter().filter(|hostile| hostile.hangs()).count();
        trial::run(trials(&cases, &signals), 4 * trial::cores() + hanging)
    }

    fn trials(cases: &Arc<[Case]>, signals: &[i32]) -> Vec<libtest_mimic::Trial> {
        let mut trials = Vec::new();
        let mut add = |name: &str, test: Box<dyn FnOnce() -> Check + Send>| {
            trials.push(trial(name, || None, test));
        };
        // The tests start in the order of the calls of `add`, so the longest tests come first.
        add("command::killed_at_any_moment", Box::new(|| killed_at_any_moment(&[])));
        if cfg!(target_os = "linux") {
            let repeats: &[_] = &["--zygote", "--repeat", "100"];
            add("zygote::killed_at_any_moment", Box::new(|| killed_at_any_moment(repeats)));
            add("zygote::memory_over_many_repeats", Box::new(memory_over_many_repeats));
        }
        add("command::memory_in_a_flood", Box::new(flood_and_memory));
        let (hanging, others): (Vec<_>, Vec<_>) = ALL.iter().partition(|hostile| hostile.hangs());
        for hostile in hanging.into_iter().chain(others) {
            let own = Arc::clone(cases);
            let name = format!("library::{}", hostile.name);
            add(&name, Box::new(move || by_library(&own, hostile)));
            let name = format!("command::{}", hostile.name);
            add(&name, Box::new(|| by_command(hostile, &[])));
            if cfg!(target_os = "linux") {
                // One zygote forks both repeats of a scenario, unless the first repeat kills the
                // zygote.
                let flags = &["--zygote", "--repeat", "2", "-j1"];
                let name = format!("zygote::{}", hostile.name);
                add(&name, Box::new(|| by_command(hostile, flags)));
            }
        }
        for number in signals.iter().copied() {
            let own = Arc::clone(cases);
            let name = format!("library::dies_of_signal_{number}");
            add(&name, Box::new(move || dies_of(&own, number)));
        }
        let mut add_limits = |name: &str, scenario: &'static str, limits: &'static [_]| {
            let own = Arc::clone(cases);
            let name = format!("library::{name}");
            add(&name, Box::new(move || has_limits(&own, scenario, limits)));
        };
        add_limits("has_limits", "sees_its_limits", &LIMITS);
        add_limits("has_a_limit_of_its_own", "sees_its_own_limit", &LIMITS);
        add_limits("may_be_asked_for_core_files", "sees_its_core_limit", &[(Limit::Core, 1 << 20)]);
        let mut add_listing = |name: &str, text: fn() -> String, is_right: bool| {
            let name = format!("library::{name}");
            add(&name, Box::new(move || listing(&text(), is_right)));
        };
        add_listing("a_listing_of_10_000", || many(10_000), true);
        add_listing("a_name_of_1_mib", || format!("testprog 1\n{}\n", "x".repeat(1 << 20)), false);
        add_listing(
            "a_listing_without_end",
            || format!("testprog 1\n{}", "a\n".repeat(20 << 20)),
            false,
        );
        trials.push(trial(
            "command::opens_the_terminal_that_there_is",
            need_terminal,
            opens_the_terminal_that_there_is,
        ));
        trials
    }

    fn block_a_few_signals() {
        // SAFETY: the type `sigset_t` consists of integers, for which zeros are valid.
        let mut few: libc::sigset_t = unsafe { std::mem::zeroed() };
        for signal in [libc::SIGTERM, libc::SIGUSR2, libc::SIGALRM, libc::SIGABRT] {
            // SAFETY: the function `sigaddset` writes only to a local variable of the right type.
            unsafe { libc::sigaddset(&raw mut few, signal) };
        }
        // SAFETY: the function `pthread_sigmask` reads the initialized `few`, and accepts a null
        // pointer in place of the old mask.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const few, ptr::null_mut()) };
    }

    // The functions below belong to the tests, which run the scenarios.

    fn by_library(cases: &[Case], hostile: &Hostile) -> Check {
        let trial = run(cases, hostile.name);
        if !(hostile.is_right)(&trial.verdict) {
            return wrong(format!("judged {:?}", trial.verdict));
        }
        let kept: usize =
            trial.outcome.iter().map(|o| o.stdout.head.len() + o.stdout.tail.len()).sum();
        if kept > 128 << 10 {
            return wrong(format!("{kept} bytes of output are kept"));
        }
        gone()?;
        memory()
    }

    fn wrong<T>(cause: String) -> Result<T, Stop> {
        Err(Stop::Wrong(cause))
    }

    fn run(cases: &[Case], name: &str) -> Trial {
        let mut settings = Settings::default();
        settings.deadline = DEADLINE;
        run_with(cases, name, &settings)
    }

    fn run_with(cases: &[Case], name: &str, settings: &Settings) -> Trial {
        let suite = Suite::new(program(mark().into()), cases.to_vec());
        let case =
            suite.cases.iter().find(|case| case.name == name).expect("the listing has the case");
        suite.run(case, settings)
    }

    /// Returns a program that runs this executable as a child. The child and its forks have `mark`
    /// on their command line.
    fn program(mark: OsString) -> Program {
        let mut program =
            Program::new(env::current_exe().expect("the path of a running executable is known"));
        program.args = vec![CHILD_FLAG.into(), mark];
        program
    }

    /// Returns a path that only processes of this test have on their command line or as their
    /// `HOME`.
    fn mark() -> PathBuf {
        scratch("child")
    }

    /// Writes a script that starts the child, because `--prog` takes a program without arguments.
    fn script() -> PathBuf {
        let (path, child) =
            (mark(), env::current_exe().expect("the path of a running executable is known"));
        let (path_text, child) = (path.display(), child.display());
        let text = format!("#!/bin/sh\nexec '{child}' {CHILD_FLAG} '{path_text}' \"$@\"\n");
        executable(&path, text.as_bytes());
        path
    }

    fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        let deadline = format!("{}ms", DEADLINE.as_millis());
        command.args(["run", "--deadline", &deadline, "--prog"]).arg(script());
        // Processes that the child starts inherit `HOME`, so `marked` finds such processes even if
        // their command line differs.
        command.env("HOME", mark());
        command
    }

    fn by_command(hostile: &Hostile, arguments: &[&str]) -> Check {
        let mut command = command();
        command.args(arguments).args(["--format", "json", hostile.name]);
        let output = command.output()?;
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
        let case = &report["cases"][0];
        let expected: &[&str] = match hostile.is_right {
            right if right(&Verdict::Leak) => &["leak"],
            right if right(&Verdict::Unresolved(String::new())) => &["unresolved"],
            right if right(&Verdict::Pass { alternative: None, known: None }) => &["pass"],
            _ => &["fail"],
        };
        let verdict = case["verdict"].as_str().unwrap_or_default();
        if !expected.contains(&verdict) {
            return wrong(format!("judged {verdict}: {case}"));
        }
        if output.stdout.iter().any(|byte| byte.is_ascii_control() && *byte != b'\n') {
            return wrong("a control character is in the report".to_owned());
        }
        gone()
    }

    /// Checks that a child cannot open the terminal of its runner. The program `script` creates the
    /// terminal in which the command runs.
    fn opens_the_terminal_that_there_is() -> Check {
        let (command, prog) = (env!("CARGO_BIN_EXE_cargo-testprog"), script());
        let command =
            format!("test -t 1 && {command} --prog {} opens_the_terminal", prog.display());
        let mut terminal = Command::new("script");
        terminal.args(["-qec", &command, "/dev/null"]).stdin(Stdio::null());
        let output = terminal.output()?;
        if output.status.success() {
            return Ok(());
        }
        wrong(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn dies_of(cases: &[Case], number: i32) -> Check {
        match run(cases, &format!("dies_of_signal_{number}")).verdict {
            Verdict::Fail(Failure::Died(signal)) if !matches!(signal, Signal::Number(_)) => Ok(()),
            other => wrong(format!("judged {other:?}")),
        }
    }

    const LIMITS: [(Limit, u64); 3] =
        [(Limit::OpenFiles, 32), (Limit::FileSize, 1 << 20), (Limit::CpuTime, 600)];

    fn has_limits(cases: &[Case], name: &str, limits: &[(Limit, u64)]) -> Check {
        let mut settings = Settings::default();
        settings.limits = limits.to_vec();
        let trial = run_with(cases, name, &settings);
        if passed(&trial.verdict) { Ok(()) } else { wrong(format!("{trial:?}")) }
    }

    fn many(count: u32) -> String {
        (0..count).fold("testprog 1\n".to_owned(), |text, number| format!("{text}case_{number}\n"))
    }

    /// Checks that `Suite::load` accepts the listing `text` of 10,000 cases if `is_right` is true,
    /// and refuses the listing otherwise.
    fn listing(text: &str, is_right: bool) -> Check {
        let (file, script) = (scratch("listing"), scratch("listing.sh"));
        fs::write(&file, text)?;
        executable(&script, format!("#!/bin/sh\nexec cat '{}'\n", file.display()).as_bytes());
        let loaded = Suite::load(Program::new(&script));
        match loaded {
            Ok(suite) if is_right && suite.cases.len() == 10_000 => Ok(()),
            Err(error) if !is_right && error.to_string().len() < 1000 => Ok(()),
            Ok(suite) => wrong(format!("{} cases", suite.cases.len())),
            Err(error) => wrong(error.to_string().chars().take(1000).collect()),
        }
    }

    /// Kills a run of hanging and leaking scenarios at 50 different moments. No process or file of
    /// the run may remain after a kill.
    fn killed_at_any_moment(arguments: &[&str]) -> Check {
        const TIMES: u32 = 50;
        let temporary = scratch("tmp");
        fs::create_dir(&temporary)?;
        // The seed of this xorshift generator may be any number but 0. A fixed seed makes the
        // moments of the kills the same in every run of this test.
        let mut state = 0x9e37_79b9_u32;
        for _ in 0..TIMES {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let mut runner = command()
                .args(["-j", "4", "ignores", "stops", "forks_a", "daemon", "bombs", "answers"])
                .args(arguments)
                .env("TMPDIR", &temporary)
                .stdout(Stdio::null())
                .spawn()?;
            thread::sleep(Duration::from_micros((state % 60_000).into()));
            runner.kill().and_then(|()| runner.wait())?;
            gone()?;
        }
        // The function `remove_dir` fails if a file is left in the directory.
        fs::remove_dir(&temporary).map_err(|error| Stop::Wrong(format!("files are left: {error}")))
    }

    /// Checks that the command's peak memory after 3000 forks is not larger than after 100 forks.
    /// The test runs the command as a child of the library, because the library reports the peak
    /// memory of each child.
    fn memory_over_many_repeats() -> Check {
        const MORE: u64 = 2 << 20;
        let peak = |repeats: &str| -> Result<u64, Stop> {
            let mut program = Program::new(env!("CARGO_BIN_EXE_cargo-testprog"));
            program.args = vec!["run".into(), "--prog".into(), script().into(), "--zygote".into()];
            program.args.extend(["--repeat".into(), repeats.into()]);
            let mut options = Options::default();
            options.deadline = PATIENCE;
            let outcome = spawn::run(&program, "opens_the_terminal", &options)?;
            match outcome.end {
                End::Exited(0) => Ok(outcome.max_rss),
                other => wrong(format!("{other:?}")),
            }
        };
        let (few, many) = (peak("100")?, peak("3000")?);
        if many > few + MORE { wrong(format!("{few} bytes, then {many}")) } else { Ok(()) }
    }

    /// Checks the command's peak memory while a child floods both streams. The test runs the
    /// command as a child of the library, because the library reports the peak memory of each
    /// child.
    fn flood_and_memory() -> Check {
        const MOST: u64 = 32 << 20;
        let mut program = Program::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        program.args = vec!["run".into(), "--prog".into(), script().into()];
        let mut options = Options::default();
        options.deadline = PATIENCE;
        let outcome = spawn::run(&program, "floods_both_streams", &options)?;
        if outcome.end != End::Exited(1) {
            return wrong(format!("{:?}", outcome.end));
        }
        if outcome.max_rss > MOST {
            return wrong(format!("it took {} bytes", outcome.max_rss));
        }
        Ok(())
    }

    /// Waits until no process of this test is left. The kernel takes a moment to remove a killed
    /// process.
    fn gone() -> Check {
        const LONGEST: Duration = Duration::from_secs(60);
        let mark = mark();
        let mark = mark.as_os_str().as_bytes();
        let start = Instant::now();
        loop {
            let left = marked(mark)?;
            if left.is_empty() {
                return Ok(());
            }
            if start.elapsed() > LONGEST {
                return wrong(format!("processes are left: {left:?}"));
            }
            // Without a pause, reading `/proc` would take the processor time that dying processes
            // need to exit.
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Returns the processes that have `mark` on their command line or as their `HOME`.
    fn marked(mark: &[u8]) -> Result<Vec<OsString>, Stop> {
        let entries = fs::read_dir("/proc").ok();
        let this = std::process::id().to_string();
        let mut sees_this = false;
        let mut found = Vec::new();
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name();
            sees_this |= name == *this;
            if !name.as_bytes().iter().all(u8::is_ascii_digit) {
                continue;
            }
            let has_mark = |file: &str| {
                let text = fs::read(entry.path().join(file)).unwrap_or_default();
                text.split(|byte| *byte == 0).any(|word| {
                    word == mark || word.strip_prefix(b"HOME=").is_some_and(|home| home == mark)
                })
            };
            if has_mark("cmdline") || has_mark("environ") {
                found.push(name);
            }
        }
        if sees_this {
            return Ok(found);
        }
        Err(Stop::Missing(Missing::Ability(
            "without /proc, leftover processes cannot be counted".to_owned(),
        )))
    }

    /// Checks the peak memory of this process, which is the runner in the tests of the library.
    fn memory() -> Check {
        const MOST_KIB: u64 = 32 << 10;
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let Some(peak) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) else {
            return Err(Stop::Missing(Missing::Ability(
                "without /proc, the runner's memory cannot be measured".to_owned(),
            )));
        };
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse()?;
        // The bound of eight times `MOST_KIB` is large enough for the long listings that other
        // tests read in this process. A child that floods its output writes four times as many
        // bytes as the bound.
        if peak > 8 * MOST_KIB { wrong(format!("the runner took {peak} KiB")) } else { Ok(()) }
    }

    // The functions below belong to the scenarios, which run in a child process.

    fn forever() -> ! {
        loop {
            // SAFETY: the function `pause` takes no arguments and accesses no memory of this
            // process.
            unsafe { libc::pause() };
        }
    }

    /// Forks, and returns true in the new process.
    fn fork() -> bool {
        // SAFETY: this process has one thread, so the forked process may run any code.
        unsafe { libc::fork() == 0 }
    }

    fn ignores_sigterm() -> Result<(), String> {
        // SAFETY: the function `signal` receives a constant, so it installs no handler function.
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
        forever()
    }

    fn stops_itself() -> Result<(), String> {
        loop {
            // SAFETY: the function `raise` takes only an integer and accesses no memory of this
            // process.
            unsafe { libc::raise(libc::SIGSTOP) };
        }
    }

    fn leaves_its_group() -> Result<(), String> {
        // SAFETY: the function `getppid` takes no arguments and accesses no memory of this process.
        let parent = unsafe { libc::getppid() };
        // SAFETY: the function `getpgid` takes only an integer and accesses no memory of this
        // process.
        let group = unsafe { libc::getpgid(parent) };
        // SAFETY: the function `setpgid` takes only integers and accesses no memory of this
        // process.
        unsafe { libc::setpgid(0, group) };
        // SAFETY: the function `signal` receives a constant, so it installs no handler function.
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
        forever()
    }

    fn opens_the_terminal() -> Result<(), String> {
        match fs::OpenOptions::new().write(true).open("/dev/tty") {
            Err(_) => Ok(()),
            Ok(_) => Err("the child opened the runner's terminal".to_owned()),
        }
    }

    fn closes_a_directory() -> Result<(), String> {
        let close = || {
            fs::create_dir_all("closed/inside")?;
            fs::write("closed/inside/file", "")?;
            fs::set_permissions("closed/inside", fs::Permissions::from_mode(0o000))?;
            fs::set_permissions("closed", fs::Permissions::from_mode(0o000))
        };
        close().map_err(|error: io::Error| error.to_string())
    }

    fn keeps_the_pipes() -> Result<(), String> {
        if fork() {
            forever();
        }
        Ok(())
    }

    fn becomes_a_daemon() -> Result<(), String> {
        if fork() {
            // SAFETY: the function `setsid` takes no arguments and accesses no memory of this
            // process.
            unsafe { libc::setsid() };
            if fork() {
                let _ = env::set_current_dir("/");
                forever();
            }
            exit(0);
        }
        Ok(())
    }

    fn becomes_a_quiet_daemon() -> Result<(), String> {
        let (mut reader, writer) = io_pair()?;
        if fork() {
            // SAFETY: the function `setsid` takes no arguments and accesses no memory of this
            // process.
            unsafe { libc::setsid() };
            if fork() {
                close_standard();
                drop(writer);
                forever();
            }
            exit(0);
        }
        drop(writer);
        // The read call returns when the daemon has closed its copies of the streams and of
        // `writer`.
        reader.read_to_end(&mut Vec::new()).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn io_pair() -> Result<(std::os::unix::net::UnixStream, std::os::unix::net::UnixStream), String>
    {
        std::os::unix::net::UnixStream::pair().map_err(|error| error.to_string())
    }

    fn close_standard() {
        for descriptor in 0..=2 {
            // SAFETY: no other code of this process uses the descriptor.
            unsafe { libc::close(descriptor) };
        }
    }

    fn bombs_with_forks() -> Result<(), String> {
        // Seven rounds of forks create 2^7 processes, most of them in separate process groups.
        for _ in 0..7 {
            if fork() {
                // SAFETY: the function `setpgid` takes only integers and accesses no memory of this
                // process.
                unsafe { libc::setpgid(0, 0) };
            }
        }
        forever()
    }

    fn kills_its_group() -> Result<(), String> {
        // SAFETY: the function `kill` takes only integers and accesses no memory of this process.
        unsafe { libc::kill(0, libc::SIGKILL) };
        forever()
    }

    fn kills_its_parent() -> Result<(), String> {
        // SAFETY: the function `getppid` takes no arguments and accesses no memory of this process.
        let parent = unsafe { libc::getppid() };
        // SAFETY: the function `kill` takes only integers and accesses no memory of this process.
        unsafe { libc::kill(parent, libc::SIGKILL) };
        forever()
    }

    fn closes_its_streams() -> Result<(), String> {
        close_standard();
        exit(0)
    }

    fn floods_both_streams() -> Result<(), String> {
        const EACH: u64 = 512 << 20;
        let flood = |mut to: Box<dyn io::Write>| {
            let piece = vec![b'x'; 1 << 20];
            for _ in 0..EACH / (1 << 20) {
                let _ = to.write_all(&piece);
            }
        };
        let other = thread::spawn(move || flood(Box::new(io::stderr())));
        flood(Box::new(raw_stdout()));
        other.join().map_err(|_| "the thread that floods standard error panicked".to_owned())?;
        Ok(())
    }

    /// Returns standard output without Rust's line buffer.
    fn raw_stdout() -> fs::File {
        use std::os::fd::FromRawFd as _;
        // SAFETY: the function `dup` takes only an integer and accesses no memory of this process.
        let copy = unsafe { libc::dup(1) };
        // SAFETY: the function `dup` has created the descriptor, so no other value owns the
        // descriptor.
        unsafe { fs::File::from_raw_fd(copy) }
    }

    fn prints_one_endless_line() -> Result<(), String> {
        let mut to = raw_stdout();
        let piece = vec![b'y'; 1 << 20];
        for _ in 0..1 << 10 {
            let _ = to.write_all(&piece);
        }
        Ok(())
    }

    fn prints_escapes() -> Result<(), String> {
        let text = b"\0\xff\xfe\x1b[31mred\x1b]0;title\x07]]><script>alert(1)</script>\x9b2J\n";
        let _ = raw_stdout().write_all(text);
        let _ = io::stderr().write_all(text);
        Ok(())
    }

    fn forges_other_protocols() -> Result<(), String> {
        print!("test forged ... ok\nok 1 - forged\n<testcase name=\"forged\"/>\n::error::forged\n");
        Ok(())
    }

    fn removes_its_directory() -> Result<(), String> {
        let here = env::current_dir().map_err(|error| error.to_string())?;
        fs::remove_dir_all(here).map_err(|error| error.to_string())
    }

    fn fills_its_file_size_limit() -> Result<(), String> {
        let limit = libc::rlimit { rlim_cur: 1 << 20, rlim_max: 1 << 20 };
        // SAFETY: the function `setrlimit` reads only a local variable of the right type.
        unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
        fs::write("big", vec![0; 2 << 20]).map_err(|error| error.to_string())
    }

    fn exhausts_descriptors() -> Result<(), String> {
        let mut files = Vec::new();
        while let Ok(file) = fs::File::open("/dev/null") {
            files.push(file);
        }
        // Without `forget`, the files would be closed before the child prints its answer.
        std::mem::forget(files);
        Ok(())
    }

    fn exhausts_threads() -> Result<(), String> {
        const MANY: u32 = 2000;
        for _ in 0..MANY {
            if thread::Builder::new().stack_size(64 << 10).spawn(|| forever()).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn exits_with_full_pipes() -> Result<(), String> {
        let out = raw_stdout();
        // SAFETY: the function `fcntl` takes only integers and accesses no memory of this process.
        unsafe {
            libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(&out), libc::F_SETFL, libc::O_NONBLOCK)
        };
        let mut out = out;
        while out.write(&[b'z'; 4096]).is_ok() {}
        exit(0)
    }

    /// Answers after SIGTERM, which the runner sends at the deadline.
    fn answers_after_its_deadline() -> Result<(), String> {
        // SAFETY: the type `sigset_t` consists of integers, for which zeros are valid.
        let mut term: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: the function `sigaddset` writes only to a local variable of the right type.
        unsafe { libc::sigaddset(&raw mut term, libc::SIGTERM) };
        // SAFETY: the function `sigprocmask` reads the initialized `term`, and accepts a null
        // pointer in place of the old mask.
        unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const term, ptr::null_mut()) };
        let mut number = 0;
        // SAFETY: the function `sigwait` reads the initialized `term`, and writes to a local
        // variable of the right type.
        match unsafe { libc::sigwait(&raw const term, &raw mut number) } {
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(error).to_string()),
        }
    }

    fn sees_a_clean_signal_state() -> Result<(), String> {
        // SAFETY: the type `sigset_t` consists of integers, for which zeros are valid.
        let mut mask: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: the function `sigprocmask` receives a null pointer as new mask, and writes the
        // old mask to a local variable.
        unsafe { libc::sigprocmask(libc::SIG_SETMASK, ptr::null(), &raw mut mask) };
        for number in 1..=31 {
            // SAFETY: the function `sigismember` reads the mask that `sigprocmask` has filled.
            if unsafe { libc::sigismember(&raw const mask, number) } == 1 {
                return Err(format!("signal {number} is blocked"));
            }
        }
        Ok(())
    }

    fn inherits_only_three_descriptors() -> Result<(), String> {
        let open = (3..64).find(|descriptor| {
            // SAFETY: the function `fcntl` takes only integers and accesses no memory of this
            // process.
            unsafe { libc::fcntl(*descriptor, libc::F_GETFD) != -1 }
        });
        open.map_or(Ok(()), |descriptor| Err(format!("descriptor {descriptor} is open")))
    }

    /// Type of the first argument of `getrlimit`, which differs between C libraries.
    #[cfg(target_env = "gnu")]
    type Resource = libc::__rlimit_resource_t;
    #[cfg(not(target_env = "gnu"))]
    type Resource = libc::c_int;

    fn limit(resource: Resource) -> libc::rlim_t {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the function `getrlimit` writes only to a local variable of the right type.
        unsafe { libc::getrlimit(resource, &raw mut limit) };
        limit.rlim_cur
    }

    fn sees_its_limits() -> Result<(), String> {
        let seen = [
            limit(libc::RLIMIT_NOFILE),
            limit(libc::RLIMIT_FSIZE),
            limit(libc::RLIMIT_CPU),
            limit(libc::RLIMIT_CORE),
        ];
        // If Linux pipes core files to a program, a limit of 1 turns core files off (core(5)).
        if matches!(seen, [32, 0x10_0000, 600, 0 | 1]) { Ok(()) } else { Err(format!("{seen:?}")) }
    }

    fn sees_its_own_limit() -> Result<(), String> {
        let seen = [limit(libc::RLIMIT_NOFILE), limit(libc::RLIMIT_FSIZE)];
        if seen == [48, 1 << 20] { Ok(()) } else { Err(format!("{seen:?}")) }
    }

    fn sees_its_core_limit() -> Result<(), String> {
        let seen = limit(libc::RLIMIT_CORE);
        if seen == 1 << 20 { Ok(()) } else { Err(seen.to_string()) }
    }

    /// Returns true if the default action of the signal kills a process.
    fn kills(number: i32) -> bool {
        ![
            libc::SIGCHLD,
            libc::SIGCONT,
            libc::SIGSTOP,
            libc::SIGTSTP,
            libc::SIGTTIN,
            libc::SIGTTOU,
            libc::SIGURG,
            libc::SIGWINCH,
        ]
        .contains(&number)
            && (cfg!(target_os = "linux") || !matches!(number, 16 | 29 | 30 | 31 | 7 | 12))
    }

    fn dies_of_the_signal_in_its_name() -> Result<(), String> {
        let name = env::args().next_back().unwrap_or_default();
        let number = name.rsplit('_').next().and_then(|word| word.parse().ok()).ok_or(name)?;
        if matches!(number, libc::SIGPIPE | libc::SIGSEGV | libc::SIGBUS) {
            // Rust's standard library ignores SIGPIPE and handles SIGSEGV and SIGBUS, so this
            // function restores the default action of the signal. SAFETY: the function `signal`
            // receives a constant, so it installs no handler function.
            unsafe { libc::signal(number, libc::SIG_DFL) };
        }
        // SAFETY: the function `raise` takes only an integer and accesses no memory of this
        // process.
        unsafe { libc::raise(number) };
        Ok(())
    }
}
