//! Defines the type [`Machine`], the runtime's record of one operating system thread (Go's M).

use std::ptr;
use std::sync::atomic::compiler_fence;

use super::bounds::Bounds;
use super::mutant::{self, Mutant};
use super::recent::Recent;
use super::sync::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use super::{stack_pointer, system};

/// The runtime's record of one thread. At any time, a `Machine` belongs to one thread or to the
/// [pool](super::pool).
///
/// The fields of a `Machine` are atomic because signal handlers on the same thread read and write
/// them. If a thread has a `Machine`, other threads access only the fields `owner` and
/// `made_before` of the `Machine`, and only while they hold the pool's lock.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Number that identifies the `Machine`, which the pool gives to the `Machine`. The main
    /// thread's `Machine` has the number 0.
    pub(crate) id: u32,
    /// Number of calls from the runtime into C that are in progress (Go's `ncgo`).
    pub(super) depth: AtomicU32,
    /// Stack pointer at the call of C that began while no other call was in progress.
    outermost_call: AtomicUsize,
    /// Whether a signal handler on the thread currently runs a callback.
    pub(super) in_signal: AtomicBool,
    /// Value of `depth` when the outermost handler on the thread began its callback.
    pub(super) depth_before_signal: AtomicU32,
    /// Whether a signal handler has borrowed the `Machine` for a thread that has no `Machine`.
    pub(super) is_lent: AtomicBool,
    lo: AtomicUsize,
    hi: AtomicUsize,
    own_lo: AtomicUsize,
    own_hi: AtomicUsize,
    /// Whether `own_lo` and `own_hi` hold the bounds that the system reported for the thread's own
    /// stack. If the system does not report the bounds of the thread's own stack, `own_lo` and
    /// `own_hi` are zero.
    own_known: AtomicBool,
    /// Whether the `Machine` belongs to the process's main thread, whose stack the kernel extends
    /// until the stack reaches a limit that can change.
    own_grows: AtomicBool,
    /// Cache of the bounds of the stacks from which the thread called back recently.
    pub(super) recent: Recent,
    /// System's ID of the thread that has the `Machine`, or 0 if no thread has the `Machine`.
    owner: AtomicUsize,
    /// Number of times that a thread has taken the `Machine`.
    turn: AtomicU32,
    /// Pointer to the `Machine` that was created before this `Machine`, or null.
    pub(super) made_before: AtomicPtr<Self>,
    /// Pointer to the next `Machine` in the list of the pool.
    pub(super) next: AtomicPtr<Self>,
}

impl Machine {
    /// Creates a `Machine` that is never freed, because a signal handler may hold a reference to
    /// the `Machine` at any time.
    pub(super) fn new() -> &'static mut Self {
        Box::leak(Box::new(Self {
            id: 0,
            depth: AtomicU32::new(0),
            outermost_call: AtomicUsize::new(0),
            in_signal: AtomicBool::new(false),
            depth_before_signal: AtomicU32::new(0),
            is_lent: AtomicBool::new(false),
            lo: AtomicUsize::new(0),
            hi: AtomicUsize::new(0),
            own_lo: AtomicUsize::new(0),
            own_hi: AtomicUsize::new(0),
            own_known: AtomicBool::new(false),
            own_grows: AtomicBool::new(false),
            recent: Recent::new(),
            owner: AtomicUsize::new(0),
            turn: AtomicU32::new(0),
            made_before: AtomicPtr::new(ptr::null_mut()),
            next: AtomicPtr::new(ptr::null_mut()),
        }))
    }

    /// Creates a `Machine` in memory that contains zeros, and that no other code uses.
    #[cfg(unix)]
    #[expect(unsafe_code, reason = "uses memory that the caller has mapped")]
    pub(super) fn in_zeros(mut memory: ptr::NonNull<Self>) -> &'static mut Self {
        // SAFETY: the memory is large enough for a `Machine`, no other code uses the memory, and a
        // `Machine` whose bytes are zero has the values that `new` gives to its fields.
        unsafe { memory.as_mut() }
    }

    /// Returns the stack bounds that the `Machine` has recorded.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds { lo: self.lo.load(Ordering::Relaxed), hi: self.hi.load(Ordering::Relaxed) }
    }

    /// Returns the number of calls from the runtime into C that are in progress on the thread. Calls
    /// that C has left by a jump (longjmp(3)) do not count.
    ///
    /// While a call is in progress, code on the call's stack has a stack pointer below the stack
    /// pointer at the call. If the present stack pointer is not below the stack pointer at the
    /// outermost call, a jump has left all calls. A jump to a stack pointer below the outermost
    /// call is noticed only when the outermost call returns.
    pub(crate) fn calls_in_progress(&self) -> u32 {
        let depth = self.depth.load(Ordering::Relaxed);
        let outermost = self.outermost_call.load(Ordering::Relaxed);
        let sp = stack_pointer::read();
        let bounds = self.bounds();
        let is_left = outermost <= sp && bounds.contains(outermost) && bounds.contains(sp);
        if depth == 0 || !is_left || mutant::is(Mutant::KeepsCalls) {
            return depth;
        }
        self.depth.store(0, Ordering::Relaxed);
        0
    }

    /// Records the stack pointer at a call of C while no other call is in progress.
    pub(super) fn set_outermost_call(&self, sp: usize) {
        self.outermost_call.store(sp, Ordering::Relaxed);
    }

    /// Forgets the stack pointer at the outermost call, which has returned while calls of suspended
    /// coroutines are in progress. The stack pointers of suspended coroutines' calls are on other
    /// stacks, so no stack pointer shows that a jump has left the calls.
    pub(super) fn forget_outermost_call(&self) {
        self.outermost_call.store(0, Ordering::Relaxed);
    }

    /// Records new stack bounds in the `Machine`.
    ///
    /// A signal handler may interrupt this function between the two stores, and then finds one new
    /// and one old address. A pair of one new and one old address is harmless: each callback
    /// records new bounds without using the old bounds, and a handler restores the pair of
    /// addresses that it has found.
    #[inline]
    pub(super) fn set_bounds(&self, bounds: Bounds) {
        self.lo.store(bounds.lo, Ordering::Relaxed);
        self.hi.store(bounds.hi, Ordering::Relaxed);
    }

    /// Returns the bounds of the thread's own stack, if the runtime has queried the system for
    /// these bounds.
    pub(super) fn own(&self) -> Option<Bounds> {
        let is_known = self.own_known.load(Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        is_known.then(|| Bounds {
            lo: self.own_lo.load(Ordering::Relaxed),
            hi: self.own_hi.load(Ordering::Relaxed),
        })
    }

    /// Stores the bounds of the thread's own stack. A signal handler that interrupts this function
    /// finds no bounds of the thread's own stack.
    pub(super) fn set_own(&self, own: Bounds) {
        let own = own.told();
        self.own_known.store(false, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        self.own_lo.store(own.lo, Ordering::Relaxed);
        self.own_hi.store(own.hi, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        self.own_known.store(true, Ordering::Relaxed);
    }

    /// Records that the `Machine` belongs to the process's main thread.
    pub(super) fn be_main(&self) {
        self.own_grows.store(true, Ordering::Relaxed);
    }

    /// Returns whether the `Machine` belongs to the process's main thread, whose stack can grow.
    pub(super) fn is_main(&self) -> bool {
        self.own_grows.load(Ordering::Relaxed)
    }

    /// Records that this thread has the `Machine`.
    pub(super) fn own_by_this_thread(&self) {
        let id = usize::try_from(system::thread_id()).unwrap_or(usize::MAX);
        self.owner.store(id, Ordering::Relaxed);
    }

    /// Increments the number of times that a thread has taken the `Machine`.
    pub(super) fn begin_turn(&self) {
        if !mutant::is(Mutant::KeepsTurn) {
            self.turn.store(self.turn().wrapping_add(1), Ordering::Relaxed);
        }
    }

    /// Returns the number of times that a thread has taken the `Machine`.
    pub(super) fn turn(&self) -> u32 {
        self.turn.load(Ordering::Relaxed)
    }

    /// Records that no thread has the `Machine`.
    pub(super) fn disown(&self) {
        self.owner.store(0, Ordering::Relaxed);
    }

    /// Returns whether a thread has the `Machine`.
    pub(super) fn has_owner(&self) -> bool {
        self.owner.load(Ordering::Relaxed) != 0
    }

    /// Returns whether the thread that has the `Machine` no longer exists.
    pub(super) fn is_of_ended_thread(&self) -> bool {
        let owner = self.owner.load(Ordering::Relaxed);
        owner != 0 && !system::thread_exists(owner)
    }

    /// Discards all stack bounds of the thread that had this `Machine` before.
    pub(super) fn forget_stacks(&self) {
        self.own_known.store(false, Ordering::Relaxed);
        if !mutant::is(Mutant::KeepsGrowing) {
            self.own_grows.store(false, Ordering::Relaxed);
        }
        self.recent.forget();
    }
}
