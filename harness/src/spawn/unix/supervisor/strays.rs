//! Finds and kills the processes that a child has left behind, for the case that the child's
//! supervisor and the guard are both gone.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, process, thread};

use super::calls;

/// Time within which killed processes must end.
const LIMIT: Duration = Duration::from_secs(2);

/// Kills every process whose environment or working directory names the child's directory, until no
/// such process is left. Returns the processes that are still running, each with the `errno` value
/// of kill(2), or 0 if the process did not end in time.
///
/// The search is meant for processes that a child leaves behind by accident. The search does not
/// find a process that has changed both its environment and its working directory.
pub(super) fn kill(directory: &Path) -> Vec<(libc::pid_t, i32)> {
    let until = Instant::now() + LIMIT;
    loop {
        let found: Vec<_> =
            find(directory).into_iter().map(|pid| (pid, calls::kill(pid, libc::SIGKILL))).collect();
        let are_refused = found.iter().all(|(_, error)| *error != 0);
        if are_refused || Instant::now() >= until {
            return found;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn find(directory: &Path) -> Vec<libc::pid_t> {
    let this = libc::pid_t::try_from(process::id()).ok();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| Some(*pid) != this && is_of(*pid, directory)).collect()
}

/// Returns true if the process's working directory is `directory` or is below `directory`, or if
/// the value of an environment variable of the process, such as `TMPDIR`, ends with the path of
/// `directory`. A process that a child has started usually inherits both.
fn is_of(pid: libc::pid_t, directory: &Path) -> bool {
    let name = directory.as_os_str().as_bytes();
    let works_there =
        || fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|path| path.starts_with(directory));
    let names_it = || {
        let variables = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        variables.split(|byte| *byte == 0).any(|variable| variable.ends_with(name))
    };
    !name.is_empty() && (works_there() || names_it())
}
