//! A machine: what the runtime knows of one operating system thread (Go's M).

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering, compiler_fence};

use super::bounds::Bounds;
use super::mutant::{self, Mutant};
use super::recent::Recent;
use super::{fatal, stack_pointer};

/// A thread's entry in the runtime. At any time it belongs to one thread, or to the [pool](super::pool).
///
/// Its fields are atomic not for other threads, which leave them alone, but for signal handlers on the thread itself.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Counted from 0, which is the main thread's.
    pub(crate) id: u32,
    /// How many calls from the runtime into C are in progress (Go's ncgo).
    pub(super) depth: AtomicU32,
    /// Whether a signal handler on the thread is calling back.
    pub(super) in_signal: AtomicBool,
    lo: AtomicUsize,
    hi: AtomicUsize,
    own_lo: AtomicUsize,
    own_hi: AtomicUsize,
    /// Whether the system was asked for the thread's own stack; if it does not tell, that is empty.
    own_known: AtomicBool,
    /// What the thread remembers of the stacks that it was on last.
    pub(super) recent: Recent,
    /// The next machine in the pool.
    pub(super) next: AtomicPtr<Self>,
}

impl Machine {
    /// Makes a machine that lives as long as the process: a signal handler may hold on to it at any time.
    pub(super) fn new(id: u32) -> &'static Self {
        Box::leak(Box::new(Self {
            id,
            depth: AtomicU32::new(0),
            in_signal: AtomicBool::new(false),
            lo: AtomicUsize::new(0),
            hi: AtomicUsize::new(0),
            own_lo: AtomicUsize::new(0),
            own_hi: AtomicUsize::new(0),
            own_known: AtomicBool::new(false),
            recent: Recent::new(),
            next: AtomicPtr::new(ptr::null_mut()),
        }))
    }

    /// Returns the recorded bounds of the stack that the thread runs on.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds { lo: self.lo.load(Ordering::Relaxed), hi: self.hi.load(Ordering::Relaxed) }
    }

    /// Records other bounds.
    ///
    /// A signal handler that calls back in the midst of it finds a half of each. It does as every callback does: it believes
    /// none of them, records its own, and leaves behind what it found.
    #[inline]
    pub(super) fn set_bounds(&self, bounds: Bounds) {
        self.lo.store(bounds.lo, Ordering::Relaxed);
        self.hi.store(bounds.hi, Ordering::Relaxed);
    }

    /// Returns the thread's own stack, if the system was asked for it.
    pub(super) fn own(&self) -> Option<Bounds> {
        let is_known = self.own_known.load(Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        is_known.then(|| Bounds {
            lo: self.own_lo.load(Ordering::Relaxed),
            hi: self.own_hi.load(Ordering::Relaxed),
        })
    }

    /// Keeps the thread's own stack. A signal handler in the midst of it finds none.
    pub(super) fn set_own(&self, own: Bounds) {
        self.own_known.store(false, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        self.own_lo.store(own.lo, Ordering::Relaxed);
        self.own_hi.store(own.hi, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        self.own_known.store(true, Ordering::Relaxed);
    }

    /// Forgets the stacks of the thread that had this machine before.
    pub(super) fn forget_stacks(&self) {
        self.own_known.store(false, Ordering::Relaxed);
        self.recent.forget();
    }

    /// Runs `f` on the system stack (Go's g0), which is the stack in use, if there is room for it.
    ///
    /// Below the guard it ends the process, as Go's morestack does on that stack.
    pub(crate) fn system_stack<R>(&self, f: impl FnOnce() -> R) -> R {
        let sp = stack_pointer::read();
        if sp < self.bounds().guard() && !mutant::is(Mutant::Unguarded) {
            self.more_stack(sp);
        }
        f()
    }

    #[cold]
    fn more_stack(&self, sp: usize) -> ! {
        fatal::abort(|message| {
            message.text("morestack on g0: M ");
            message.decimal(self.id.into());
            message.text(" sp=");
            message.address(sp);
            message.text(" bounds ");
            message.bounds(self.bounds());
        })
    }
}
