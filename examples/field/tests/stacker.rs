//! Tests stacker on stacks other than the thread's own stack.
//!
//! stacker keeps the lowest address of a thread's stack in a thread-local variable, and compares
//! the stack pointer with this address. The lowest address is wrong as soon as the thread uses
//! another stack that stacker did not create.

use std::hint::black_box;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use corosensei::stack::{DefaultStack, Stack as _};
use corosensei::{Coroutine, CoroutineResult};
use testprog_harness::{Capability, Expectation, Scenario, Signal};

/// Source of `remaining_stack`, which subtracts the limit of the thread from the stack pointer.
const LINK: &str = "https://docs.rs/stacker/0.1.25/src/stacker/lib.rs.html";

fn scenarios() -> Vec<Scenario> {
    let faults = || Expectation::dies([Signal::Segv, Signal::Bus], "about to recurse");
    let overflows = || Expectation::dies([Signal::Abrt], "has overflowed its stack");
    let exceeds = || Expectation::fails("bytes remain on a stack of 65536 bytes");
    vec![
        Scenario::new("a_grown_stack_has_a_guard_page", overflow_of_grown_stack).expect(faults()),
        Scenario::new("a_panic_unwinds_through_grow", panic_through_grow),
        Scenario::new("remaining_stack_on_a_coroutine", remaining_on_coroutine)
            .needs(Capability::Coroutine)
            .known_bug_failing(LINK, exceeds()),
        Scenario::new("recursion_on_a_coroutine", recursion_on_coroutine)
            .needs(Capability::Coroutine)
            .known_bug_failing(LINK, faults()),
        Scenario::new("remaining_stack_after_makecontext", remaining_after_makecontext)
            .needs(Capability::Ucontext)
            .known_bug_failing(LINK, exceeds()),
        Scenario::new("recursion_after_a_suspend_inside_grow", recursion_after_suspend)
            .needs(Capability::Coroutine)
            .known_bug_failing(LINK, overflows()),
        Scenario::new("recursion_after_a_smaller_stack_limit", recursion_after_setrlimit)
            .known_bug_failing(LINK, faults()),
    ]
}

testprog_harness::main!(scenarios());

/// Size in bytes of a coroutine's stack.
const SIZE: usize = 64 << 10;

#[inline(never)]
#[expect(unconditional_recursion, reason = "the recursion ends at the guard page")]
fn recurse_forever(depth: usize) -> usize {
    let frame = black_box([depth; 128]);
    recurse_forever(depth + 1) + frame[0]
}

/// Recurses through `stacker::maybe_grow`, and uses about `kib` KiB of stack.
fn recurse(kib: usize) -> usize {
    if kib == 0 {
        return 0;
    }
    stacker::maybe_grow(32 << 10, 256 << 10, || {
        let frame = black_box([1_u8; 1024]);
        recurse(kib - 1) + usize::from(frame[5])
    })
}

/// Checks that `remaining`, the number of bytes that stacker reports, is possible on a stack of
/// [`SIZE`] bytes.
fn check(remaining: Option<usize>) -> Result<(), String> {
    // A stack may be a page larger than requested.
    match remaining {
        Some(bytes) if bytes == 0 || bytes > SIZE + (8 << 10) => {
            Err(format!("{bytes} bytes remain on a stack of {SIZE} bytes"))
        }
        _ => Ok(()),
    }
}

/// Runs `body` in a coroutine on a new thread. The coroutine's stack is at a higher address than the
/// thread's stack, so every stack pointer on the coroutine's stack is above the thread's limit.
fn in_coroutine<T: Send + 'static>(body: fn() -> T) -> Result<T, String> {
    let stack = DefaultStack::new(SIZE).map_err(|error| error.to_string())?;
    let thread = std::thread::spawn(move || {
        let local = 0_u8;
        if stack.base().get() < (&raw const local).addr() {
            return Err("failed to set up: the coroutine's stack is below the thread's".to_owned());
        }
        let mut coroutine = Coroutine::<(), (), T, _>::with_stack(stack, move |_, ()| body());
        match coroutine.resume(()) {
            CoroutineResult::Return(value) => Ok(value),
            CoroutineResult::Yield(()) => Err("the coroutine suspended itself".to_owned()),
        }
    });
    thread.join().map_err(|_| "the thread panicked".to_owned())?
}

/// A grown stack must end at a guard page, so that an overflow cannot overwrite other memory.
fn overflow_of_grown_stack() {
    stacker::grow(1 << 20, || {
        eprintln!("about to recurse");
        black_box(recurse_forever(0));
    });
}

/// A panic must reach a `catch_unwind` outside of `grow` with its payload.
fn panic_through_grow() -> Result<(), String> {
    let caught = std::panic::catch_unwind(|| stacker::grow(1 << 20, || panic!("through grow")));
    let payload = caught.err().ok_or("no panic")?;
    (payload.downcast_ref() == Some(&"through grow")).then_some(()).ok_or("another payload".into())
}

/// On a coroutine's stack, stacker reports the distance to the limit of the thread's stack, which is
/// larger than the coroutine's stack.
fn remaining_on_coroutine() -> Result<(), String> {
    check(in_coroutine(stacker::remaining_stack)?)
}

/// On a coroutine's stack, `maybe_grow` believes that enough stack remains and does not grow the
/// stack, so a recursion runs into the coroutine's guard page.
fn recursion_on_coroutine() -> Result<(), String> {
    let sum = in_coroutine(|| {
        eprintln!("about to recurse");
        recurse(1024)
    })?;
    (sum == 1024).then_some(()).ok_or(format!("the sum is {sum}"))
}

/// On a stack that the thread has entered by `swapcontext`, stacker reports the distance to the
/// limit of the thread's stack.
fn remaining_after_makecontext() -> Result<(), String> {
    static REMAINING: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn store() {
        REMAINING.store(stacker::remaining_stack().unwrap_or(1), Ordering::SeqCst);
    }
    let mut stack = vec![0_u8; SIZE];
    // SAFETY: a `ucontext_t` is a C structure without references, so all zeros is a valid value.
    let (mut here, mut there): (libc::ucontext_t, libc::ucontext_t) =
        unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
    // SAFETY: `there` is a writable context.
    unsafe { libc::getcontext(&raw mut there) };
    there.uc_stack.ss_sp = stack.as_mut_ptr().cast();
    there.uc_stack.ss_size = SIZE;
    there.uc_link = &raw mut here;
    // SAFETY: `there` was filled by getcontext and has a stack and a link.
    unsafe { libc::makecontext(&raw mut there, store, 0) };
    // SAFETY: `there` was filled by makecontext, and its stack exists until `store` has returned.
    unsafe { libc::swapcontext(&raw mut here, &raw const there) };
    check(Some(REMAINING.load(Ordering::SeqCst)))
}

/// `grow` sets the thread's limit to the end of the new stack, and resets the limit when the
/// closure of `grow` returns. If a coroutine suspends itself inside `grow`, the thread goes on with
/// the limit of a stack that it does not use, and a recursion overflows the thread's stack.
fn recursion_after_suspend() -> Result<(), String> {
    let mut coroutine = Coroutine::<(), (), ()>::new(|yielder, ()| {
        stacker::grow(1 << 20, || yielder.suspend(()));
    });
    coroutine.resume(());
    let sum = recurse(64 << 10);
    coroutine.resume(());
    (sum == 64 << 10).then_some(()).ok_or(format!("the sum is {sum}"))
}

/// stacker reads the bounds of the main thread's stack only once. After the process has lowered
/// `RLIMIT_STACK`, the kernel does not let the stack grow to the old bounds.
fn recursion_after_setrlimit() -> Result<(), String> {
    stacker::remaining_stack();
    let limit = libc::rlimit { rlim_cur: 1 << 20, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `limit` is a valid `rlimit`.
    if unsafe { libc::setrlimit(libc::RLIMIT_STACK, ptr::from_ref(&limit)) } != 0 {
        return Err(format!("failed to set the limit: {}", std::io::Error::last_os_error()));
    }
    eprintln!("about to recurse");
    let sum = recurse(8 << 10);
    (sum == 8 << 10).then_some(()).ok_or(format!("the sum is {sum}"))
}
