//! Finds the source file of a case in the repository, for reports that link to the file.

use std::env;
use std::path::PathBuf;

use testprog_harness::Source;

use crate::run::results::{Finished, Tally};

/// Returns the source file of a case relative to the top folder of the repository, with `/` between
/// the folders, and the line in the file. Returns `None` if the listing does not contain the place
/// of the case, or if the file is not in a repository.
pub(super) fn of(run: &Finished<'_>, tally: &Tally<'_>) -> Option<(String, u32)> {
    let source = tally.case.source.as_deref()?;
    let here = env::current_dir().ok()?;
    let program = std::path::absolute(&run.plan.suite.program.path).ok()?;
    let folders = [run.plan.folder.as_ref(), Some(&here), Some(&program)];
    Some((in_repository(source, folders.into_iter().flatten())?, source.line))
}

/// Returns the path of a source file relative to the top folder of its repository.
///
/// Cargo compiles a package with paths relative to the folder of the workspace, which contains the
/// folder of the package. If the folder of the package is not known, the workspace may contain the
/// current folder or, in its target folder, the executable. The paths `inside` are the known ones of
/// the three.
fn in_repository<'a>(source: &Source, inside: impl Iterator<Item = &'a PathBuf>) -> Option<String> {
    let folders = inside.flat_map(|path| path.ancestors());
    let path = folders.map(|folder| folder.join(&*source.file)).find(|path| path.is_file())?;
    // The file or folder `.git` is in the top folder of a repository or of a worktree.
    let top = path.ancestors().find(|folder| folder.join(".git").exists())?;
    let folders = path.strip_prefix(top).ok()?.components();
    let names: Vec<_> = folders.map(|name| name.as_os_str().to_string_lossy()).collect();
    Some(names.join("/"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_path_is_relative_to_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("top");
        let workspace = top.join("rust");
        for folder in [top.join(".git"), workspace.join("tests"), workspace.join("target/debug")] {
            fs::create_dir_all(folder).unwrap();
        }
        let file = workspace.join("tests/crash.rs");
        fs::write(&file, "").unwrap();
        let program = workspace.join("target/debug/prog");
        let elsewhere = folder.path().to_owned();
        let whole = file.to_str().unwrap().to_owned();
        for (path, here) in [
            ("tests/crash.rs".to_owned(), workspace.join("tests")),
            ("tests/crash.rs".to_owned(), elsewhere.clone()),
            (whole, elsewhere.clone()),
        ] {
            let found = in_repository(&Source::new(path, 7), [&here, &program].into_iter());
            assert_eq!(found.as_deref(), Some("rust/tests/crash.rs"));
        }
        let absent = Source::new("tests/other.rs", 7);
        assert_eq!(in_repository(&absent, [&elsewhere, &program].into_iter()), None);
        fs::remove_dir(top.join(".git")).unwrap();
        let outside = Source::new("tests/crash.rs", 7);
        assert_eq!(in_repository(&outside, [&elsewhere, &program].into_iter()), None);
    }
}
