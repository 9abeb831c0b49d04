//! Keeps a value for each process, so a fork of the runner does not use the runner's supervisors.
#![expect(unsafe_code, reason = "follows a pointer that other threads replace")]

use std::process;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Value behind a lock. A process that was forked from this one (fork(2)) starts with a new value.
///
/// Supervisors serve the process that created them, and only that process may use or stop them. The
/// lock itself is replaced too, because another thread may have held the lock during the fork.
pub(super) struct Owned<T: 'static>(AtomicPtr<Inner<T>>);

struct Inner<T> {
    owner: u32,
    value: Mutex<T>,
}

impl<T: Default> Owned<T> {
    pub(super) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Locks the value of this process, and creates the value if there is none.
    pub(super) fn lock(&self) -> MutexGuard<'static, T> {
        let owner = process::id();
        let mut known = self.0.load(Ordering::Acquire);
        loop {
            // SAFETY: the pointer is null or comes from `Box::leak` below, and nothing frees it.
            match unsafe { known.as_ref() } {
                Some(inner) if inner.owner == owner => {
                    return inner.value.lock().expect("no thread panics while it holds the lock");
                }
                _ => {}
            }
            // The value of the parent process is never dropped here: that would stop the parent's
            // supervisors and remove directories that the parent's children use.
            let new = Box::leak(Box::new(Inner { owner, value: Mutex::new(T::default()) }));
            known = match self.0.compare_exchange(known, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => new,
                Err(other) => other, // a value that another thread created; the new one leaks
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_has_a_value_of_its_own() {
        static VALUE: Owned<u32> = Owned::new();
        *VALUE.lock() = 7;
        let mut held = VALUE.lock();
        *held += 1;
        // SAFETY: the new process only calls functions that allocate at most, which glibc and musl
        // allow in a fork of a process with threads, and `_exit`.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let status = i32::from(*VALUE.lock() != 0);
            // SAFETY: `_exit` takes only an integer and does not return.
            unsafe { libc::_exit(status) };
        }
        let mut status = -1;
        // SAFETY: the status is writable, and the process is a child of this one.
        unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!((status, *held), (0, 8));
    }
}
