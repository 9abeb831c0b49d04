//! Reads the state of a process that its children inherit and that another process can change:
//! resource limits, scheduling, processors, priority of input and output.
//!
//! A child can call prlimit(2), `setpriority(2)`, `sched_setattr(2)`, `sched_setaffinity(2)` and
//! `ioprio_set(2)` for any process of the same user, so for its supervisor too.
#![expect(unsafe_code, reason = "calls prlimit and sched_getattr")]

use std::ptr;

/// Number of resource limits (`RLIM_NLIMITS`, which is 16 on every architecture).
const LIMITS: usize = 16;

/// Words of the set of processors: room for 1,024 processors, as in `cpu_set_t`.
const PROCESSORS: usize = 1024 / u64::BITS as usize;

/// Size in bytes of the first version of the kernel's `sched_attr`, and of the version since Linux
/// 5.3 with utilization limits.
const ATTRIBUTES: usize = 56;

/// State of a process that its children inherit. Parts that the system does not report are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    limits: [[u64; 2]; LIMITS],
    /// Scheduling policy, nice value, priorities and utilization limits, as `sched_attr`.
    scheduling: [u64; ATTRIBUTES / 8],
    processors: [u64; PROCESSORS],
    io_priority: libc::c_long,
}

impl State {
    /// Reads the state of the process `pid`, or of the calling thread if `pid` is 0.
    pub(super) fn of(pid: libc::pid_t) -> Self {
        const WHO_PROCESS: libc::c_int = 1; // IOPRIO_WHO_PROCESS, which the libc crate does not have
        let mut limits = [[0; 2]; LIMITS];
        for (resource, [soft, hard]) in (0..).zip(&mut limits) {
            let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: `limit` is writable memory of the size that the call fills, and a null
            // pointer means that no limit is set.
            unsafe { libc::prlimit64(pid, resource, ptr::null(), &raw mut limit) };
            (*soft, *hard) = (limit.rlim_cur, limit.rlim_max);
        }
        let mut scheduling = [0_u64; ATTRIBUTES / 8];
        let size = size_of_val(&scheduling);
        // SAFETY: `scheduling` has `size` bytes. The C libraries have no wrapper for this call.
        unsafe { libc::syscall(libc::SYS_sched_getattr, pid, scheduling.as_mut_ptr(), size, 0) };
        // The kernel also reports the length of a time slice in these words, which it may change. A
        // child that sets them changes the policy too (`SCHED_DEADLINE`).
        scheduling[3..6].fill(0);
        let mut processors = [0_u64; PROCESSORS];
        let size = size_of_val(&processors);
        // SAFETY: `processors` has `size` bytes. The system call is made by number, because the
        // wrapper takes a `cpu_set_t`.
        unsafe {
            libc::syscall(libc::SYS_sched_getaffinity, pid, size, processors.as_mut_ptr());
        };
        // SAFETY: the call takes only integers. The C libraries have no wrapper for it.
        let io_priority = unsafe { libc::syscall(libc::SYS_ioprio_get, WHO_PROCESS, pid) };
        Self { limits, scheduling, processors, io_priority }
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
        // SAFETY: `limit` is initialized, and a null pointer is allowed in place of the old limit.
        unsafe { libc::prlimit64(pid, libc::RLIMIT_NOFILE, &raw const limit, ptr::null_mut()) };
        let limited = State::of(pid);
        seen.push(limited != same && limited.limits[libc::RLIMIT_NOFILE as usize] == [7, 7]);
        // SAFETY: the call takes only integers.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, pid.unsigned_abs(), 5) };
        let nice = State::of(pid);
        seen.push(nice.scheduling != limited.scheduling);
        let first = [1_u64];
        // SAFETY: `first` has the stated size.
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
