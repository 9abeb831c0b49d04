//! Children that do their worst: none escapes, none forges a verdict, none exhausts the runner, and nothing is left behind.
//!
//! One executable is runner and child. Each scenario is run through the library and through the command.
#![cfg_attr(unix, expect(unsafe_code, reason = "does what no well-behaved program does"))]
#![cfg_attr(unix, expect(clippy::unnecessary_wraps, reason = "every scenario has the same type"))]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    unix::main()
}

#[cfg(unix)]
mod unix {
    use std::io::{Read as _, Write as _};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, ExitCode, Stdio, exit};
    use std::sync::Arc;
    use std::time::{Duration, Instant};
    use std::{env, fs, io, ptr, thread};

    use libtest_mimic::{Arguments, Completion, Failed};
    use testprog_harness::spawn::{self, End, Limit, Options};
    use testprog_harness::suite::{Settings, Trial};
    use testprog_harness::verdict::Failure;
    use testprog_harness::{CHILD_FLAG, Program, Scenario, Signal, Suite, Verdict, child};

    const DEADLINE: Duration = Duration::from_millis(1500);
    /// For those that end, however slow the machine is.
    const PATIENCE: Duration = Duration::from_secs(120);

    /// A child, and how the runner must judge it.
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
            let hangs = (self.is_right)(&Verdict::Fail(Failure::TimedOut(DEADLINE)));
            if hangs { scenario } else { scenario.deadline(PATIENCE) }
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

    /// Only on Linux the child has a parent of its own to kill; elsewhere that is the runner, and the case does not exist.
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
            scenarios.push(Scenario::new(name, dies_of_the_signal_in_its_name));
        }
        let mut arguments = env::args_os().skip(1).peekable();
        if arguments.next_if(|first| first == CHILD_FLAG).is_some() {
            return child::answer(&scenarios, arguments);
        }
        // A runner may have been started by nohup, by a shell in the background, by anything.
        for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGUSR1] {
            // SAFETY: no handler is given.
            unsafe { libc::signal(signal, libc::SIG_IGN) };
        }
        block_a_few_signals();
        let arguments = Arguments::from_args();
        let mut program = Program::new(env::current_exe().expect("it is running"));
        program.args = vec![CHILD_FLAG.into()];
        let suite = Arc::new(Suite::load(program).expect("it lists its scenarios"));
        let mut trials = Vec::new();
        for hostile in ALL {
            let own = Arc::clone(&suite);
            trials.push(trial(format!("library::{}", hostile.name), move || {
                by_library(&own, hostile)
            }));
            trials.push(trial(format!("command::{}", hostile.name), move || {
                by_command(hostile, &[], "by_command")
            }));
            if cfg!(target_os = "linux") {
                let name = format!("zygote::{}", hostile.name);
                trials.push(trial(name, move || by_zygote(hostile)));
            }
        }
        for number in signals {
            let own = Arc::clone(&suite);
            let name = format!("library::dies_of_signal_{number}");
            trials.push(trial(name, move || dies_of(&own, number)));
        }
        let own = Arc::clone(&suite);
        trials.push(trial("library::has_limits".into(), move || {
            has_limits(&own, "sees_its_limits", &LIMITS)
        }));
        let own = Arc::clone(&suite);
        trials.push(trial("library::has_a_limit_of_its_own".into(), move || {
            has_limits(&own, "sees_its_own_limit", &LIMITS)
        }));
        let own = Arc::clone(&suite);
        trials.push(trial("library::may_be_asked_for_core_files".into(), move || {
            has_limits(&own, "sees_its_core_limit", &[(Limit::Core, 1 << 20)])
        }));
        trials.push(trial("library::a_listing_of_10_000".into(), || listing(&many(10_000), true)));
        trials.push(trial("library::a_name_of_1_mib".into(), || {
            listing(&format!("testprog 1\n{}\n", "x".repeat(1 << 20)), false)
        }));
        trials.push(trial("library::a_listing_without_end".into(), || {
            listing(&format!("testprog 1\n{}", "a\n".repeat(20 << 20)), false)
        }));
        trials.push(trial("command::killed_at_any_moment".into(), || killed_at_any_moment(&[])));
        trials.push(libtest_mimic::Trial::ignorable_test(
            "command::opens_the_terminal_that_there_is",
            opens_the_terminal_that_there_is,
        ));
        if cfg!(target_os = "linux") {
            let repeats: &[_] = &["--zygote", "--repeat", "100"];
            trials.push(trial("zygote::killed_at_any_moment".into(), || {
                killed_at_any_moment(repeats)
            }));
            trials.push(trial("zygote::memory_over_many_repeats".into(), memory_over_many_repeats));
        }
        trials.push(trial("command::memory_in_a_flood".into(), flood_and_memory));
        libtest_mimic::run(&arguments, trials).exit_code()
    }

    fn block_a_few_signals() {
        // SAFETY: `sigset_t` is integers, for which zeros are a valid value.
        let mut few: libc::sigset_t = unsafe { std::mem::zeroed() };
        for signal in [libc::SIGTERM, libc::SIGUSR2, libc::SIGALRM, libc::SIGABRT] {
            // SAFETY: the set is writable.
            unsafe { libc::sigaddset(&raw mut few, signal) };
        }
        // SAFETY: the set was filled, and the old one is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const few, ptr::null_mut()) };
    }

    fn trial(
        name: String,
        run: impl FnOnce() -> Result<(), String> + Send + 'static,
    ) -> libtest_mimic::Trial {
        libtest_mimic::Trial::test(name, move || run().map_err(Failed::from))
    }

    // The runner's side.

    fn by_library(suite: &Suite, hostile: &Hostile) -> Result<(), String> {
        let trial = run(suite, hostile.name);
        if !(hostile.is_right)(&trial.verdict) {
            return Err(format!("judged {:?}", trial.verdict));
        }
        let kept: usize =
            trial.outcome.iter().map(|o| o.stdout.head.len() + o.stdout.tail.len()).sum();
        if kept > 128 << 10 {
            return Err(format!("{kept} bytes of output are kept"));
        }
        memory()?;
        gone(hostile.name)
    }

    fn run(suite: &Suite, name: &str) -> Trial {
        let mut settings = Settings::default();
        settings.deadline = DEADLINE;
        let case = suite.cases.iter().find(|case| case.name == name).expect("it is listed");
        suite.run(case, &settings)
    }

    /// The command gets the child as a program without arguments of its own, by a script.
    fn script() -> PathBuf {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{}", std::process::id()));
        if !path.exists() {
            let child = env::current_exe().expect("it is running");
            let text = format!("#!/bin/sh\nexec '{}' {CHILD_FLAG} \"$@\"\n", child.display());
            let new = path.with_extension(format!("{:?}", thread::current().id()));
            fs::write(&new, text).expect("the folder for tests can be written");
            fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).expect("it is ours");
            fs::rename(new, &path).expect("both are in one folder");
        }
        path
    }

    fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        let deadline = format!("{}ms", DEADLINE.as_millis());
        command.args(["run", "--deadline", &deadline, "--prog"]).arg(script());
        command
    }

    /// Each is forked twice from one zygote, unless the first did away with it.
    fn by_zygote(hostile: &Hostile) -> Result<(), String> {
        by_command(hostile, &["--zygote", "--repeat", "2", "-j1"], "by_zygote")?;
        gone_with(&home(hostile, "by_zygote"))
    }

    /// A variable that marks whatever comes of a run, however it names itself.
    fn home(hostile: &Hostile, mark: &str) -> String {
        format!("HOME=/{mark}/{}", hostile.name)
    }

    fn by_command(hostile: &Hostile, arguments: &[&str], mark: &str) -> Result<(), String> {
        let mut command = command();
        command.args(arguments).args(["--format", "json", hostile.name]);
        let home = home(hostile, mark);
        command.env("HOME", home.trim_start_matches("HOME="));
        let output = command.output().map_err(|error| error.to_string())?;
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
            return Err(format!("judged {verdict}: {case}"));
        }
        if output.stdout.iter().any(|byte| byte.is_ascii_control() && *byte != b'\n') {
            return Err("a control character is in the report".to_owned());
        }
        gone(hostile.name)
    }

    /// In a terminal, which util-linux's `script` makes. Other systems' takes other arguments.
    fn opens_the_terminal_that_there_is() -> Result<Completion, Failed> {
        let make = Path::new("/usr/bin/script");
        if !cfg!(target_os = "linux") || !make.exists() {
            return Ok(Completion::ignored_with("apt-get install bsdutils"));
        }
        let (command, prog) = (env!("CARGO_BIN_EXE_cargo-testprog"), script());
        let command =
            format!("test -t 1 && {command} --prog {} opens_the_terminal", prog.display());
        let mut terminal = Command::new(make);
        terminal.args(["-qec", &command, "/dev/null"]).stdin(Stdio::null());
        let output = terminal.output().map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(Completion::Completed);
        }
        Err(Failed::from(String::from_utf8_lossy(&output.stdout)))
    }

    fn dies_of(suite: &Suite, number: i32) -> Result<(), String> {
        let name = format!("dies_of_signal_{number}");
        match run(suite, &name).verdict {
            Verdict::Fail(Failure::Died(signal)) if !matches!(signal, Signal::Number(_)) => Ok(()),
            other => Err(format!("judged {other:?}")),
        }
    }

    const LIMITS: [(Limit, u64); 3] =
        [(Limit::OpenFiles, 32), (Limit::FileSize, 1 << 20), (Limit::CpuTime, 600)];

    fn has_limits(suite: &Suite, name: &str, limits: &[(Limit, u64)]) -> Result<(), String> {
        let mut settings = Settings::default();
        settings.limits = limits.to_vec();
        let case = suite.cases.iter().find(|case| case.name == name);
        let trial = suite.run(case.expect("it is listed"), &settings);
        if passed(&trial.verdict) { Ok(()) } else { Err(format!("{trial:?}")) }
    }

    fn many(count: u32) -> String {
        (0..count).fold("testprog 1\n".to_owned(), |text, number| format!("{text}case_{number}\n"))
    }

    /// Has a script print a listing from a file.
    fn listing(text: &str, is_right: bool) -> Result<(), String> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let stem = format!("listing-{}-{}", std::process::id(), text.len());
        let (file, script) = (folder.join(&stem), folder.join(format!("{stem}.sh")));
        let body = format!("#!/bin/sh\nexec cat '{}'\n", file.display());
        let written = fs::write(&file, text)
            .and_then(|()| fs::write(&script, body))
            .and_then(|()| fs::set_permissions(&script, fs::Permissions::from_mode(0o755)));
        written.map_err(|error| error.to_string())?;
        let loaded = Suite::load(Program::new(&script));
        let _ = fs::remove_file(file);
        let _ = fs::remove_file(script);
        match loaded {
            Ok(suite) if is_right && suite.cases.len() == 10_000 => Ok(()),
            Err(error) if !is_right && error.to_string().len() < 1000 => Ok(()),
            Ok(suite) => Err(format!("{} cases", suite.cases.len())),
            Err(error) => Err(error.to_string().chars().take(1000).collect()),
        }
    }

    /// A run of all that hang or leave something behind, killed at some moment: nothing may survive it.
    fn killed_at_any_moment(arguments: &[&str]) -> Result<(), String> {
        const TIMES: u32 = 50;
        let mark = format!("killed_at_any_moment{}", arguments.join(""));
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&mark);
        // What an earlier run may have left.
        let _ = fs::remove_dir_all(&scratch);
        fs::create_dir_all(&scratch).map_err(|error| error.to_string())?;
        let mut state = 0x9e37_79b9_u32; // any number but 0: the moments differ, and are the same in every run
        for _ in 0..TIMES {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let mut runner = command()
                .args(["-j", "4", "ignores", "stops", "forks_a", "daemon", "bombs", "answers"])
                .args(arguments)
                .env("HOME", &mark)
                .env("TMPDIR", &scratch)
                .stdout(Stdio::null())
                .spawn()
                .map_err(|error| error.to_string())?;
            thread::sleep(Duration::from_micros((state % 60_000).into()));
            runner.kill().and_then(|()| runner.wait()).map_err(|error| error.to_string())?;
            gone_with(&format!("HOME={mark}"))?;
        }
        // Empty, or this fails.
        fs::remove_dir(&scratch).map_err(|error| format!("files are left: {error}"))
    }

    /// As many again must not need more. The command in turn is run as a child, whose memory the system accounts for.
    fn memory_over_many_repeats() -> Result<(), String> {
        const MORE: u64 = 2 << 20;
        let peak = |repeats: &str| {
            let mut program = Program::new(env!("CARGO_BIN_EXE_cargo-testprog"));
            program.args = vec!["run".into(), "--prog".into(), script().into(), "--zygote".into()];
            program.args.extend(["--repeat".into(), repeats.into()]);
            let mut options = Options::default();
            options.deadline = PATIENCE;
            let run = spawn::run(&program, "opens_the_terminal", &options);
            let outcome = run.map_err(|error| error.to_string())?;
            match outcome.end {
                End::Exited(0) => Ok(outcome.max_rss),
                other => Err(format!("{other:?}")),
            }
        };
        let (few, many) = (peak("100")?, peak("3000")?);
        if many > few + MORE { Err(format!("{few} bytes, then {many}")) } else { Ok(()) }
    }

    /// The command in turn is run as a child, whose memory the system accounts for.
    fn flood_and_memory() -> Result<(), String> {
        const MOST: u64 = 32 << 20;
        let mut program = Program::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        program.args = vec!["run".into(), "--prog".into(), script().into()];
        let mut options = Options::default();
        options.deadline = PATIENCE;
        let run = spawn::run(&program, "floods_both_streams", &options);
        let outcome = run.map_err(|error| error.to_string())?;
        if outcome.end != End::Exited(1) {
            return Err(format!("{:?}", outcome.end));
        }
        if outcome.max_rss > MOST {
            Err(format!("it took {} bytes", outcome.max_rss))
        } else {
            Ok(())
        }
    }

    /// Waits until no process of this scenario is left: killed ones need a moment to be gone.
    fn gone(name: &str) -> Result<(), String> {
        processes(|directory| {
            let line = fs::read(directory.join("cmdline")).unwrap_or_default();
            let words: Vec<_> = line.split(|byte| *byte == 0).collect();
            words.contains(&name.as_bytes()) && words.contains(&CHILD_FLAG.as_bytes())
        })
    }

    fn gone_with(variable: &str) -> Result<(), String> {
        processes(|directory| {
            let text = fs::read(directory.join("environ")).unwrap_or_default();
            text.split(|byte| *byte == 0).any(|each| each == variable.as_bytes())
        })
    }

    fn processes(is_one: impl Fn(&Path) -> bool) -> Result<(), String> {
        const LONGEST: Duration = Duration::from_secs(10);
        let start = Instant::now();
        loop {
            let Ok(entries) = fs::read_dir("/proc") else { return Ok(()) };
            let is_process = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
            let left: Vec<_> = entries
                .flatten()
                .filter(|entry| entry.file_name().to_str().is_some_and(is_process))
                .filter(|entry| is_one(&entry.path()))
                .map(|entry| entry.file_name())
                .collect();
            if left.is_empty() {
                return Ok(());
            }
            if start.elapsed() > LONGEST {
                return Err(format!("processes are left: {left:?}"));
            }
            thread::yield_now();
        }
    }

    /// This process is the runner, whatever was printed.
    fn memory() -> Result<(), String> {
        const MOST_KIB: u64 = 32 << 10;
        let Ok(status) = fs::read_to_string("/proc/self/status") else { return Ok(()) };
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
        let peak: u64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| line.to_owned())?;
        // The listings of other trials are in this process too, so the bound is generous: a flood is a hundred times that.
        if peak > 8 * MOST_KIB { Err(format!("the runner took {peak} KiB")) } else { Ok(()) }
    }

    // The child's side.

    fn forever() -> ! {
        loop {
            // SAFETY: it takes nothing.
            unsafe { libc::pause() };
        }
    }

    /// Forks; returns whether this is the new process.
    fn fork() -> bool {
        // SAFETY: this process has one thread.
        unsafe { libc::fork() == 0 }
    }

    fn ignores_sigterm() -> Result<(), String> {
        // SAFETY: no handler is given.
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
        forever()
    }

    fn stops_itself() -> Result<(), String> {
        loop {
            // SAFETY: it takes an integer.
            unsafe { libc::raise(libc::SIGSTOP) };
        }
    }

    fn leaves_its_group() -> Result<(), String> {
        // SAFETY: it takes nothing.
        let parent = unsafe { libc::getppid() };
        // SAFETY: it takes an integer.
        let group = unsafe { libc::getpgid(parent) };
        // SAFETY: it takes integers.
        unsafe { libc::setpgid(0, group) };
        // SAFETY: no handler is given.
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
        forever()
    }

    fn opens_the_terminal() -> Result<(), String> {
        match fs::OpenOptions::new().write(true).open("/dev/tty") {
            Err(_) => Ok(()),
            Ok(_) => Err("it could print into the report".to_owned()),
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
            // SAFETY: it takes nothing.
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
            // SAFETY: it takes nothing.
            unsafe { libc::setsid() };
            if fork() {
                close_standard();
                drop(writer);
                forever();
            }
            exit(0);
        }
        drop(writer);
        // Until the daemon has let go of the streams.
        reader.read_to_end(&mut Vec::new()).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn io_pair() -> Result<(std::os::unix::net::UnixStream, std::os::unix::net::UnixStream), String>
    {
        std::os::unix::net::UnixStream::pair().map_err(|error| error.to_string())
    }

    fn close_standard() {
        for descriptor in 0..=2 {
            // SAFETY: nothing of this process uses them any more.
            unsafe { libc::close(descriptor) };
        }
    }

    fn bombs_with_forks() -> Result<(), String> {
        // 2^7 processes, in groups of their own.
        for _ in 0..7 {
            if fork() {
                // SAFETY: it takes integers.
                unsafe { libc::setpgid(0, 0) };
            }
        }
        forever()
    }

    fn kills_its_group() -> Result<(), String> {
        // SAFETY: it takes integers.
        unsafe { libc::kill(0, libc::SIGKILL) };
        forever()
    }

    fn kills_its_parent() -> Result<(), String> {
        // SAFETY: it takes nothing.
        let parent = unsafe { libc::getppid() };
        // SAFETY: it takes integers.
        unsafe { libc::kill(parent, libc::SIGKILL) };
        forever()
    }

    fn closes_its_streams() -> Result<(), String> {
        close_standard();
        exit(0)
    }

    fn floods_both_streams() -> Result<(), String> {
        const EACH: u64 = 4 << 30;
        let flood = |mut to: Box<dyn io::Write>| {
            let piece = vec![b'x'; 1 << 20];
            for _ in 0..EACH / (1 << 20) {
                let _ = to.write_all(&piece);
            }
        };
        let other = thread::spawn(move || flood(Box::new(io::stderr())));
        flood(Box::new(raw_stdout()));
        other.join().map_err(|_| "the other flood broke".to_owned())?;
        Ok(())
    }

    /// Standard output without the buffer that ends at a line feed.
    fn raw_stdout() -> fs::File {
        use std::os::fd::FromRawFd as _;
        // SAFETY: it takes an integer.
        let copy = unsafe { libc::dup(1) };
        // SAFETY: the descriptor was just made, and nothing else owns it.
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
        // SAFETY: it is a valid limit.
        unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
        fs::write("big", vec![0; 2 << 20]).map_err(|error| error.to_string())
    }

    fn exhausts_descriptors() -> Result<(), String> {
        let mut files = Vec::new();
        while let Ok(file) = fs::File::open("/dev/null") {
            files.push(file);
        }
        // Still open when the answer is given.
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
        // SAFETY: it takes integers, and the descriptor is open.
        unsafe {
            libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(&out), libc::F_SETFL, libc::O_NONBLOCK)
        };
        let mut out = out;
        while out.write(&[b'z'; 4096]).is_ok() {}
        exit(0)
    }

    fn answers_after_its_deadline() -> Result<(), String> {
        // SAFETY: no handler is given.
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
        thread::sleep(DEADLINE + Duration::from_millis(200));
        Ok(())
    }

    fn sees_a_clean_signal_state() -> Result<(), String> {
        // SAFETY: `sigset_t` is integers, for which zeros are a valid value.
        let mut mask: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: the mask is writable, and none is set.
        unsafe { libc::sigprocmask(libc::SIG_SETMASK, ptr::null(), &raw mut mask) };
        for number in 1..=31 {
            // SAFETY: the mask was filled.
            if unsafe { libc::sigismember(&raw const mask, number) } == 1 {
                return Err(format!("signal {number} is blocked"));
            }
        }
        Ok(())
    }

    fn inherits_only_three_descriptors() -> Result<(), String> {
        let open = (3..64).find(|descriptor| {
            // SAFETY: it takes integers.
            unsafe { libc::fcntl(*descriptor, libc::F_GETFD) != -1 }
        });
        open.map_or(Ok(()), |descriptor| Err(format!("descriptor {descriptor} is open")))
    }

    /// The type of a resource is not the same in every C library.
    #[cfg(target_env = "gnu")]
    type Resource = libc::__rlimit_resource_t;
    #[cfg(not(target_env = "gnu"))]
    type Resource = libc::c_int;

    fn limit(resource: Resource) -> libc::rlim_t {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: it is writable.
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
        // As `tests/command/crash.rs` has it, a limit of 1 may turn core files off.
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

    /// Whether the default action of this signal ends a process.
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
            // What Rust's standard library does with these three is not for this scenario.
            // SAFETY: no handler is given.
            unsafe { libc::signal(number, libc::SIG_DFL) };
        }
        // SAFETY: it takes an integer.
        unsafe { libc::raise(number) };
        Ok(())
    }
}
