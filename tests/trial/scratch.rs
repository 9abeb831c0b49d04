//! Creates a directory for each trial, so that trials of two simultaneous runs never share a file.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

thread_local! {
    /// Directory of the trial that runs on this thread, or `None` until the trial first uses its
    /// directory.
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// Returns a path in the directory of the trial that runs on this thread.
pub(crate) fn scratch(name: impl AsRef<Path>) -> PathBuf {
    FOLDER.with_borrow_mut(|folder| folder.get_or_insert_with(create).path().join(name))
}

/// Runs a trial, and removes the trial's directory even if the trial panics.
pub(crate) fn within<T>(trial: impl FnOnce() -> T) -> T {
    struct Remove;

    impl Drop for Remove {
        fn drop(&mut self) {
            drop(FOLDER.take());
        }
    }

    let _remove = Remove;
    trial()
}

fn create() -> TempDir {
    let parent = env!("CARGO_TARGET_TMPDIR");
    let folder = tempfile::Builder::new().prefix("trial-").tempdir_in(parent);
    folder.unwrap_or_else(|error| panic!("failed to create a directory in `{parent}`: {error}"))
}

/// Writes an executable file through a separate process.
///
/// A file cannot be executed while a process has it open for writing (ETXTBSY, execve(2)). This
/// process never opens an executable file for writing, because a child that another thread forks
/// has a copy of every open descriptor until the child executes its program.
#[cfg(unix)]
pub(crate) fn executable(path: &Path, content: &[u8]) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", r#"cat >"$0" && chmod 755 "$0""#]).arg(path).stdin(Stdio::piped());
    let written = shell.spawn().and_then(|mut shell| {
        shell.stdin.take().expect("it is a pipe").write_all(content)?;
        shell.wait()
    });
    match written {
        Ok(status) if status.success() => {}
        other => panic!("failed to write `{}`: {other:?}", path.display()),
    }
}
