//! Clocks and counters of the system.
#![expect(unsafe_code, reason = "calls C")]

use std::mem::MaybeUninit;
use std::time::Duration;

/// Returns the processor time that this thread has had.
pub(crate) fn thread_time() -> Duration {
    time(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Returns the processor time that all threads of this process have had, ended ones included.
pub(crate) fn process_time() -> Duration {
    time(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn time(clock: libc::clockid_t) -> Duration {
    let mut time = MaybeUninit::uninit();
    // SAFETY: `time` is writable memory for a time.
    let error = unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) };
    assert_eq!(error, 0, "POSIX has these clocks");
    // SAFETY: the call succeeded, so it has filled the time.
    let time: libc::timespec = unsafe { time.assume_init() };
    Duration::from_secs(time.tv_sec.unsigned_abs())
        + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}

/// Returns the most memory that this process has had, in the system's unit.
pub(crate) fn peak_memory() -> libc::c_long {
    let mut usage = MaybeUninit::uninit();
    // SAFETY: `usage` is writable memory for what is asked for.
    let error = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    assert_eq!(error, 0, "it is asked about this process");
    // SAFETY: the call succeeded, so it has filled the memory.
    let usage: libc::rusage = unsafe { usage.assume_init() };
    usage.ru_maxrss
}
