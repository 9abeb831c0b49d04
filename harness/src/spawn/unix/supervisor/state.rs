//! Reads the properties of a process that its children inherit and that another process can change:
//! resource limits, scheduling, allowed processors, and I/O priority.
//!
//! A child can call prlimit(2), `setpriority(2)`, `sched_setattr(2)`, `sched_setaffinity(2)` and
//! `ioprio_set(2)` for any process of the same user, including the child's supervisor.
#![expect(unsafe_code, reason = "calls prlimit and sched_getattr")]

use std::ptr;

/// Number of resource limits (`RLIM_NLIMITS`, which is 16 on every architecture).
const LIMITS: usize = 16;

/// Number of 64-bit words in the set of allowed processors, which has 1,024 bits as in `cpu_set_t`.
const PROCESSORS: usize = 1024 / u64::BITS as usize;

/// Size in bytes of the kernel's `sched_attr` since Linux 5.3, which includes utilization limits.
const ATTRIBUTES: usize = 56;

/// Properties of a process that its children inherit. Fields that the system does not report are
/// zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    limits: [[u64; 2]; LIMITS],
    /// Scheduling policy, nice value, priorities and utilization limits, in the format of
    /// `sched_attr`.
    scheduling: [u64; ATTRIBUTES / 8],
    processors: [u64; PROCESSORS],
    io_priority: libc::c_long,
}

impl State {
    /// Reads the state of the process `pid`, or of the calling thread if `pid` is 0.
    pub(super) fn of(pid: libc::pid_t) -> Self {
        /// Value of `IOPRIO_WHO_PROCESS` (`ioprio_set(2)`), which the libc crate does not define.
        const WHO_PROCESS: libc::c_int = 1;
        let mut limits = [[0; 2]; LIMITS];
        for (resource, [soft, hard]) in (0..).zip(&mut limits) {
            let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: `limit` is writable memory of the type that `prlimit64` fills, and with a
            // null pointer for the new limit `prlimit64` sets no limit.
            unsafe { libc::prlimit64(pid, resource, ptr::null(), &raw mut limit) };
            (*soft, *hard) = (limit.rlim_cur, limit.rlim_max);
        }
        let mut scheduling = [0_u64; ATTRIBUTES / 8];
        let size = size_of_val(&scheduling);
        // SAFETY: `scheduling` is writable memory of `size` bytes. The system call is made by its
        // number, because the C libraries have no wrapper for `sched_getattr`.
        unsafe { libc::syscall(libc::SYS_sched_getattr, pid, scheduling.as_mut_ptr(), size, 0) };
        // Ignore the words 3 to 5, in which the kernel reports a time slice that the kernel may
        // change. A child that sets a time slice also changes the scheduling policy
        // (`SCHED_DEADLINE`), so the change is still detected.
        scheduling[3..6].fill(0);
        let mut processors = [0_u64; PROCESSORS];
        let size = size_of_val(&processors);
        // SAFETY: `processors` is writable memory of `size` bytes. The system call is made by its
        // number, because the wrapper `sched_getaffinity` takes a `cpu_set_t`.
        unsafe {
            libc::syscall(libc::SYS_sched_getaffinity, pid, size, processors.as_mut_ptr());
        };
        // SAFETY: the system call `ioprio_get` takes only integers. The system call is made by its
        // number, because the C libraries have no wrapper for `ioprio_get`.
        let io_priority = unsafe { libc::syscall(libc::SYS_ioprio_get, WHO_PROCESS, pid) };
        Self { limits, scheduling, processors, io_priority }
    }

    /// Returns this state with `limit` as the limit on open files, or unchanged if `limit` is
    /// `None`.
    #[expect(clippy::useless_conversion, reason = "`rlim_t` has 32 bits on some systems")]
    pub(super) fn with_open_files(mut self, limit: Option<libc::rlimit>) -> Self {
        if let Some(limit) = limit {
            let place = libc::RLIMIT_NOFILE as usize;
            self.limits[place] = [limit.rlim_cur.into(), limit.rlim_max.into()];
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn each_part_of_the_state_is_seen() {
        let mut sleeper = Command::new("sleep").arg("100").spawn().unwrap();
        let pid = libc::pid_t::try_from(sleeper.id()).unwrap();
        let same = State::of(pid);
        let mut seen = vec![State::of(pid) == same];
        let limit = libc::rlimit64 { rlim_cur: 7, rlim_max: 7 };
        // SAFETY: `limit` is initialized, and `prlimit64` accepts a null pointer for the old limit.
        unsafe { libc::prlimit64(pid, libc::RLIMIT_NOFILE, &raw const limit, ptr::null_mut()) };
        let limited = State::of(pid);
        seen.push(limited != same && limited.limits[libc::RLIMIT_NOFILE as usize] == [7, 7]);
        // SAFETY: `setpriority` takes only integers.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, pid.unsigned_abs(), 5) };
        let nice = State::of(pid);
        seen.push(nice.scheduling != limited.scheduling);
        let first = [1_u64];
        // SAFETY: `first` is initialized memory of the stated size.
        unsafe {
            libc::syscall(libc::SYS_sched_setaffinity, pid, size_of_val(&first), first.as_ptr());
        };
        let bound = State::of(pid).processors;
        seen.push(bound == [&[1][..], &[0; PROCESSORS - 1]].concat()[..]);
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
        assert_eq!(seen, [true; 4]);
    }
}
