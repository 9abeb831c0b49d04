//! Reads and builds the programs of a manifest.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

use super::condition::TargetFacts;
use super::error::Wrong;
use super::table::{Table, Value};
use crate::protocol::Gate;
use crate::spawn::Program;
use crate::text::one_line;

const KEYS: &[&str] = &["path", "command", "build", "runner", "args", "cfg", "reason"];

/// Capability in the gate (the reason of a skip) of a case whose condition `cfg` excludes the
/// target.
pub(super) const TARGET: &str = "target";

/// Program of a manifest, or variant of a program.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    /// Name of the program, such as `plain`, or of a variant, such as `plain@asan`.
    pub(super) name: String,
    pub(super) program: Program,
    build: Option<Vec<String>>,
    pub(super) gate: Option<Gate>,
    /// Position of the program's path in the manifest, and the key of the path.
    place: (Range<usize>, String),
}

/// Reads the table of programs. Returns a map from each program's name to the program.
pub(super) fn programs(
    value: Value<'_>,
    directory: &Path,
    target: &TargetFacts<'_>,
    runner: &[OsString],
) -> Result<BTreeMap<String, Declared>, Wrong> {
    let mut programs = BTreeMap::new();
    for (name, value) in value.table()?.into_entries() {
        if name.is_empty() || name.contains(|c: char| c == '@' || c.is_whitespace()) {
            return Err(value.wrong("the name of a program is one word without `@`"));
        }
        let wrong = value.expected("a table such as `[program.NAME]`");
        let mut table = value.table().map_err(|_| wrong)?;
        let variants = table.take("variant");
        let base = table.clone();
        // A program may consist of variants alone.
        if variants.is_none() || table.has("path") || table.has("command") {
            let declared = declared(name.clone(), table, directory, target, runner)?;
            programs.insert(name.clone(), declared);
        }
        for (variant, value) in
            variants.map_or(Ok(Vec::new()), |value| value.table().map(Table::into_entries))?
        {
            let mut table = value.table()?;
            let finds = |key: &str| key == "path" || key == "command" || key == "build";
            table.add_defaults(&base, finds, |_| false);
            let name = format!("{name}@{variant}");
            programs.insert(name.clone(), declared(name, table, directory, target, runner)?);
        }
    }
    Ok(programs)
}

fn declared(
    name: String,
    mut table: Table<'_>,
    directory: &Path,
    target: &TargetFacts<'_>,
    runner: &[OsString],
) -> Result<Declared, Wrong> {
    let (path, key) = match table.take("command") {
        None => {
            let value = table.need("path")?;
            (directory.join(value.word()?), value)
        }
        Some(value) => {
            if let Some(path) = table.take("path") {
                return Err(path.wrong("a program cannot have both `path` and `command`"));
            }
            let word = value.word()?;
            (find(word).unwrap_or_else(|| word.into()), value)
        }
    };
    let place = (key.span, key.key);
    let build = table.take("build").map(Value::command).transpose()?;
    let runner = match table.take("runner") {
        None => runner.to_vec(),
        Some(words) => words.texts()?.into_iter().map(OsString::from).collect(),
    };
    let args = table.take("args").map_or(Ok(Vec::new()), Value::texts)?;
    let gate = gate(&mut table, target)?;
    table.end(KEYS)?;
    let program = Program::new(path).runner(runner).args(args);
    Ok(Declared { name, program, build, gate, place })
}

/// Reads the keys `cfg` and `reason`. Returns the gate if the condition `cfg` does not hold.
pub(super) fn gate(table: &mut Table<'_>, target: &TargetFacts<'_>) -> Result<Option<Gate>, Wrong> {
    let (condition, reason) = (table.take("cfg"), table.take("reason"));
    let Some(condition) = condition else {
        return match reason {
            None => Ok(None),
            Some(reason) => Err(reason.wrong("a reason without `cfg` explains nothing")),
        };
    };
    let failed = format!("`{}` does not hold on {}", condition.text()?, target.triple);
    let why = match reason {
        None => failed,
        Some(reason) => reason.word()?.to_owned(),
    };
    Ok((!target.meets(&condition)?).then(|| Gate::new(TARGET, why)))
}

/// Returns the path of an executable in a directory of `PATH`.
fn find(word: &str) -> Option<PathBuf> {
    let names = [word.to_owned(), format!("{word}{}", env::consts::EXE_SUFFIX)];
    let directories = env::var_os("PATH")?;
    let paths = env::split_paths(&directories);
    paths.flat_map(|path| names.clone().map(|name| path.join(name))).find(|path| path.is_file())
}

impl Declared {
    /// Returns true if a command of the manifest builds the program.
    pub(super) fn is_built(&self) -> bool {
        self.build.is_some()
    }

    /// Builds the program, if the manifest has a command that builds the program. Returns
    /// `Ok(Err(reason))` if the build fails.
    ///
    /// # Errors
    ///
    /// Returns a mistake if no command builds the program and the program does not exist.
    pub(super) fn prepare(&self, directory: &Path) -> Result<Result<(), String>, Wrong> {
        let path = &self.program.path;
        let built = self.build.as_ref().map(|words| self.build(words, directory));
        let missing = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => None,
            Ok(_) => Some("it is not a file".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        let missing = missing.map(|cause| format!("failed to find `{}`: {cause}", path.display()));
        match (built, missing) {
            (Some(Err(cause)), _) => Ok(Err(cause)),
            (Some(Ok(())), Some(cause)) => {
                Ok(Err(format!("{cause}, although its build succeeded")))
            }
            (None, Some(cause)) => Err(Wrong::at(self.place.0.clone(), &self.place.1, cause)),
            (Some(Ok(())) | None, None) => Ok(Ok(())),
        }
    }

    fn build(&self, words: &[String], directory: &Path) -> Result<(), String> {
        let command = one_line(&words.join(" "));
        let fail = |cause: &str| Err(format!("failed to build `{}`: {cause}", self.name));
        if let Some(Err(error)) = self.program.path.parent().map(fs::create_dir_all) {
            return fail(&error.to_string());
        }
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        // Standard output is for the report, so the build prints to standard error.
        let status = Command::new(&words[0])
            .args(&words[1..])
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(io::stderr())
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => fail(&format!("`{command}` ended with {status}, see its output above")),
            Err(error) => fail(&format!("`{command}`: {error}")),
        }
    }
}
