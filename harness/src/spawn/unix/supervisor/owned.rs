//! Defines a static value that a forked process does not share with its parent, so a fork of the
//! runner does not use the runner's supervisors.
#![expect(unsafe_code, reason = "dereferences a pointer that other threads replace")]

use std::process;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Value behind a lock, where each process has its own value and its own lock. A process that was
/// forked from this process (fork(2)) starts with a new value.
///
/// The value is not inherited, because only the process that created a supervisor may use or stop
/// the supervisor. A forked process also gets a new lock, because another thread may have held the
/// old lock during the fork.
pub(super) struct Owned<T: 'static>(AtomicPtr<Inner<T>>);

struct Inner<T> {
    owner: u32,
    value: Mutex<T>,
}

impl<T: Default> Owned<T> {
    pub(super) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Locks the value of this process. The first call in a process creates the value.
    pub(super) fn lock(&self) -> MutexGuard<'static, T> {
        let owner = process::id();
        let mut known = self.0.load(Ordering::Acquire);
        loop {
            // SAFETY: the pointer is null or comes from `Box::leak`, and nothing frees the leaked
            // memory.
            match unsafe { known.as_ref() } {
                Some(inner) if inner.owner == owner => {
                    return inner.value.lock().expect("no thread panics while it holds the lock");
                }
                _ => {}
            }
            // The value of the parent process is leaked and not dropped, because dropping the value
            // would stop the parent's supervisors and remove directories that the parent's children
            // use.
            let new = Box::leak(Box::new(Inner { owner, value: Mutex::new(T::default()) }));
            known = match self.0.compare_exchange(known, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => new,
                Err(other) => other, // use the value that another thread created, and leak `new`
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
        // SAFETY: the forked process calls only `_exit` and functions that may allocate, which
        // glibc and musl allow in a fork of a process with several threads.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let status = i32::from(*VALUE.lock() != 0);
            // SAFETY: `_exit` takes only an integer and does not return.
            unsafe { libc::_exit(status) };
        }
        let mut status = -1;
        // SAFETY: `status` is writable memory, and `pid` is a child of this process.
        unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!((status, *held), (0, 8));
    }
}
