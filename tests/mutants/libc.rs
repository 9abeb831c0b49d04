//! The mutants of the C library: shared objects that replace functions of the C library.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use libtest_mimic::Failed;

/// Whether a shared object can be loaded into the child by `LD_PRELOAD`.
pub(super) const CAN_PRELOAD: bool = cfg!(all(target_os = "linux", target_env = "gnu"));

/// Returns the paths of the C files of the mutants of the C library, sorted by name.
pub(super) fn mutants() -> Result<Vec<PathBuf>, Failed> {
    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/csrc/mutant");
    let entries = fs::read_dir(FOLDER)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    paths.sort();
    Ok(paths)
}

/// Returns the name of the mutant of the C library in this C file. For example, the file
/// `rearm_ignored.c` contains the mutant `libc-rearm-ignored`.
pub(super) fn name_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    format!("libc-{}", stem.replace('_', "-"))
}

/// Shared objects of the mutants of the C library, in a temporary folder.
pub(super) struct Objects(tempfile::TempDir);

impl Objects {
    pub(super) fn new() -> Result<Self, Failed> {
        let mut builder = tempfile::Builder::new();
        Ok(Self(builder.prefix("mutants-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?))
    }

    /// Returns the environment variable that loads a mutant of the C library. Returns `None` for a
    /// mutant of the runtime.
    pub(super) fn preload(&self, mutant: &str) -> Result<Option<(OsString, OsString)>, Failed> {
        if !mutant.starts_with("libc-") {
            return Ok(None);
        }
        let source = mutants()?.into_iter().find(|path| name_of(path) == mutant);
        let source = source.ok_or_else(|| format!("`csrc/mutant` has no file for `{mutant}`"))?;
        let object = self.0.path().join(format!("{mutant}.so"));
        let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
        let mut command = Command::new(compiler);
        command.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-o"]);
        let output = command.arg(&object).arg(&source).args(["-ldl", "-pthread"]).output()?;
        if output.status.success() {
            return Ok(Some(("LD_PRELOAD".into(), object.into())));
        }
        let message = String::from_utf8_lossy(&output.stderr);
        Err(format!("failed to compile `{}`: {message}", source.display()).into())
    }
}
