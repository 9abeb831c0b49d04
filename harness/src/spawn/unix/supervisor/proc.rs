//! What a process that does not end is doing, from `/proc` (proc(5)).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A report is for a person, and a process may have thousands of threads.
const MOST_THREADS: usize = 64;

/// Returns a line for each thread of the processes, and of those that they started: its number and name, its state, the system
/// call that it is in, and where in the kernel it waits.
///
/// The last two are told only to a privileged reader, or for one's own children where the kernel allows that.
pub(super) fn doing(mut processes: Vec<libc::pid_t>) -> Option<String> {
    let mut text = String::new();
    let mut threads = 0;
    while let Some(pid) = processes.pop() {
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for task in tasks.flatten() {
            threads += 1;
            if threads > MOST_THREADS {
                text.push_str("and more\n");
                return Some(text);
            }
            let read = |file: &str| fs::read_to_string(task.path().join(file)).unwrap_or_default();
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

/// Returns the processes that a process has started, and those that these have, as far as they are still there.
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

/// Returns the children of a process that has one thread.
pub(super) fn children(pid: libc::pid_t) -> Vec<libc::pid_t> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    numbers(&list.unwrap_or_default()).collect()
}

fn numbers(list: &str) -> impl Iterator<Item = libc::pid_t> {
    list.split_whitespace().filter_map(|word| word.parse().ok())
}

fn line(text: &mut String, thread: &str, name: &str, status: &str, call: &str, waits: &str) {
    let state = status.lines().find_map(|line| line.strip_prefix("State:")).unwrap_or("?").trim();
    write!(text, "{thread} {} {state}", name.trim_end()).expect("writing to a String cannot fail");
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
        assert_eq!(
            text,
            "42 worker S (sleeping), system call 202, waits in futex_wait\n43 idle ?\n"
        );
    }

    #[test]
    fn this_process_does_something() {
        let pid = libc::pid_t::try_from(std::process::id()).unwrap();
        let text = doing(vec![pid]).unwrap();
        assert!(text.lines().any(|line| line.contains(" R (running)")), "{text}");
    }
}
