//! `cargo testprog port`: what a C library can do, asked with nothing but its C compiler.
//!
//! First the probes, a program for each capability; then a child without Rust, made of every C half that can stand alone,
//! whose cases are run like any others. Only here do probes decide what is gated; the platform table is compared with them.

mod args;
mod cases;
mod child;
mod compiler;
mod messages;
mod parallel;
mod probe;
mod report;
mod sources;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, thread};

use testprog_harness::suite::{self, Settings};
use testprog_harness::{Program, Suite, Target, protocol};

pub(super) use self::args::PortArgs;
use self::child::{Builder, Built};
use self::compiler::{Compiler, Failed};
pub(super) use self::probe::Probe;
use self::probe::{Prober, State};
pub(super) use self::report::write_probes;
use super::args::Format;
use super::human::Human;
use super::plan::Plan;
use super::results::Finished;
use super::run::follow;
use super::table::human::write_changes;
use super::table::read::read;
use super::table::{Matrix, changes};
use super::{Error, FAILED, SUCCESS, UNRESOLVED, json, outputs};

pub(super) fn port(args: &PortArgs) -> Result<u8, Error> {
    outputs::check(&args.outputs)?;
    let (name, directory) = place(args)?;
    let baseline = args.baseline.as_deref().map(|path| baseline(path, &name)).transpose()?;
    let runner = compiler::words("--runner", &args.runner)?;
    let flags = [("--cflags", &*args.cflags), ("--ldflags", &*args.ldflags)];
    let shown = directory.to_str().ok_or_else(|| {
        Error::usage(format!("failed to use `{}`: the name is not UTF-8", directory.display()))
    })?;
    let compiler = Compiler::new(&args.cc, flags, args.deadline, shown)?;
    let processors = || thread::available_parallelism().map_or(1, Into::into);
    let jobs = args.jobs.map_or_else(processors, usize::from);
    let ported = build(args, &compiler, &directory, &runner, jobs)?;

    let plan = Plan::of_all(&ported.suite, name, settings(args), jobs, ported.unbuilt);
    let is_human = args.format == Format::Human;
    let mut printed = Ok(());
    if is_human {
        printed = write_probes(&ported.probes, &mut anstream::stdout());
    }
    let mut live = is_human.then(|| Human::new(&plan, anstream::stdout()));
    let (mut finished, told) = follow(&plan, live.as_mut());
    finished.probes = ported.probes;
    printed = printed.and(told);
    if printed.is_ok() {
        printed = match &mut live {
            Some(human) => human
                .end(&finished)
                .and_then(|()| report::write_score(&finished, &mut anstream::stdout())),
            None => outputs::write(&finished, args.format, &mut io::stdout().lock()),
        };
    }
    let changes = baseline.map(|old| {
        let new = Matrix::of(json::report(&finished), "");
        changes::changes(&old, &new)
    });
    if let (Some(changes), true, Ok(())) = (&changes, is_human, &printed) {
        let mut out = anstream::stdout();
        printed = writeln!(out).and_then(|()| write_changes(changes, false, &mut out));
    }
    let mut errors: Vec<_> =
        printed.map_err(|error| Error::write(&error)).err().into_iter().collect();
    errors.extend(outputs::write_all(&finished, args.format, &args.outputs));
    Error::all(errors).map_or_else(
        || match changes {
            Some(changes) if changes::got_worse(&changes) => Ok(FAILED),
            Some(_) => Ok(SUCCESS),
            None => Ok(status(&finished)),
        },
        Err,
    )
}

/// Returns an earlier report of the port of this name: one run, or its row of a matrix.
fn baseline(path: &Path, name: &str) -> Result<Matrix, Error> {
    let mut source = read(path)?;
    if source.matrix.rows.len() > 1 {
        source.matrix.rows.retain(|row| row.name == name);
    }
    if source.matrix.rows.is_empty() {
        return Err(Error::usage(format!(
            "failed to read `{}`: it has no row `{name}`",
            source.file
        )));
    }
    Ok(source.matrix)
}

/// What there is before the cases are run.
struct Ported {
    probes: Vec<Probe>,
    suite: Suite,
    /// The cases that cannot be run, and why.
    unbuilt: BTreeMap<String, String>,
}

fn build(
    args: &PortArgs,
    compiler: &Compiler,
    directory: &Path,
    runner: &[OsString],
    jobs: usize,
) -> Result<Ported, Error> {
    let cannot = |failed: &Failed| match failed {
        Failed::Broken(cause) if cause.starts_with("failed to ") => Error::usage(cause),
        _ => Error::usage(format!(
            "failed to build `csrc/standalone/main.c` with `{}`: {failed}",
            compiler.name()
        )),
    };
    sources::unpack(directory)?;
    let mut builder = Builder { compiler, directory, jobs, is_windows: false };
    let mut program = Program::new(builder.empty().map_err(|failed| cannot(&failed))?);
    program.runner = runner.to_vec();
    let facts = suite::about(&program).map_err(|error| format!("nothing can be run: {error}"));
    let libc = facts.as_ref().ok().and_then(|facts| {
        facts.iter().find(|(name, _)| name == "libc").map(|(_, value)| value.clone())
    });
    let triple = match &args.target {
        Some(triple) => Some(triple.clone()),
        None => compiler
            .machine(&directory.join("csrc/standalone/main.c"))
            .map(|machine| rust_triple(&machine, libc.as_deref().unwrap_or_default())),
    };
    if let Err(cause) = &facts {
        // Where standard error is closed, the report still tells.
        let _ = writeln!(io::stderr(), "{}", testprog_harness::text::one_line(cause));
    }
    let target = triple.as_deref().map(Target::from_triple);
    builder.is_windows = target.as_ref().is_some_and(|target| target.os == "windows");
    let probes = Prober {
        compiler,
        directory,
        runner: facts.is_ok().then_some(runner),
        deadline: args.deadline,
        target: target.as_ref(),
    }
    .all(jobs);
    let about = triple.as_deref().zip(target.as_ref());
    let about = about.map(|(triple, target)| cases::facts(triple, target)).unwrap_or_default();
    let Built { executable, cases, mut unbuilt } =
        builder.build(&probes, &about).map_err(|failed| cannot(&failed))?;
    program.path = executable;
    let listed = match facts {
        Err(cause) => Err(cause),
        Ok(_) if unbuilt.len() == cases.len() => Ok(()),
        Ok(_) => Suite::load(program.clone()).map(drop).map_err(|error| error.to_string()),
    };
    if let Err(cause) = listed {
        for case in &cases {
            unbuilt.entry(case.name.clone()).or_insert_with(|| cause.clone());
        }
    }
    Ok(Ported { probes, suite: Suite::new(program, cases), unbuilt })
}

/// Returns what the port is called, and the absolute path of where it is built.
fn place(args: &PortArgs) -> Result<(String, PathBuf), Error> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._+".contains(c) { c } else { '-' };
    let file = |command: &str| command.rsplit(['/', '\\']).next().unwrap_or(command).to_owned();
    let name = match &args.name {
        Some(name) if protocol::is_name(name) && !name.contains('\\') => name.clone(),
        Some(name) => {
            let name = testprog_harness::text::one_line(name);
            return Err(Error::usage(format!(
                "failed to read `--name {name}`: it is no file's name"
            )));
        }
        None => {
            let words = args.cc.split_whitespace();
            let words = words
                .enumerate()
                .map(|(index, word)| if index == 0 { file(word) } else { word.to_owned() });
            words.collect::<Vec<_>>().join("-").chars().map(plain).collect()
        }
    };
    let below_target = || {
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        PathBuf::from(target).join("port").join(&name)
    };
    let directory = args.dir.clone().unwrap_or_else(below_target);
    let directory = std::path::absolute(&directory).map_err(|error| {
        Error::usage(format!("failed to find `{}`: {error}", directory.display()))
    })?;
    Ok((name, directory))
}

/// Returns a compiler's triple as Rust spells it, with the C library that was really found: `musl-gcc` is the system's GCC
/// with other headers, and calls itself that.
fn rust_triple(machine: &str, libc: &str) -> String {
    let env = match libc {
        "" | "unknown" | "bionic" => None,
        "glibc" => Some("gnu"),
        other => Some(other),
    };
    let mut words: Vec<_> = machine.split('-').map(str::to_owned).collect();
    if let [_, os, _] = &*words {
        if os == "linux" {
            words.insert(1, "unknown".to_owned());
        }
    }
    if let ([.., os, last], Some(env)) = (&mut *words, env) {
        if os == "linux" && !last.starts_with(env) {
            *last = match last.strip_prefix("gnu") {
                Some(abi) => format!("{env}{abi}"),
                None => env.to_owned(),
            };
        }
    }
    words.join("-")
}

fn settings(args: &PortArgs) -> Settings {
    let mut settings = Settings::default();
    settings.deadline = args.deadline;
    settings
}

/// Returns the exit status: the cases judge. What a probe found is a fact; but that it found nothing is told.
fn status(run: &Finished<'_>) -> u8 {
    match run.status() {
        SUCCESS if run.probes.iter().any(|probe| probe.state == State::Unresolved) => UNRESOLVED,
        status => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_believed_except_about_its_libc() {
        for (machine, libc, triple) in [
            ("x86_64-linux-gnu", "glibc", "x86_64-unknown-linux-gnu"),
            ("x86_64-linux-gnu", "musl", "x86_64-unknown-linux-musl"),
            ("arm-linux-gnueabihf", "musl", "arm-unknown-linux-musleabihf"),
            ("x86_64-linux-gnu", "dietlibc", "x86_64-unknown-linux-dietlibc"),
            ("aarch64-unknown-linux-musl", "musl", "aarch64-unknown-linux-musl"),
            ("x86_64-linux-gnu", "", "x86_64-unknown-linux-gnu"),
            ("x86_64-w64-mingw32", "unknown", "x86_64-w64-mingw32"),
        ] {
            assert_eq!(rust_triple(machine, libc), triple, "{machine} {libc}");
        }
    }
}
