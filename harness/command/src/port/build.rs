//! Runs the probes and builds the C-only child (a child program without Rust), before any case
//! runs.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use testprog_harness::suite::Settings;
use testprog_harness::{Capability, Case, Program, Suite, Target, protocol, suite, text};

use super::child::{Builder, Built, EMPTY, START};
use super::choice::Chosen;
use super::compiler::{Compiler, Failed};
use super::log::Logs;
use super::probe::Prober;
use super::runner::{Runner, Small};
use super::values::Meter;
use super::{cases, layout, probe, sources};
use crate::args::PortArgs;
use crate::error::Error;
use crate::run::plan::Unbuilt;
use crate::run::probes::Port;
use crate::signals;
use crate::{build, stories};

/// The results of the probes, and the built C-only child.
pub(crate) struct Ported {
    pub(crate) port: Port,
    /// All cases. Only the selected cases are in the child.
    pub(crate) suite: Suite,
    /// Names of the selected cases that cannot run, each with the reason.
    pub(crate) unbuilt: BTreeMap<String, Unbuilt>,
}

/// Runs the selected probes and builds the C-only child with the selected cases in `directory`.
///
/// `of_probes` are the settings of the probes' runs.
pub(crate) fn build(
    args: &PortArgs,
    compiler: &Compiler,
    directory: &Path,
    runner: Runner,
    chosen: &Chosen,
    of_probes: &Settings,
) -> Result<Ported, Error> {
    let answers = args.table.as_deref().map(answers).transpose()?.unwrap_or_default();
    sources::unpack(directory)?;
    let logs = Logs::new(directory);
    logs.begin();
    let jobs = jobs(args);
    let left_out = probe::names().count() - chosen.probes.len();
    // After an interrupt, each call of the compiler and of a program fails at once, so `build`
    // returns the results that it has, and no case is started.
    let control = signals::control();
    let mut builder =
        Builder { compiler, directory, logs: &logs, jobs, is_windows: false, is_separate: false };
    let empty = match builder.empty() {
        Ok(empty) => empty,
        Err(_) if control.is_interrupted() => {
            let (target, answers, settings, logs) = (None, "", of_probes, &logs);
            let runner = Ok(&runner);
            let none = Prober { compiler, directory, runner, settings, logs, target, answers };
            let probes = none.all(jobs, &chosen.probes);
            let suite = Suite::new(Program::new(directory.join(EMPTY)), cases::all(&probes));
            let (port, unbuilt) = (Port { probes, left_out, ..Port::default() }, BTreeMap::new());
            return Ok(Ported { port, suite, unbuilt });
        }
        Err(failed) => return Err(unusable(compiler, failed)),
    };
    let small = Small { compiler, directory, deadline: args.deadline, logs: &logs };
    let (runner, fault) = runner.notice(args, &small);
    let runner = &runner;
    builder.is_separate = runner.drops_arguments;
    let program = runner.program(&empty.executable);
    let mut settings = Settings::default();
    settings.control = Some(control.clone());
    let facts = fault.map_or_else(|| facts(&program, &settings), Err);
    if let (Err(Unbuilt { reason, .. }), false) = (&facts, control.is_interrupted()) {
        // If standard error is closed, the error is ignored, because the report contains this
        // message, too.
        let _ = writeln!(io::stderr(), "{}", text::one_line(reason));
    }
    let libc = facts.as_ref().ok().and_then(|facts| {
        facts.iter().find(|(name, _)| name == "libc").map(|(_, value)| value.clone())
    });
    let triple = match &args.target {
        Some(triple) => Some(triple.clone()),
        None => compiler
            .machine(&logs.of(START), &directory.join("csrc/standalone/main.c"))
            .map(|machine| rust_triple(&machine, libc.as_deref().unwrap_or_default())),
    };
    let target = triple.as_deref().map(Target::from_triple);
    builder.is_windows = target.as_ref().is_some_and(|target| target.os == "windows");
    let mut probes = Prober {
        compiler,
        directory,
        runner: facts.as_ref().map(|_| runner),
        settings: of_probes,
        logs: &logs,
        target: target.as_ref(),
        answers: &answers,
    }
    .all(jobs, &chosen.needed_probes());
    let (values, layout) = match facts {
        Ok(_) if chosen.is_everything() => {
            let (deadline, logs) = (args.deadline, &logs);
            let meter = Meter { compiler, directory, runner, deadline, logs };
            (meter.values(jobs), layout::write(&meter, jobs, triple.as_deref())?)
        }
        _ => (Vec::new(), None),
    };
    let about = triple.as_deref().zip(target.as_ref());
    let about = about.map(|(triple, target)| cases::facts(triple, target)).unwrap_or_default();
    let mut suite = Suite::new(program.clone(), cases::all(&probes));
    stories::add(&mut suite.cases);
    let flags = cases::flags(&probes);
    probes.retain(|probe| chosen.probes.contains(&probe.name));
    let port = Port { probes, left_out, values, layout, runner: runner.in_words() };
    if chosen.cases.is_empty() {
        return Ok(Ported { port, suite, unbuilt: BTreeMap::new() });
    }
    let is_chosen = |case: &&Case| chosen.cases.contains(&case.name);
    let cases: Vec<_> = suite.cases.iter().filter(is_chosen).cloned().collect();
    let Built { executable, separate, mut unbuilt } = builder.build(&empty, &flags, &cases, &about);
    let of_child = runner.program(executable);
    let listed = match facts {
        Err(cause) => Err(cause),
        // A child that gets no argument cannot be asked for its listing.
        Ok(_) if builder.is_separate || unbuilt.len() == cases.len() => Ok(()),
        Ok(_) => Suite::load_with(of_child.clone(), &settings)
            .map(|listed| build::print_left_behind(listed.left_behind()))
            .map_err(|error| Unbuilt {
                reason: error.to_string(),
                rerun: Some(of_child.command_line(protocol::LIST_FLAG)),
            }),
    };
    if let Err(cause) = listed {
        for case in &cases {
            unbuilt.entry(case.name.clone()).or_insert_with(|| cause.clone());
        }
    }
    for (name, executable) in separate {
        suite.set_program(name, runner.program(executable));
    }
    add_hidden(&mut unbuilt, &cases, runner);
    suite.program = of_child;
    Ok(Ported { port, suite, unbuilt })
}

/// Returns the error of a compiler that cannot build the first program.
fn unusable(compiler: &Compiler, failed: Failed) -> Error {
    Error::usage(match failed {
        Failed::Broken { cause, .. } if cause.starts_with("failed to ") => cause,
        failed => {
            let name = compiler.name();
            format!("failed to build `csrc/standalone/main.c` with `{name}`: {failed}")
        }
    })
}

/// Returns the facts that a program of the target reports, or the reason why no program of the
/// target can run.
fn facts(program: &Program, settings: &Settings) -> Result<Vec<(String, String)>, Unbuilt> {
    let (facts, left_behind) = suite::about_with(program, settings).map_err(|error| Unbuilt {
        reason: format!("no program of the target can be run: {error}"),
        rerun: Some(program.command_line(protocol::ABOUT_FLAG)),
    })?;
    build::print_left_behind(&left_behind);
    Ok(facts)
}

/// Adds each case whose end the runner command hides, unless the case is already in `unbuilt`.
fn add_hidden(unbuilt: &mut BTreeMap<String, Unbuilt>, cases: &[Case], runner: &Runner) {
    for case in cases {
        if let Some(reason) = runner.hides(case) {
            let hidden = || Unbuilt { reason: reason.to_owned(), rerun: None };
            unbuilt.entry(case.name.clone()).or_insert_with(hidden);
        }
    }
}

/// Returns the number of compilers, probes or cases that run at the same time.
pub(crate) fn jobs(args: &PortArgs) -> usize {
    let processors = || thread::available_parallelism().map_or(1, Into::into);
    args.jobs.map_or_else(processors, usize::from)
}

/// Reads the file of `--table`, and checks that each line has the name of a capability.
fn answers(path: &Path) -> Result<String, Error> {
    let fail = |cause: String| {
        Error::usage(format!("failed to read `{}`: {}", path.display(), text::one_line(&cause)))
    };
    let text = fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    for (index, line) in text.lines().enumerate() {
        let name = line.split_once(':').map(|(name, _)| name.trim());
        let is_known = name.is_some_and(|name| Capability::ALL.iter().any(|it| it.name() == name));
        if !is_known && !line.trim().is_empty() {
            let line_number = index + 1;
            return Err(fail(format!(
                "line {line_number}: `{line}` has not the form `CAPABILITY: present` or `CAPABILITY: REASON`"
            )));
        }
    }
    Ok(text)
}

/// Returns the name of the port, and the absolute path of the directory to build in.
pub(crate) fn place(args: &PortArgs) -> Result<(String, PathBuf), Error> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._+".contains(c) { c } else { '-' };
    let file = |command: &str| command.rsplit(['/', '\\']).next().unwrap_or(command).to_owned();
    let name = match &args.name {
        Some(name) if protocol::is_name(name) && !name.contains('\\') => name.clone(),
        Some(name) => {
            let name = text::one_line(name);
            return Err(Error::usage(format!(
                "failed to read `--name {name}`: the name is not a file name"
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

/// Returns the compiler's target as a Rust triple, with `libc` as the C library.
///
/// The compiler's target does not decide the C library, because `musl-gcc` is the system's GCC with
/// other headers, and reports the system's target.
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
