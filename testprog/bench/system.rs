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

/// Has this thread, and those that it creates from now on, run on the processor that it is on: what a thread takes depends on
/// whether it starts on another one. Elsewhere than on Linux it does nothing.
pub(crate) fn stay_on_one_processor() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // SAFETY: it takes nothing.
        let here = unsafe { libc::sched_getcpu() };
        // SAFETY: a set of bits, for which zeros are a valid value.
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        let fits = |number: &usize| *number < 8 * size_of_val(&set);
        let Some(here) = usize::try_from(here).ok().filter(fits) else { return };
        // SAFETY: the number is that of a bit in the set.
        unsafe { libc::CPU_SET(here, &mut set) };
        // SAFETY: `set` is a set of that size. If it is refused, the row is noisier.
        unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) };
    }
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
