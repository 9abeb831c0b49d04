//! Measures values of a C library: constants, default sizes, and the sizes of types.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use testprog_harness::spawn::{self, Options};

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

/// Number that a C program of the target prints.
#[derive(Clone, Debug)]
pub(super) struct Quantity {
    pub(super) name: String,
    /// Names of headers, separated by spaces.
    pub(super) headers: String,
    /// C code that assigns the number to the variable `value`.
    pub(super) code: String,
}

impl Meter<'_> {
    /// Measures the values that the embedded file lists. Returns no values if the run is
    /// interrupted.
    pub(super) fn values(&self, jobs: usize) -> Values {
        self.all("values", jobs, &listed())
    }

    /// Measures all quantities. `stem` is the name of the log. Returns no values if the run is
    /// interrupted.
    pub(super) fn all(&self, stem: &str, jobs: usize, quantities: &[Quantity]) -> Values {
        let measured = self.some(stem, jobs, quantities);
        if signals::control().is_interrupted() {
            return Vec::new();
        }
        quantities.iter().map(|it| it.name.clone()).zip(measured).collect()
    }

    /// Measures quantities with one program. If the C library lacks one of them, each half of the
    /// quantities gets a program of its own.
    fn some(&self, stem: &str, jobs: usize, quantities: &[Quantity]) -> Vec<Option<u64>> {
        let printed = self.measure(stem, quantities);
        if printed.iter().all(Option::is_some) || quantities.len() < 2 {
            return printed;
        }
        let (first, second) = quantities.split_at(quantities.len() / 2);
        let halves = [(first, "1"), (second, "2")];
        let half = |(half, number): &(&[Quantity], &str)| {
            self.some(&format!("{stem}-{number}"), (jobs / 2).max(1), half)
        };
        parallel::map(jobs.min(2), &halves, half).concat()
    }

    /// Builds and runs a program that prints `quantities`. Returns each number that the program
    /// printed.
    fn measure(&self, stem: &str, quantities: &[Quantity]) -> Vec<Option<u64>> {
        let none = || vec![None; quantities.len()];
        let log = self.logs.of(stem);
        let source = self.directory.join("csrc/values").join(stem).with_extension("c");
        let (object, executable) = (source.with_extension("o"), source.with_extension("exe"));
        let is_built = sources::write(&source, &program(quantities)).is_ok()
            && self.compiler.compile(&log, &source, &[], &object).is_ok()
            && self.compiler.link(&log, &[&object], &executable).is_ok();
        if !is_built {
            return none();
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
                return none();
            }
        };
        log.result(Ok(&outcome));
        let printed = outcome.stdout.whole().unwrap_or_default();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        let lines = printed.lines().filter_map(|line| line.trim().rsplit_once(' '));
        let numbers: BTreeMap<_, u64> =
            lines.filter_map(|(name, number)| Some((name, number.parse().ok()?))).collect();
        quantities.iter().map(|quantity| numbers.get(&*quantity.name).copied()).collect()
    }
}

/// Returns the values to measure.
fn listed() -> Vec<Quantity> {
    let text = sources::read(LISTED).expect("the embedded files contain the list");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let quantity = |line: &str| {
        let mut fields = line.split('\t').map(str::to_owned);
        let mut next = || fields.next().expect("a test reads each line of the embedded list");
        Quantity { name: next(), headers: next(), code: next() }
    };
    lines.map(quantity).collect()
}

/// Returns the C code of a program that prints a line `NAME NUMBER` for each value.
fn program(quantities: &[Quantity]) -> String {
    let mut headers: Vec<_> = quantities.iter().flat_map(|it| it.headers.split(' ')).collect();
    headers.sort_unstable();
    headers.dedup();
    let headers = headers.iter().map(|header| format!("#include <{header}>\n"));
    let blocks = quantities.iter().map(|Quantity { name, code, .. }| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listed_value_is_complete() {
        for Quantity { name, headers, code } in listed() {
            assert!(headers.split(' ').all(|header| header.split_once('.').is_some()), "{name}");
            assert!(code.contains("value = ") && code.ends_with(';'), "{name}");
        }
    }
}
