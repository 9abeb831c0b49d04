//! Measures how the time and the memory of `cargo testprog` grow with the number of cases, the
//! number of jobs, and the output of a case.
//!
//! `cargo bench -p cargo-testprog --bench scale` runs the same program alternately by
//! `cargo testprog` and by `xargs` or `cat`, and prints a Markdown table for
//! `docs/how-it-works.md`. Only the ratios are meaningful, because the times depend on the
//! computer. With words after `--`, the benchmark measures only the lines of the table that contain
//! one of the words.

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    unix::main()
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "wait4(2) returns the memory of a process")]
mod unix {
    use std::ffi::{OsStr, OsString};
    use std::io::{self, BufWriter, Write as _};
    use std::mem::MaybeUninit;
    use std::path::{Path, PathBuf};
    use std::process::{Command, ExitCode, Stdio};
    use std::time::{Duration, Instant};
    use std::{env, fs, thread};

    /// Beginning of the file names under which this executable acts as the child. The beginning is
    /// followed by the number of cases, the milliseconds that a case sleeps, and the bytes that a
    /// case prints.
    const CHILD: &str = "scale-child";

    /// Minimum time for the measurements of one line of the table; short measurements are repeated
    /// until this time is over.
    const LONG: Duration = Duration::from_secs(1);

    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;

    pub(super) fn main() -> ExitCode {
        let own = PathBuf::from(env::args_os().next().unwrap_or_default());
        let name = own.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if let Some(numbers) = name.strip_prefix(CHILD) {
            let mut numbers = numbers.split('-').filter_map(|number| number.parse().ok());
            let mut next = || numbers.next().unwrap_or_default();
            let child = Child { cases: next(), millis: next(), bytes: next() };
            return child.answer().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
        }
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        let folder = folder.expect("the folder for temporary files can be written");
        measure(&Bench { own, folder: folder.path().to_owned() });
        ExitCode::SUCCESS
    }

    fn measure(bench: &Bench) {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        println!("| work | `cargo testprog` | compared with | ratio | peak memory |");
        println!("|---|---:|---|---:|---:|");
        for cases in [10, 100, 1000, 10_000, 100_000] {
            let child = Child { cases, millis: 0, bytes: 0 };
            bench.cases(&format!("{} cases", number(cases)), child, processors, &[]);
        }
        for jobs in [1_u16, 16, 128, 1024] {
            let cases = u64::from(jobs) * 2;
            let child = Child { cases, millis: 200, bytes: 0 };
            let work = format!("`-j{jobs}`, {} cases of 200 ms", number(cases));
            bench.cases(&work, child, jobs.into(), &[]);
        }
        for (cases, bytes) in [(1, 0), (1, 64 * KIB), (1, MIB), (1, 64 * MIB), (1, GIB)] {
            let child = Child { cases, millis: 0, bytes };
            bench.output(&format!("1 case that prints {}", size(bytes)), child);
        }
        let child = Child { cases: 2000, millis: 0, bytes: MIB };
        let work = "2,000 cases that print 1 MiB each";
        bench.cases(work, child, processors, &[]);
        bench.cases(&format!("{work}, with a JSON report"), child, processors, &["json"]);
        bench.cases(&format!("{work}, with a JUnit report"), child, processors, &["junit"]);
        bench.listing(Child { cases: 1_000_000, millis: 0, bytes: 0 });
    }

    /// Program of which each case sleeps and prints to standard error.
    #[derive(Clone, Copy)]
    struct Child {
        cases: u64,
        millis: u64,
        bytes: u64,
    }

    impl Child {
        /// Acts as the child program, with as little work as the protocol allows.
        fn answer(self) -> io::Result<()> {
            let mut stdout = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            match env::args().nth(1).as_deref() {
                Some("--list") => {
                    writeln!(stdout, "testprog 1")?;
                    for number in 0..self.cases {
                        writeln!(stdout, "case_{number}")?;
                    }
                }
                Some("--about") => return Err(io::ErrorKind::Unsupported.into()),
                _ => {
                    thread::sleep(Duration::from_millis(self.millis));
                    let text = [[b'x'; 63].as_slice(), b"\n"].concat().repeat(1 << 10);
                    let mut left = self.bytes;
                    while left > 0 {
                        let length = text.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                        io::stderr().write_all(&text[..length])?;
                        left -= length as u64;
                    }
                    writeln!(stdout, "OK")?;
                }
            }
            stdout.flush()
        }
    }

    struct Bench {
        /// Path of this executable.
        own: PathBuf,
        /// Folder for the child and for the reports.
        folder: PathBuf,
    }

    impl Bench {
        /// Runs the cases of a child with the command and with `xargs`, with `jobs` cases at the
        /// same time.
        fn cases(&self, work: &str, child: Child, jobs: usize, reports: &[&str]) {
            let program = self.child(child);
            let jobs = jobs.to_string();
            let mut command = command("run", &program);
            command.args(["-j", &jobs]);
            for format in reports {
                command.arg("-o").arg(assign(format, &self.folder.join(format)));
            }
            // The shell script also calls `--list`, because the command also lists the cases before
            // it runs them.
            let script = r#""$0" --list | tail -n +2 | xargs -P "$1" -n 1 "$0" 2>&1 | cat"#;
            let mut xargs = Command::new("/bin/sh");
            xargs.args(["-c", script]).arg(&program).arg(&jobs);
            row(work, &mut command, "xargs", &mut xargs);
        }

        /// Runs one case by the command, and prints its output by `cat`.
        fn output(&self, work: &str, child: Child) {
            let program = self.child(child);
            let mut command = command("run", &program);
            let mut cat = Command::new("/bin/sh");
            cat.args(["-c", r#""$0" case_0 2>&1 | cat"#]).arg(&program);
            row(work, &mut command, "cat", &mut cat);
        }

        /// Lists the cases of a child by the command and by `cat`.
        fn listing(&self, child: Child) {
            let program = self.child(child);
            let mut command = command("list", &program);
            let mut cat = Command::new("/bin/sh");
            cat.args(["-c", r#""$0" --list | cat"#]).arg(&program);
            row(&format!("`list` of {} cases", number(child.cases)), &mut command, "cat", &mut cat);
        }

        /// Returns the path of the child executable whose name contains these three numbers.
        fn child(&self, Child { cases, millis, bytes }: Child) -> PathBuf {
            let path = self.folder.join(format!("{CHILD}-{cases}-{millis}-{bytes}"));
            if !path.exists() {
                fs::hard_link(&self.own, &path).expect("both folders are in one file system");
            }
            path
        }
    }

    fn command(subcommand: &str, program: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-testprog"));
        command.arg(subcommand).arg("--prog").arg(program);
        command
    }

    fn assign(format: &str, path: &Path) -> OsString {
        let mut text = OsString::from(format!("{format}="));
        text.push(path);
        text
    }

    /// Prints a line of the table: the shortest time of each of the two commands, their ratio, and the
    /// largest resident set of the first command.
    fn row(work: &str, own: &mut Command, name: &str, other: &mut Command) {
        // Ignore flags, because cargo passes the flag `--bench`.
        let words: Vec<_> = env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
        if !words.is_empty() && !words.iter().any(|word| work.contains(word.as_str())) {
            return;
        }
        let (mut best, mut peak) = ([Duration::MAX; 2], 0);
        let clock = Instant::now();
        loop {
            let (time, memory) = run(own);
            peak = peak.max(memory);
            best = [best[0].min(time), best[1].min(run(other).0)];
            if clock.elapsed() >= LONG {
                break;
            }
        }
        let [own, other] = best.map(|time| time.as_secs_f64());
        println!(
            "| {work} | {own:.3} s | `{name}` {other:.3} s | {:.2} | {} MiB |",
            own / other,
            peak.div_ceil(MIB)
        );
    }

    /// Runs a command, which must succeed. Returns the wall time and the largest resident set in bytes.
    #[expect(clippy::zombie_processes, reason = "`wait4` waits for the process")]
    fn run(command: &mut Command) -> (Duration, u64) {
        // Cargo sets LD_LIBRARY_PATH, which would make the dynamic loader search more folders.
        command.env_remove("LD_LIBRARY_PATH");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let child = command.spawn().expect("the command starts");
        let pid = libc::pid_t::try_from(child.id()).expect("a process ID fits in `pid_t`");
        let (mut status, mut usage) = (0, MaybeUninit::<libc::rusage>::zeroed());
        // SAFETY: both pointers point to writable memory of the types that `wait4` fills.
        let ended = unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) };
        let time = start.elapsed();
        assert_eq!((ended, status), (pid, 0), "{command:?} failed");
        // SAFETY: `usage` was zeroed, and zeros are a valid `rusage`, which is a C struct of integers.
        let usage = unsafe { usage.assume_init() };
        let unit = if cfg!(target_vendor = "apple") { 1 } else { KIB };
        (time, u64::try_from(usage.ru_maxrss).unwrap_or_default() * unit)
    }

    /// Returns a number with commas between groups of three digits.
    fn number(number: u64) -> String {
        match number / 1000 {
            0 => number.to_string(),
            thousands => format!("{},{:03}", self::number(thousands), number % 1000),
        }
    }

    fn size(bytes: u64) -> String {
        match bytes {
            0 => "nothing".to_owned(),
            _ if bytes % GIB == 0 => format!("{} GiB", bytes / GIB),
            _ if bytes % MIB == 0 => format!("{} MiB", bytes / MIB),
            _ => format!("{} KiB", bytes / KIB),
        }
    }
}
