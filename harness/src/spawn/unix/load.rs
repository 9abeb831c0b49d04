//! Measures how many threads compete for each processor.

/// Returns how many threads per processor run or could run now, rounded up, or 1 if the system does
/// not report these threads.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn load() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let report = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    wanted(&report).map_or(1, |threads| share(threads, processors))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn load() -> u32 {
    1
}

/// Returns the number of threads that run or could run, from the fourth field of `/proc/loadavg`
/// (proc(5)). The returned number excludes this thread, which `/proc/loadavg` counts, too.
#[cfg(any(target_os = "linux", target_os = "android", test))]
fn wanted(report: &str) -> Option<usize> {
    let (runnable, _) = report.split_whitespace().nth(3)?.split_once('/')?;
    runnable.parse::<usize>().ok()?.checked_sub(1)
}

#[cfg(any(target_os = "linux", target_os = "android", test))]
fn share(threads: usize, processors: usize) -> u32 {
    u32::try_from(threads.div_ceil(processors.max(1))).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_the_number_of_threads_for_each_processor() {
        assert_eq!(wanted("0.20 0.18 0.12 65/800 11206\n"), Some(64));
        assert_eq!(wanted("0.20 0.18 0.12\n"), None);
        assert_eq!((share(64, 2), share(3, 2), share(0, 2)), (32, 2, 1));
    }
}
