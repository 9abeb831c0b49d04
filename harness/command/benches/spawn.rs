//! Measures what running a case costs, compared with the bare system calls.
//!
//! `cargo bench -p cargo-testprog --bench spawn` runs 1,000 trivial cases in several ways, with as
//! many cases at once as the computer has processors. The benchmark prints the wall time and
//! processor time of each way as ratios to the floor, which is `posix_spawn`, two pipes, `poll` and
//! `wait4`.
//!
//! The ways of running a case take turns, so that a change in the computer's speed affects all
//! ways. Only the ratios are meaningful, not the measured times. Two of the ways use other tools:
//! the crate rusty-fork, and cargo-nextest if cargo-nextest is installed.
#![cfg_attr(unix, expect(unsafe_code, reason = "the floor of the benchmark makes system calls"))]

#[cfg(unix)]
mod reuse;

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    unix::main()
}

#[cfg(unix)]
mod unix {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, ExitCode, Stdio};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};
    use std::{env, fs, mem, ptr, thread};

    use crate::reuse;
    use testprog_harness::suite::Settings;
    use testprog_harness::{Program, Scenario, Suite, Verdict, child, protocol, trials};

    const CASES: u32 = 1000;
    const ROUNDS: usize = 7;
    /// File name under which this executable acts as the child. Every way of running cases starts
    /// the same program by the name `bench-child`.
    const CHILD: &str = "bench-child";
    /// Environment variable with the number of the way of running cases that a process of this
    /// benchmark measures.
    ///
    /// Each way runs in its own process, so that getrusage(2) counts all processor time of the way.
    /// The process gets the number in a variable and not as an argument, because rusty-fork refuses
    /// arguments that libtest does not know.
    const WAY: &str = "TESTPROG_BENCH_WAY";
    /// Environment variable that rusty-fork sets in its children.
    const RUSTY: &str = "RUSTY_FORK_OCCURS";

    type Way = (&'static str, fn(&Path));

    const WAYS: &[Way] = &[
        ("floor: posix_spawn, pipes, poll, wait4", floor),
        ("std::process::Command", by_std),
        ("the library", by_library),
        ("the library under libtest-mimic", by_mimic),
        ("cargo testprog", by_command),
        #[cfg(any(target_os = "linux", target_os = "android"))]
        ("the library with a zygote", by_zygote),
        #[cfg(any(target_os = "linux", target_os = "android"))]
        ("cargo testprog --zygote", by_command_with_zygote),
        ("rusty-fork", by_rusty_fork),
        (NEXTEST, by_nextest),
    ];

    const NEXTEST: &str = "cargo nextest run";

    pub(super) fn main() -> ExitCode {
        let own = PathBuf::from(env::args_os().next().unwrap_or_default());
        if own.file_stem().is_some_and(|stem| stem == CHILD) {
            return answer();
        }
        let child = own.with_file_name(CHILD);
        if env::var_os(RUSTY).is_some() {
            rusty_fork("a child");
        }
        if let Ok(number) = env::var(WAY) {
            let number: usize =
                number.parse().expect("the benchmark sets this variable to a number");
            (WAYS[number].1)(&child);
            return ExitCode::SUCCESS;
        }
        let _ = fs::remove_file(&child);
        fs::hard_link(&own, &child).expect("the link and the executable are in the same folder");
        let (ways, missing) = ways(&child);
        measure(&own, &ways);
        println!("{missing}");
        let _ = fs::remove_file(&child);
        // Without cargo-nextest the folder does not exist, so the error is ignored.
        let _ = fs::remove_dir_all(metadata(&child));
        ExitCode::SUCCESS
    }

    /// Acts as the child program, with as little work as the protocol allows.
    fn answer() -> ExitCode {
        let argument = env::args().nth(1).unwrap_or_default();
        if env::args().any(|word| word == "--format") {
            // cargo-nextest requests two lists from a test program: all tests, and the ignored
            // tests.
            if env::args().all(|word| word != "--ignored") {
                (0..CASES).for_each(|number| println!("case_{number}: test"));
            }
            return ExitCode::SUCCESS;
        }
        if argument != protocol::LIST_FLAG && argument != protocol::ZYGOTE_FLAG {
            println!("OK");
            return ExitCode::SUCCESS;
        }
        let name = |number| -> &'static str { format!("case_{number}").leak() };
        let all: Vec<_> = (0..CASES).map(|number| Scenario::new(name(number), || {})).collect();
        // The scenarios are leaked, so that a zygote's fork spends no time on dropping the
        // scenarios. The child of the floor (the bare system calls) has no scenarios to drop.
        child::main(all.leak())
    }

    /// Returns the numbers of the ways that can run on this computer, and a message if
    /// cargo-nextest is missing.
    fn ways(child: &Path) -> (Vec<usize>, &'static str) {
        let version = Command::new("cargo-nextest").args(["nextest", "--version"]).output();
        let is_there = version.is_ok_and(|output| output.status.success());
        if is_there {
            reuse::write(&metadata(child), child);
        }
        let all = (0..WAYS.len()).filter(|index| is_there || WAYS[*index].0 != NEXTEST).collect();
        let missing = if is_there {
            ""
        } else {
            "SKIPPED: cargo-nextest is not installed: cargo install --locked cargo-nextest"
        };
        (all, missing)
    }

    fn measure(own: &Path, ways: &[usize]) {
        adopt_orphans();
        let mut wall = vec![Vec::new(); WAYS.len()];
        let mut processor = vec![Vec::new(); WAYS.len()];
        for _ in 0..ROUNDS {
            for index in ways.iter().copied() {
                let (start, before) = (Instant::now(), processor_time());
                let mut command = Command::new(own);
                // Cargo sets LD_LIBRARY_PATH, which would make the dynamic loader of a child search
                // more folders. The child of the floor (the bare system calls) has no environment,
                // so the loaders of the other children must not search the folders of
                // LD_LIBRARY_PATH.
                command.env_remove("LD_LIBRARY_PATH");
                quiet(command.env(WAY, index.to_string()));
                wall[index].push(start.elapsed());
                wait_for_all();
                processor[index].push(processor_time().saturating_sub(before));
            }
        }
        println!(
            "{CASES} cases, {ROUNDS} rounds, {} at once; medians of the ratios in each round",
            jobs()
        );
        println!("{:<42} {:>6} {:>10}", "", "wall", "processor");
        for index in ways.iter().copied() {
            let name = WAYS[index].0;
            let wall = ratio(&wall[index], &wall[0]);
            let processor = ratio(&processor[index], &processor[0]);
            println!("{name:<42} {wall:>6.2} {processor:>10.2}");
        }
        let floor = *wall[0].iter().min().expect("the benchmark has at least one round") / CASES;
        println!("the floor takes {floor:.0?} of wall time per case");
    }

    fn by_library(child: &Path) {
        by_suite(child, &Settings::default());
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn by_zygote(child: &Path) {
        let mut settings = Settings::default();
        settings.zygote = true;
        by_suite(child, &settings);
    }

    fn by_suite(child: &Path, settings: &Settings) {
        let suite = Suite::load(Program::new(child)).expect("the child lists its cases");
        each(|number| {
            let trial = suite.run(&suite.cases[number], settings);
            assert!(matches!(trial.verdict, Verdict::Pass { .. }), "{:?}", trial.verdict);
        });
    }

    fn by_mimic(child: &Path) {
        let trials = trials::trials(Program::new(child)).expect("the child lists its cases");
        let arguments = libtest_mimic::Arguments { quiet: true, ..Default::default() };
        libtest_mimic::run(&arguments, trials).exit_if_failed();
    }

    fn by_command(child: &Path) {
        quiet(Command::new(env!("CARGO_BIN_EXE_cargo-testprog")).arg("--prog").arg(child));
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn by_command_with_zygote(child: &Path) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        quiet(command.arg("--zygote").arg("--prog").arg(child));
    }

    fn by_rusty_fork(_child: &Path) {
        each(|number| rusty_fork(&format!("case_{number}")));
    }

    /// Runs a case with rusty-fork.
    ///
    /// rusty-fork starts this executable again, and the new process must reach the same
    /// `rusty_fork_id!()`. The benchmark calls rusty-fork's `fork` only in this function, so that
    /// both processes reach the same call.
    fn rusty_fork(name: &str) {
        let status = rusty_fork::fork(
            name,
            rusty_fork::rusty_fork_id!(),
            |_| (),
            |child, _| child.wait().expect("it was started"),
            || println!("OK"),
        );
        assert!(status.expect("the child can be started").success());
    }

    fn by_nextest(child: &Path) {
        let [cargo, binaries] = reuse::files(&metadata(child));
        let mut command = Command::new("cargo-nextest");
        command.args(["nextest", "run", "--no-fail-fast", "--user-config-file", "none"]);
        command.args(["--status-level", "none", "--final-status-level", "none"]);
        command.arg("--cargo-metadata").arg(cargo).arg("--binaries-metadata").arg(binaries);
        quiet(command.stderr(Stdio::null()));
    }

    /// Returns the folder of the metadata without which cargo-nextest would call Cargo in every
    /// round.
    fn metadata(child: &Path) -> PathBuf {
        child.with_file_name(format!("{CHILD}-nextest"))
    }

    fn by_std(child: &Path) {
        each(|number| {
            let mut command = Command::new(child);
            command.arg(format!("case_{number}")).env_clear().stdin(Stdio::null());
            let output = command.output().expect("the child can be started");
            assert_eq!(output.stdout, b"OK\n");
        });
    }

    fn floor(child: &Path) {
        let path = CString::new(child.as_os_str().as_bytes()).expect("a path has no zero byte");
        each(|number| spawn(&path, number));
    }

    /// Makes orphaned descendants children of this process, so that this process waits for them and
    /// their processor time is counted.
    ///
    /// A supervisor, for example, becomes an orphan, because it outlives its runner for a moment.
    fn adopt_orphans() {
        #[cfg(target_os = "linux")]
        // SAFETY: `PR_SET_CHILD_SUBREAPER` takes only integers.
        unsafe {
            libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1)
        };
    }

    fn wait_for_all() {
        // SAFETY: waitpid(2) allows a null pointer in place of the status.
        while unsafe { libc::waitpid(-1, ptr::null_mut(), 0) } > 0 {}
    }

    fn ratio(ours: &[Duration], floor: &[Duration]) -> f64 {
        let mut ratios: Vec<_> =
            ours.iter().zip(floor).map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }

    fn jobs() -> usize {
        thread::available_parallelism().map_or(1, Into::into)
    }

    fn each(run: impl Fn(usize) + Sync) {
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..jobs() {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= CASES as usize {
                            return;
                        }
                        run(number);
                    }
                });
            }
        });
    }

    /// Runs a command and waits until the command exits. The command's standard output is
    /// discarded, since reading the output would add to the measured time.
    fn quiet(command: &mut Command) {
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
        assert!(status.expect("it was built").success());
    }

    fn spawn(path: &CString, number: usize) {
        let argument =
            CString::new(format!("case_{number}")).expect("the name of a case has no zero byte");
        let words = [path.as_ptr().cast_mut(), argument.as_ptr().cast_mut(), ptr::null_mut()];
        let variables = [ptr::null_mut()];
        let (out, err) = (pipe(), pipe());
        // SAFETY: `posix_spawn_file_actions_t` consists of integers and pointers, for which zeros
        // are valid values.
        let mut actions: libc::posix_spawn_file_actions_t = unsafe { mem::zeroed() };
        // SAFETY: `actions` is writable memory, which `posix_spawn_file_actions_init` initializes.
        unsafe { libc::posix_spawn_file_actions_init(&raw mut actions) };
        // SAFETY: `actions` was initialized above and not destroyed since.
        unsafe { libc::posix_spawn_file_actions_adddup2(&raw mut actions, out[1], 1) };
        // SAFETY: `actions` was initialized above and not destroyed since.
        unsafe { libc::posix_spawn_file_actions_adddup2(&raw mut actions, err[1], 2) };
        let mut pid = 0;
        let (words, variables) = (words.as_ptr(), variables.as_ptr());
        // SAFETY: every pointer points to a live value of its type, and `words` and `variables` end
        // with a null pointer.
        let error = unsafe {
            libc::posix_spawn(
                &raw mut pid,
                path.as_ptr(),
                &raw const actions,
                ptr::null(),
                words,
                variables,
            )
        };
        assert_eq!(error, 0, "the child can be started");
        // SAFETY: `actions` was initialized above and not destroyed since.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut actions) };
        close(out[1]);
        close(err[1]);
        let said = read_both(out[0], err[0]);
        let mut status = 0;
        // SAFETY: `rusage` consists of integers, for which zeros are valid values.
        let mut usage: libc::rusage = unsafe { mem::zeroed() };
        // SAFETY: both pointers point to writable memory of the types that `wait4` fills.
        unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
        assert!(status == 0 && said == 3, "{status} {said}");
    }

    /// Reads two pipes to their ends and closes them. Returns the number of bytes read from both
    /// pipes.
    fn read_both(first: i32, second: i32) -> usize {
        let mut room = [0_u8; 4096];
        let mut said = 0;
        let mut polled =
            [first, second].map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
        while polled.iter().any(|each| each.fd >= 0) {
            // SAFETY: the pointer refers to an array of two `pollfd`s.
            unsafe { libc::poll(polled.as_mut_ptr(), 2, -1) };
            for each in polled.iter_mut().filter(|each| each.fd >= 0 && each.revents != 0) {
                // SAFETY: `room` is writable memory of `room.len()` bytes.
                let read = unsafe { libc::read(each.fd, room.as_mut_ptr().cast(), room.len()) };
                if read > 0 {
                    said += read.unsigned_abs();
                } else {
                    close(each.fd);
                    each.fd = -1;
                }
            }
        }
        said
    }

    fn pipe() -> [i32; 2] {
        let mut ends = [0; 2];
        // SAFETY: `ends` is writable memory for two descriptors.
        let error = unsafe { libc::pipe(ends.as_mut_ptr()) };
        assert_eq!(error, 0, "the process can open more descriptors");
        for end in ends {
            // SAFETY: `F_SETFD` takes only integers.
            unsafe { libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        ends
    }

    fn close(descriptor: i32) {
        // SAFETY: the descriptor comes from `pipe`, and nothing uses the descriptor after this
        // call.
        unsafe { libc::close(descriptor) };
    }

    /// Returns the processor time of this process and of all children that it has waited for.
    fn processor_time() -> Duration {
        let time = |who| {
            // SAFETY: `rusage` consists of integers, for which zeros are valid values.
            let mut usage: libc::rusage = unsafe { mem::zeroed() };
            // SAFETY: `usage` is writable memory of the type that `getrusage` fills.
            unsafe { libc::getrusage(who, &raw mut usage) };
            let duration = |time: libc::timeval| {
                Duration::from_secs(time.tv_sec.unsigned_abs())
                    + Duration::from_micros(time.tv_usec.try_into().unwrap_or_default())
            };
            duration(usage.ru_utime) + duration(usage.ru_stime)
        };
        time(libc::RUSAGE_SELF) + time(libc::RUSAGE_CHILDREN)
    }
}
