//! Finds the living threads of a process in /proc.

use std::fs;

/// Returns the IDs of the living threads of a process. Returns `None` if the process has exited, or
/// if the system has no /proc/PID/task.
pub(super) fn living(pid: i32) -> Option<Vec<i32>> {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let threads = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut living: Vec<i32> = threads.filter(|thread| is_living(pid, *thread)).collect();
    living.sort_unstable();
    Some(living)
}

fn is_living(pid: i32, thread: i32) -> bool {
    let stat = fs::read(format!("/proc/{pid}/task/{thread}/stat")).unwrap_or_default();
    // The thread's state follows the thread's name, which is in parentheses and can contain any
    // byte (proc_pid_stat(5)).
    let after_name = stat.iter().rposition(|byte| *byte == b')').map_or(0, |end| end + 1);
    let state = stat[after_name..].iter().find(|byte| **byte != b' ');
    !matches!(state, None | Some(b'Z' | b'X'))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives() {
        let this = i32::try_from(std::process::id()).unwrap();
        assert!(living(this).unwrap().contains(&this));
        assert_eq!(living(-1), None);
    }
}
