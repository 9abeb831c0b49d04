//! Reads the state of a hung child's threads from `/proc` (proc(5)).

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use super::by_parent;
use crate::text::one_line;

/// Maximum number of threads in a report. A report on thousands of threads would be too long to
/// read.
const MOST_THREADS: usize = 64;

/// Returns one line for each thread of these processes and of their descendants. Each line contains
/// the thread's ID, name and state, its current system call, and the kernel function in which the
/// thread waits.
///
/// Linux shows the system call and the kernel function only to a process that may ptrace the
/// thread's process (proc(5)).
pub(super) fn doing(mut processes: Vec<libc::pid_t>) -> Option<String> {
    let mut text = String::new();
    let mut threads = 0;
    while let Some(pid) = processes.pop() {
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for task in tasks.flatten() {
            threads += 1;
            if threads > MOST_THREADS {
                text.push_str("(further threads are not shown)\n");
                return Some(text);
            }
            let read = |file: &str| {
                let bytes = fs::read(task.path().join(file)).unwrap_or_default();
                String::from_utf8_lossy(&bytes).into_owned()
            };
            processes.extend(numbers(&read("children")));
            let thread = Path::new(&task.file_name()).display().to_string();
            line(
                &mut text,
                &thread,
                &read("comm"),
                &read("status"),
                &read("syscall"),
                &read("wchan"),
            );
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Returns the process IDs of the descendants of a process.
pub(super) fn descendants(pid: libc::pid_t) -> Vec<libc::pid_t> {
    let mut found = children(pid);
    let mut next = 0;
    while let (Some(pid), true) = (found.get(next).copied(), next < MOST_THREADS) {
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { break };
        for task in tasks.flatten() {
            let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            found.extend(numbers(&list));
        }
        next += 1;
    }
    found
}

/// Returns the process IDs of the children of a process that has only one thread. Returns no IDs if
/// `/proc` does not list the children.
pub(super) fn children(pid: libc::pid_t) -> Vec<libc::pid_t> {
    list_children(pid).unwrap_or_default()
}

/// Returns the IDs of the children of a process that has only one thread. Searches `/proc` for
/// processes with this parent if the kernel lacks `CONFIG_PROC_CHILDREN`, or if `/proc` hides the
/// process (mount option `hidepid`).
///
/// # Errors
///
/// Returns the system's error if `/proc` is not mounted.
pub(super) fn list_children(pid: libc::pid_t) -> io::Result<Vec<libc::pid_t>> {
    open_children(pid).and_then(io::read_to_string).map(|list| numbers(&list).collect()).or_else(
        |error| {
            let mut found = Vec::new();
            by_parent::for_each_child(pid, |child| found.push(child)).map(|()| found).ok_or(error)
        },
    )
}

/// Opens the kernel's list of the children of a process that has only one thread. A space follows
/// each process ID in the list.
pub(super) fn open_children(pid: libc::pid_t) -> io::Result<File> {
    File::open(format!("/proc/{pid}/task/{pid}/children"))
}

/// Returns the state of a process, such as `T` for a stopped process (`proc_pid_stat(5)`).
pub(super) fn state(pid: libc::pid_t) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// Returns for how long the oldest of these processes has existed. The result is at most 20 ms too
/// long.
pub(super) fn age(processes: &[libc::pid_t]) -> Option<Duration> {
    /// Length of a clock tick, in milliseconds. `sysconf(_SC_CLK_TCK)` is 100 on every architecture
    /// that Rust supports.
    const TICK: u64 = 10;
    let start = |pid: &libc::pid_t| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // In `/proc/PID/stat`, the start time is field 22, and the fields after the process's name
        // begin with field 3.
        stat.rsplit_once(')')?.1.split_whitespace().nth(22 - 3)?.parse::<u64>().ok()
    };
    let first = processes.iter().filter_map(start).min()?.saturating_mul(TICK);
    // `/proc/uptime` begins with the time since boot, in seconds with two decimals.
    let now = fs::read_to_string("/proc/uptime").ok()?;
    let now = Duration::try_from_secs_f64(now.split_whitespace().next()?.parse().ok()?).ok()?;
    Some(now.saturating_sub(Duration::from_millis(first)) + Duration::from_millis(TICK))
}

/// Returns a space and the name of a process in parentheses. Returns an empty string if the process
/// has ended.
pub(super) fn name(pid: libc::pid_t) -> String {
    let name = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
    match one_line(String::from_utf8_lossy(&name).trim_end()) {
        name if name.is_empty() => name,
        name => format!(" ({name})"),
    }
}

fn numbers(list: &str) -> impl Iterator<Item = libc::pid_t> {
    list.split_whitespace().filter_map(|word| word.parse().ok())
}

fn line(text: &mut String, thread: &str, name: &str, status: &str, call: &str, waits: &str) {
    let state = status.lines().find_map(|line| line.strip_prefix("State:")).unwrap_or("?").trim();
    // A thread can give itself any name, even a name with line feeds.
    let name = one_line(name.strip_suffix('\n').unwrap_or(name));
    write!(text, "{thread} {name} {state}").expect("writing to a String cannot fail");
    let call = call.split_whitespace().next().unwrap_or_default();
    if !call.is_empty() {
        write!(text, ", system call {call}").expect("writing to a String cannot fail");
    }
    if !matches!(waits, "" | "0") {
        write!(text, ", waits in {waits}").expect("writing to a String cannot fail");
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_described_in_a_line() {
        let mut text = String::new();
        line(
            &mut text,
            "42",
            "worker\n",
            "Name:\tx\nState:\tS (sleeping)\n",
            "202 0x0 0x1\n",
            "futex_wait",
        );
        line(&mut text, "43", "idle\n", "", "", "0");
        line(&mut text, "44", "\n45 forged \n\n", "", "", "0");
        assert_eq!(
            text,
            "42 worker S (sleeping), system call 202, waits in futex_wait\n43 idle ?\n\
            44 \\x0a45 forged \\x0a ?\n"
        );
    }

    #[test]
    fn the_oldest_process_counts() {
        let pid = libc::pid_t::try_from(std::process::id()).unwrap();
        let [own, first, both] = [&[pid][..], &[1], &[pid, 1]].map(|pids| age(pids).unwrap());
        assert!(own < Duration::from_secs(3600) && own <= first, "{own:?} {first:?}");
        assert!(both >= first, "{both:?} {first:?}");
        assert_eq!(age(&[]), None);
    }

    #[test]
    fn this_process_does_something() {
        let pid = libc::pid_t::try_from(std::process::id()).unwrap();
        let text = doing(vec![pid]).unwrap();
        assert!(text.lines().any(|line| line.contains(" R (running)")), "{text}");
    }
}
