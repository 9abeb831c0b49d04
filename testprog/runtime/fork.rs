//! The functions that the C library calls at fork(2), so that a child process can use the runtime.
//!
//! Only the thread that calls `fork` exists in the child. If another thread holds a lock when the
//! process forks, no thread of the child releases the lock. To avoid a lock that stays held, the
//! runtime takes all of its locks before a fork, and releases the locks in both processes after the
//! fork.
#![expect(unsafe_code, reason = "registers functions with the C library")]

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::{io, mem};

use super::globals::{POOL, STACKS};
use super::machine::Machine;
use super::mutant::{self, Mutant};
use super::stacks::Writing;
use super::{current, pool, system};

unsafe extern "C" {
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;
}

/// The locks of the runtime, and the guard that blocks signals. Rust drops the fields in the order
/// of their declaration, which is the reverse of the order in which [`prepare`] takes the locks.
struct Held {
    pool: pool::Locked<'static>,
    _stacks: Writing<'static>,
    blocked: system::Blocked,
}

/// The locks of the runtime while a thread forks. Only the thread that holds the pool's lock
/// accesses the value.
struct Forking(UnsafeCell<Option<Held>>);

// SAFETY: only the thread that holds the pool's lock accesses the value.
unsafe impl Sync for Forking {}

static FORKING: Forking = Forking(UnsafeCell::new(None));

/// Registers the functions that the C library calls at each fork.
pub(super) fn start() -> io::Result<()> {
    // SAFETY: the three functions have the required type, and never unwind.
    match unsafe { pthread_atfork(Some(prepare), Some(in_parent), Some(in_child)) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Takes all locks of the runtime before a fork. Signals stay blocked until the locks are released,
/// because a handler that calls back may need the pool's lock.
extern "C" fn prepare() {
    let blocked = system::block_signals();
    let stacks = STACKS.writing();
    let held = Held { pool: POOL.lock(), _stacks: stacks, blocked };
    // SAFETY: this thread holds the pool's lock, so no other thread accesses the value.
    unsafe { *FORKING.0.get() = Some(held) };
}

/// Releases, in the parent process, the locks that [`prepare`] has taken.
extern "C" fn in_parent() {
    // SAFETY: this thread has held the pool's lock since `prepare`, so no other thread accesses the
    // value.
    drop(unsafe { (*FORKING.0.get()).take() });
}

/// Returns each `Machine` of a thread that does not exist in the child to the pool, and then
/// releases the locks in the child.
extern "C" fn in_child() {
    // SAFETY: this thread has held the pool's lock since `prepare`, and is the only thread of the
    // child.
    let held = unsafe { (*FORKING.0.get()).take() };
    if let Some(held) = &held {
        let me = current::get();
        held.pool.reclaim(|machine| {
            machine.has_owner() && !me.is_some_and(|me| std::ptr::eq(me, machine))
        });
        if !mutant::is(Mutant::KeepsParentId) {
            me.map(Machine::own_by_this_thread);
        }
    }
    if mutant::is(Mutant::BlockedInChild) {
        mem::forget(held.map(|held| held.blocked));
    } else {
        drop(held);
    }
}
