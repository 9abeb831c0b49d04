//! Reads a manifest: a TOML file with cases for programs that do not follow the
//! [protocol](crate::protocol).
//!
//! The page `docs/manifest.md` in this project's repository describes the keys of a manifest.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use testprog_harness::manifest::Manifest;
//! use testprog_harness::suite::Settings;
//!
//! let manifest = Manifest::read(Path::new("tests/plain.toml"))?;
//! let suite = manifest.prepare(|_| true)?;
//! for case in &suite.cases {
//!     println!("{}: {:?}", case.name, suite.run(case, &Settings::default()).verdict);
//! }
//! # Ok::<(), testprog_harness::manifest::Error>(())
//! ```

mod cases;
mod condition;
mod error;
mod expect;
mod programs;
mod table;
mod units;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use self::cases::{Shared, Stated, cases, check_defaults};
use self::condition::TargetFacts;
pub use self::error::Error;
use self::error::{Wrong, line};
use self::programs::{Declared, programs};
use self::table::{Table, Value};
use crate::capability::Target;
use crate::protocol::Case;
use crate::spawn::Program;
use crate::suite::Suite;

/// Content of a manifest. The programs of the manifest may not have been built yet.
#[derive(Debug)]
pub struct Manifest {
    path: PathBuf,
    text: String,
    suite: Suite,
    programs: BTreeMap<String, Declared>,
    /// Name of each case's program.
    program_of: BTreeMap<String, String>,
}

impl Manifest {
    /// Reads the manifest at `path`. The conditions `cfg(...)` of the cases are about the manifest's
    /// key `target`, or about this library's target.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or has a mistake. The error names the line and
    /// the key.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::read_for(path, None, None)
    }

    /// Reads a manifest like [`read`](Self::read), but the conditions `cfg(...)` are about the
    /// target `triple`, and the command `runner`, such as an emulator, executes the programs that
    /// have no `runner` in the manifest. If `runner` is `None`, the command is the result of
    /// [`Program::runner_from_env`].
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or has a mistake. The error names the line and
    /// the key.
    pub fn read_for(
        path: &Path,
        triple: Option<&str>,
        runner: Option<Vec<OsString>>,
    ) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|error| Error::unreadable(path, error))?;
        match parse(path, &text, triple, runner) {
            Ok(read) => Ok(Self { text, ..read }),
            Err(wrong) => Err(Error::wrong(path, &text, wrong)),
        }
    }

    /// Returns the path of the file for the names of the cases that failed when they last ran. The
    /// file is in the directory of the first program that a command of the manifest builds. Returns
    /// `None` if no command builds a program.
    pub fn record_path(&self) -> Option<PathBuf> {
        let built = self.programs.values().find(|declared| declared.is_built())?;
        let name = self.path.file_stem()?.to_string_lossy();
        Some(built.program.path.with_file_name(format!("{name}.failed")))
    }

    /// Returns the suite of the manifest's cases, whose programs may not have been built yet.
    pub fn suite(&self) -> &Suite {
        &self.suite
    }

    /// Builds the programs of the cases for which `is_chosen` returns true, and returns the suite.
    /// If a program cannot be built, the program's cases are unresolved.
    ///
    /// # Errors
    ///
    /// Returns an error if a program of a chosen case does not exist and no command of the manifest
    /// builds the program.
    pub fn prepare(mut self, is_chosen: impl Fn(&Case) -> bool) -> Result<Suite, Error> {
        let directory = directory(&self.path);
        for declared in self.programs.values() {
            let own: Vec<_> = self
                .suite
                .cases
                .iter()
                .filter(|case| self.program_of.get(&case.name) == Some(&declared.name))
                .map(|case| (case.name.clone(), case.gate.is_none() && is_chosen(case)))
                .collect();
            if !own.iter().any(|(_, is_needed)| *is_needed) {
                continue;
            }
            let prepared = declared
                .prepare(directory)
                .map_err(|wrong| Error::wrong(&self.path, &self.text, wrong))?;
            if let Err(reason) = prepared {
                for (case, _) in own {
                    self.suite.set_unbuilt(case, &*reason);
                }
            }
        }
        Ok(self.suite)
    }
}

/// Returns the directory of a manifest, at which the relative paths in the manifest start.
fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn parse(
    path: &Path,
    text: &str,
    triple: Option<&str>,
    runner: Option<Vec<OsString>>,
) -> Result<Manifest, Wrong> {
    let mut root = Table::parse(text)?;
    let stated_target = root.take("target");
    let stated_target = stated_target.as_ref().map(Value::word).transpose()?;
    let triple = triple.or(stated_target).unwrap_or(Target::TRIPLE);
    let target = TargetFacts::new(triple);
    let directory = directory(path);
    let runner = runner.unwrap_or_else(|| Program::runner_from_env(triple));
    let declared = match root.take("program") {
        None => BTreeMap::new(),
        Some(value) => programs(value, directory, &target, &runner)?,
    };
    let defaults = match root.take("defaults") {
        None => Table::default(),
        Some(value) => value.table()?,
    };
    check_defaults(&defaults)?;
    let listed = match root.take("case") {
        None => Vec::new(),
        Some(value) => value.array("`[[case]]`, with two brackets")?,
    };
    let span = root.span.clone();
    root.end(&["target", "program", "defaults", "case"])?;
    if listed.is_empty() {
        return Err(Wrong::new(span, "the file has no [[case]]"));
    }
    let defaults = defaults.renamed("");
    let shared = Shared { path, text, directory, target: &target, programs: &declared, defaults };
    let mut all: Vec<Stated> = Vec::new();
    for value in listed {
        for stated in cases(value, &shared)? {
            let name = &stated.case.name;
            if let Some(other) = all.iter().find(|other| other.case.name == *name) {
                let line = line(text, &other.name_span);
                let cause = format!("the case of line {line} already has the name `{name}`");
                return Err(Wrong::at(stated.name_span, "name", cause));
            }
            all.push(stated);
        }
    }
    let mut suite = Suite::new(Program::new(path), Vec::new());
    suite.set_facts(target.facts());
    let mut program_of = BTreeMap::new();
    for Stated { case, program, .. } in all {
        suite.set_program(&*case.name, declared[&program].program.clone());
        program_of.insert(case.name.clone(), program);
        suite.cases.push(case);
    }
    let (path, text) = (path.to_owned(), String::new());
    Ok(Manifest { path, text, suite, programs: declared, program_of })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn read(text: &str) -> Manifest {
        parse(Path::new("folder/m.toml"), text, None, None)
            .unwrap_or_else(|wrong| panic!("{}", Error::wrong(Path::new("m.toml"), text, wrong)))
    }

    #[test]
    fn only_a_program_that_is_built_has_the_record_beside_it() {
        let case = "[[case]]\nname = \"a\"\nprogram = \"b\"\n";
        let found = read(&format!("[program.b]\npath = \"/usr/bin/b\"\n{case}"));
        assert_eq!(found.record_path(), None);
        let programs = "[program.a]\npath = \"/usr/bin/a\"\n\
                        [program.b]\npath = \"out/b\"\nbuild = [\"make\"]\n";
        let built = read(&format!("{programs}{case}"));
        assert_eq!(built.record_path().unwrap(), Path::new("folder/out/m.failed"));
    }

    #[test]
    fn a_table_of_a_case_replaces_the_table_of_the_defaults_except_variables_and_limits() {
        let found = read(
            "[program.p]\npath = \"p\"\n\
             [defaults]\nenv.A = \"1\"\nlimits.open-files = 64\nenvironments.all = { B = \"2\" }\n\
             [[case]]\nname = \"lacks\"\n\
             [[case]]\nname = \"has\"\nenv.C = \"3\"\nlimits.core = 0\n\
             environments.own = { D = \"4\" }\n",
        );
        let cases = &found.suite().cases;
        let names: Vec<_> = cases.iter().map(|case| &*case.name).collect();
        assert_eq!(names, ["lacks@all", "has@own"]);
        let variables = |case: &Case| -> BTreeSet<_> {
            case.env.iter().map(|(name, _)| name.clone()).collect()
        };
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(variables(&cases[0]), set(&["A", "B"]));
        assert_eq!(variables(&cases[1]), set(&["A", "C", "D"]));
        assert_eq!([cases[0].limits.len(), cases[1].limits.len()], [1, 2]);
    }
}

#[cfg(all(test, not(miri)))]
mod properties {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// Returns a strategy for texts that consist of pieces of manifests. A text of pieces of
    /// manifests reaches more code of the reader than a random text.
    fn almost_a_manifest() -> impl Strategy<Value = String> {
        let parts = [
            "[[case]]\n",
            "[case]\n",
            "[defaults]\n",
            "[program.c]\n",
            "[program.c.variant.v]\n",
            "[case.inspect]\n",
            "name = ",
            "path = ",
            "program = ",
            "args = ",
            "exits = ",
            "dies = ",
            "stdout = ",
            "output.matches = ",
            "one-of = ",
            "flaky = ",
            "skip = ",
            "cfg = ",
            "limits = ",
            "deadline = ",
            "environments = ",
            "\"x\"\n",
            "\"c\"\n",
            "\"5s\"\n",
            "\"cfg(é)\"\n",
            "[\"x\"]\n",
            "{ x = \"y\" }\n",
            "[{ link = \"x\" }]\n",
            "true\n",
            "1\n",
            "# é\n",
        ];
        vec(select(parts.to_vec()), 0..24).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_breaks_the_reader(text in any::<String>(), almost in almost_a_manifest()) {
            for text in [&text, &almost] {
                if let Err(wrong) = parse(Path::new("m.toml"), text, None, None) {
                    let message = Error::wrong(Path::new("m.toml"), text, wrong).to_string();
                    prop_assert!(message.starts_with("failed to read `m.toml:"), "{message}");
                    prop_assert!(!message.contains('\n'), "{message}");
                }
            }
        }
    }
}
