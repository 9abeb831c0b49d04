//! Tests the standard library when a signal arrives on a stack that is too small.

use std::mem::zeroed;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use testprog_harness::{Capability, Expectation, Scenario, Signal};

/// Source of std's handler of SIGSEGV, which restores the default action and returns.
const LINK: &str =
    "https://github.com/rust-lang/rust/blob/1.95.0/library/std/src/sys/pal/unix/stack_overflow.rs";

fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("a_signal_without_room_for_its_frame_kills", signal_without_room)
            .needs(Capability::Ucontext)
            .expect(Expectation::dies([Signal::Segv, Signal::Bus], "about to raise"))
            .known_bug_failing(LINK, Expectation::ok()),
    ]
}

testprog_harness::main!(scenarios());

/// If the frame of a signal does not fit on the stack, the kernel sends SIGSEGV instead of the
/// signal. The default action of SIGSEGV kills the process. std's handler of SIGSEGV finds no
/// overflow, so it restores the default action and returns. The kernel has already discarded the
/// first signal, so the process continues as if no signal had arrived, and std no longer reports
/// overflows.
fn signal_without_room() -> Result<(), String> {
    const PAGE: usize = 4096;
    extern "C" fn handler(_: i32) {}
    extern "C" fn raise() {
        // SAFETY: `raise` has no requirements.
        unsafe { libc::raise(libc::SIGTERM) };
    }
    static HERE: AtomicPtr<libc::ucontext_t> = AtomicPtr::new(ptr::null_mut());
    // SAFETY: the handler does nothing.
    unsafe { libc::signal(libc::SIGTERM, handler as *const () as usize) };
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: `mmap` maps new memory at an address that the kernel chooses.
    let memory = unsafe { libc::mmap(ptr::null_mut(), 3 * PAGE, libc::PROT_NONE, flags, -1, 0) };
    let stack = memory.wrapping_byte_add(2 * PAGE);
    // SAFETY: the page belongs to the new mapping.
    unsafe { libc::mprotect(stack, PAGE, libc::PROT_READ | libc::PROT_WRITE) };
    // SAFETY: a `ucontext_t` is a C structure without references, so all zeros is a valid value.
    let (mut here, mut there): (libc::ucontext_t, libc::ucontext_t) =
        unsafe { (zeroed(), zeroed()) };
    HERE.store(&raw mut here, Ordering::SeqCst);
    // SAFETY: `there` is a writable context.
    unsafe { libc::getcontext(&raw mut there) };
    there.uc_stack.ss_sp = stack;
    // On processors with AVX-512, the frame of a signal is larger than 2 KiB. On other processors,
    // the frame of a signal and the frames of `raise` together are larger than 2 KiB.
    there.uc_stack.ss_size = 2 << 10;
    there.uc_link = HERE.load(Ordering::SeqCst);
    // SAFETY: `there` was filled by getcontext and has a stack and a link.
    unsafe { libc::makecontext(&raw mut there, raise, 0) };
    eprintln!("about to raise");
    // SAFETY: `there` was filled by makecontext, and its stack stays mapped.
    unsafe { libc::swapcontext(&raw mut here, &raw const there) };
    Ok(())
}
