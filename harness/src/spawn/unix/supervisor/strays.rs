//! Finds and kills the processes that a child has left behind, for the case that the child's
//! supervisor and the guard are both gone.
#![expect(unsafe_code, reason = "calls waitpid")]

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fs, process, thread};

use super::messages::SWEEP_LIMIT;
use super::owned::Owned;
use super::{by_parent, calls, proc};

/// Time within which killed processes must end, if the search by directory has found the processes.
const LIMIT: Duration = Duration::from_secs(2);

/// Whether this process is a child subreaper, so that processes whose supervisor and guard are both
/// gone become children of this process.
static ADOPTS: AtomicBool = AtomicBool::new(false);

/// Process IDs of the guards and supervisors of this process.
pub(super) static OWN: Owned<BTreeSet<libc::pid_t>> = Owned::new();

/// Makes this process a child subreaper (prctl(2)).
pub(in crate::spawn) fn adopt() {
    ADOPTS.store(calls::adopt_orphans() == 0, Ordering::Relaxed);
}

/// Kills the processes that a child has left behind, until no such process is left. `directory` is
/// the child's directory, and `ended` are the process IDs of the supervisor and of the guard.
/// Returns the processes that are still running, each with the `errno` value of kill(2), or 0 if
/// the process did not end in time.
///
/// If this process is a child subreaper, the processes have become children of this process.
/// Without a child subreaper, `kill` searches for processes whose environment or working directory
/// names the child's directory. The search by directory is meant for processes that a child leaves
/// behind by accident, and does not find a process that has changed both its environment and its
/// working directory.
pub(super) fn kill(directory: &Path, ended: [libc::pid_t; 2]) -> Vec<(libc::pid_t, i32)> {
    if ADOPTS.load(Ordering::Relaxed) && have_ended(ended) {
        kill_until_none(SWEEP_LIMIT, adopted)
    } else {
        kill_until_none(LIMIT, || find(directory))
    }
}

/// Waits until the processes have ended, at most for [`LIMIT`]. Returns true if the processes have
/// ended.
fn have_ended(processes: [libc::pid_t; 2]) -> bool {
    // An exiting process closes its socket before the kernel gives the process's children another
    // parent, so a closed socket is not enough. A zombie process has no children left.
    let has_ended = |pid: &libc::pid_t| matches!(proc::state(*pid), None | Some('Z' | 'X'));
    let until = Instant::now() + LIMIT;
    while !processes.iter().all(has_ended) {
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}

fn kill_until_none(
    limit: Duration,
    find: impl Fn() -> Vec<libc::pid_t>,
) -> Vec<(libc::pid_t, i32)> {
    let until = Instant::now() + limit;
    loop {
        let found: Vec<_> =
            find().into_iter().map(|pid| (pid, calls::kill(pid, libc::SIGKILL))).collect();
        let are_refused = found.iter().all(|(_, error)| *error != 0);
        if are_refused || Instant::now() >= until {
            return found;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Reaps the children of this process that have ended, and returns the other children that are
/// neither guards nor supervisors.
fn adopted() -> Vec<libc::pid_t> {
    let mut found = BTreeSet::new();
    let this = libc::pid_t::try_from(process::id()).unwrap_or_default();
    // If `/proc` is not mounted, the search finds no children.
    let _ = by_parent::for_each_child(this, |pid| {
        // SAFETY: `waitpid` accepts a null pointer instead of a pointer to a status.
        if unsafe { libc::waitpid(pid, ptr::null_mut(), libc::WNOHANG) } == 0 {
            found.insert(pid);
        }
    });
    let own = OWN.lock();
    found.into_iter().filter(|pid| !own.contains(pid)).collect()
}

fn find(directory: &Path) -> Vec<libc::pid_t> {
    let this = libc::pid_t::try_from(process::id()).ok();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| Some(*pid) != this && is_of(*pid, directory)).collect()
}

/// Returns true if the process's working directory is `directory` or is below `directory`, or if
/// the value of an environment variable of the process, such as `TMPDIR`, ends with the path of
/// `directory`. A process that a child has started usually inherits the child's working directory
/// and environment.
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
