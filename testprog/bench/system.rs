//! Functions that read the system's clocks and memory counters, and bind a thread to a processor.
#![expect(unsafe_code, reason = "calls C functions")]

use std::mem::MaybeUninit;
use std::time::Duration;

/// Returns the processor time that this thread has used.
pub(crate) fn thread_time() -> Duration {
    time(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Returns the processor time that all threads of this process have used, including threads that
/// have exited.
pub(crate) fn process_time() -> Duration {
    time(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// Returns the current time of a clock.
fn time(clock: libc::clockid_t) -> Duration {
    let mut time = MaybeUninit::uninit();
    // SAFETY: the variable `time` is writable memory for a `timespec`.
    let error = unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) };
    assert_eq!(error, 0, "POSIX requires these clocks");
    // SAFETY: the function `clock_gettime` has succeeded and therefore filled `time`.
    let time: libc::timespec = unsafe { time.assume_init() };
    Duration::from_secs(time.tv_sec.unsigned_abs())
        + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}

/// Binds this thread, and the threads that it creates later, to the current processor, because the
/// cost of a new thread depends on whether the thread starts on another processor. On systems other
/// than Linux, this function does nothing.
pub(crate) fn stay_on_one_processor() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        // SAFETY: the function `sched_getcpu` takes no arguments and accesses no memory of this
        // process.
        let here = unsafe { libc::sched_getcpu() };
        // SAFETY: the type `cpu_set_t` is a set of bits, so zeros are a valid value.
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        let fits = |number: &usize| *number < 8 * size_of_val(&set);
        let Some(here) = usize::try_from(here).ok().filter(fits) else { return };
        // SAFETY: the variable `here` is the number of a processor, and is less than the number of
        // bits in `set`.
        unsafe { libc::CPU_SET(here, &mut set) };
        // SAFETY: the arguments are a valid set of processors and the set's size. If
        // `sched_setaffinity` fails, the only consequence is that the measured times vary more.
        unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) };
    }
}

/// Returns the peak memory of this process, in the unit of getrusage(2).
pub(crate) fn peak_memory() -> libc::c_long {
    let mut usage = MaybeUninit::uninit();
    // SAFETY: the variable `usage` is writable memory for a `rusage`.
    let error = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    assert_eq!(error, 0, "getrusage succeeds for the calling process");
    // SAFETY: the function `getrusage` has succeeded and therefore filled `usage`.
    let usage: libc::rusage = unsafe { usage.assume_init() };
    usage.ru_maxrss
}
