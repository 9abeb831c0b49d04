//! Measures values of a C library: constants, default sizes, and the sizes of types.

use std::path::Path;
use std::time::Duration;

use testprog_harness::spawn::{self, End, Options};

use super::compiler::Compiler;
use super::log::Logs;
use super::runner::Runner;
use super::{parallel, sources};
use crate::signals;

/// Name of each value, and the value, or `None` if the C library does not have the value.
pub(crate) type Values = Vec<(String, Option<u64>)>;

/// Path of the file with the values to measure.
const LISTED: &str = "standalone/values.txt";

/// Settings for building and running the programs that print values.
#[derive(Debug)]
pub(super) struct Meter<'a> {
    pub(super) compiler: &'a Compiler,
    pub(super) directory: &'a Path,
    pub(super) runner: &'a Runner,
    pub(super) deadline: Duration,
    pub(super) logs: &'a Logs,
}

/// Value that a line of [`LISTED`] describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Listed<'a> {
    name: &'a str,
    /// Names of headers, separated by spaces.
    headers: &'a str,
    /// C code that assigns the value to the variable `value`.
    code: &'a str,
}

impl Meter<'_> {
    /// Measures all values. Returns no values if the run is interrupted.
    pub(super) fn all(&self, jobs: usize) -> Values {
        let listed: Vec<_> = listed().collect();
        // One program prints all values. If the C library lacks one of them, one program for each
        // value finds out which.
        let together = self.measure("values", &listed);
        let alone = |value: &Listed<'_>| {
            let measured = together.iter().find(|(name, _)| name == value.name).cloned();
            let stem = format!("value-{}", file_name(value.name));
            measured.or_else(|| self.measure(&stem, &[*value]).pop())
        };
        let measured = parallel::map(jobs, &listed, alone);
        if signals::control().is_interrupted() {
            return Vec::new();
        }
        let names = listed.iter().map(|value| value.name.to_owned());
        names.zip(measured.into_iter().map(|it| it.map(|(_, value)| value))).collect()
    }

    /// Builds and runs a program that prints `values`. Returns the values that the program printed.
    fn measure(&self, stem: &str, values: &[Listed<'_>]) -> Vec<(String, u64)> {
        let log = self.logs.of(stem);
        let source = self.directory.join("csrc/values").join(stem).with_extension("c");
        let (object, executable) = (source.with_extension("o"), source.with_extension("exe"));
        let is_built = sources::write(&source, &program(values)).is_ok()
            && self.compiler.compile(&log, &source, &[], &object).is_ok()
            && self.compiler.link(&log, &[&object], &executable).is_ok();
        if !is_built {
            return Vec::new();
        }
        let program = self.runner.program(executable);
        let mut options = Options::default();
        options.deadline = self.deadline;
        options.control = Some(signals::control());
        log.command(&program.command_line(stem));
        let outcome = match spawn::run(&program, stem, &options) {
            Ok(outcome) => outcome,
            Err(error) => {
                log.result(Err(&error));
                return Vec::new();
            }
        };
        log.result(Ok(&outcome));
        if outcome.end != End::Exited(0) {
            return Vec::new();
        }
        let printed = outcome.stdout.whole().unwrap_or_default();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        let value = |line: &str| {
            let (name, value) = line.trim().rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        printed.lines().filter_map(value).collect()
    }
}

/// Returns the values to measure.
fn listed() -> impl Iterator<Item = Listed<'static>> {
    let text = sources::read(LISTED).expect("the embedded files contain the list");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let mut fields = line.split('\t');
        let mut next = || fields.next().expect("a test reads each line of the embedded list");
        Listed { name: next(), headers: next(), code: next() }
    })
}

/// Returns the C code of a program that prints a line `NAME NUMBER` for each value.
fn program(values: &[Listed<'_>]) -> String {
    let mut headers: Vec<_> = values.iter().flat_map(|it| it.headers.split(' ')).collect();
    headers.sort_unstable();
    headers.dedup();
    let headers = headers.iter().map(|header| format!("#include <{header}>\n"));
    let blocks = values.iter().map(|Listed { name, code, .. }| {
        let print = format!("printf(\"{name} %lu\\n\", value);");
        format!("    {{\n        unsigned long value = 0;\n        {{ {code} }}\n        {print}\n    }}\n")
    });
    // The header of the probes makes the system's headers declare everything.
    format!(
        "#include \"../probe/probe.h\"\n\n{}\nint main(void)\n{{\n{}    return 0;\n}}\n",
        headers.collect::<String>(),
        blocks.collect::<String>()
    )
}

/// Returns the name of a value as a file name.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listed_value_is_complete_and_has_a_file_of_its_own() {
        let values: Vec<_> = listed().collect();
        let mut names: Vec<_> = values.iter().map(|value| file_name(value.name)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), values.len());
        for Listed { name, headers, code } in values {
            assert!(headers.split(' ').all(|header| header.split_once('.').is_some()), "{name}");
            assert!(code.contains("value = ") && code.ends_with(';'), "{name}");
        }
    }
}
